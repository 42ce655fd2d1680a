/** What the program has to know of a CloudFormation type. */
import type { Usage } from './parts.js';
import type { TemplateResource } from './template.js';

export interface ResourceType {
  /**
   * ARN of a resource, without `arn:` and the partition. `{id}` stands for the physical id, any other name in braces for the
   * property of that name. https://docs.aws.amazon.com/service-authorization/latest/reference/
   */
  readonly arn?: string;
  /** For a type without ARNs: the property that names the resource of which this one is a part. */
  readonly partOf?: string;
  /** Attributes that are ARNs, each with the text that follows the resource's ARN in it. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** The property in which the template may give the resource a name. */
  readonly name?: string;
  /** Form of the physical id that CloudFormation generates, where it is not `<stack>-<logical id>-…`. */
  readonly id?: 'lower case' | 'uuid';
  /** The property that takes the resource's tags: a list of `Key` and `Value`, unless the form is a map. */
  readonly tags?: string;
  readonly tagsForm?: 'map';
  /** Actions that create, change and delete a resource: on the resource itself, and those that IAM grants only for `*`. */
  readonly make?: readonly string[];
  readonly makeInAccount?: readonly string[];
  readonly remove?: readonly string[];
  readonly removeInAccount?: readonly string[];
  /** Actions by which `destroy --with-data` deletes a resource that CloudFormation left: on it, and on its contents. */
  readonly removeData?: readonly string[];
  readonly removeContents?: readonly string[];
  /** Actions by which `deploy` prepares a resource that an earlier stack left, before CloudFormation imports the resource. */
  readonly adopt?: readonly string[];
  /** The resources hold orders, or records that somebody still has to look at. */
  readonly holdsData?: true;
  /** Only of a type that can outlive its stack, and be taken into a stack again. */
  readonly kept?: KeptType;
  /** Actions by which `status` asks for the state of a resource, and `destroy` for its contents. */
  readonly probe?: readonly string[];
  /** The type's metrics in CloudWatch. */
  readonly metrics?: { readonly namespace: string; readonly dimension: string; readonly attribute?: string };
  /** Fixed charges of a resource, which do not depend on how much the resource is used. */
  readonly charges?: (resource: TemplateResource) => readonly Usage[];
}

export interface KeptType {
  /** What a person calls it: the service and the kind that its ARN names. */
  readonly kind: string;
  /** The property that CloudFormation takes for the name of a resource to import. */
  readonly identifier: string;
  /** A command that reads it; `{name}` is its name. */
  readonly access: string;
}
