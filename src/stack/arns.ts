/**
 * ARNs of the stack's resources, as policies name them. A resource that does not exist yet gets a name such as CloudFormation
 * would give it, because a policy may allow every name that begins with the name of the stack.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
import { artifactBucketOf, type BucketOwner } from './artifact-bucket.js';
import { type StackTemplate, type TemplateResource, textOf } from './template.js';
import { ownerOf, typeOf } from './types.js';

/** What a stack has; both maps are empty where there is no stack. */
export interface Deployed {
  /** Physical ids by logical id. */
  readonly ids: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, string>;
}

const ANY_ID = '00000000-0000-0000-0000-000000000000';

/**
 * The ARN of a subject of `Needs`: `HistoryTable`, `HistoryTable.StreamArn`, `LakeBucket/orders/a`, `stack`. A resource
 * without an ARN has the ARN of the resource that it is a part of.
 */
export function arnsOf(
  stack: string,
  owner: BucketOwner,
  template: StackTemplate,
  { ids, outputs }: Deployed,
): (subject: string) => string {
  const { partition, account, region } = owner;
  const places = new Map(Object.entries(owner));
  const pseudo = new Map([
    ['AWS::StackName', stack],
    ['AWS::Region', region],
    ['AWS::AccountId', account],
    ['AWS::Partition', partition],
    ...ownNames(stack),
  ]);
  const fixed: Readonly<Record<string, string>> = {
    account: '*',
    alarms: `arn:${partition}:cloudwatch:${region}:${account}:alarm:*`,
    // Of EMR, made for a while: its id is not known before.
    cluster: `arn:${partition}:elasticmapreduce:${region}:${account}:cluster/any`,
    artifactBucket: `arn:${partition}:s3:::${artifactBucketOf(stack, owner)}`,
    // AWS makes it up: https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-secrets-manager-integration.html
    redshiftSecret: `arn:${partition}:secretsmanager:${region}:${account}:secret:redshift!any`,
    smsLogs: `arn:${partition}:logs:${region}:${account}:log-group:sns/any`,
    stack: `arn:${partition}:cloudformation:${region}:${account}:stack/${stack}/${ANY_ID}`,
  };

  const resourceOf = (name: string) => resourceIn(template, name);

  /** A parameter, a pseudo parameter or a resource, as `Ref` gives it. */
  function lookUp(name: string): string | undefined {
    const parameter = template.Parameters[name];
    return pseudo.get(name) ?? (parameter ? String(parameter.Default) : idOf(name));
  }

  function idOf(name: string): string {
    const { Type, Properties = {} } = resourceOf(name);
    const type = typeOf(Type);
    const given = type.name && textOf(propertyOf(Properties, type.name), lookUp);
    const id = ids.get(name) ?? (given || madeUp(stack, name, type.id));
    // CloudFormation identifies a queue by its URL.
    return /^https?:/.test(id) ? (id.split('/').at(-1) as string) : id;
  }

  function arnOf(name: string): string {
    const owner = ownerOf(name, resourceOf(name));
    if (owner !== name) return arnOf(owner);
    const { Type, Properties = {} } = resourceOf(name);
    const id = idOf(name);
    if (id.startsWith('arn:')) return id;
    const resource = typeOf(Type).arn?.replaceAll(/\{([\w.]+)\}/g, (_, word: string) => {
      if (word === 'id') return id;
      return places.get(word) ?? textOf(propertyOf(Properties, word), lookUp) ?? '';
    });
    return `arn:${partition}:${resource}`;
  }

  function attributeOf(name: string, attribute: string): string {
    const isIt = (value: unknown) => JSON.stringify(value) === JSON.stringify({ 'Fn::GetAtt': [name, attribute] });
    const output = Object.entries(template.Outputs ?? {}).find(([, { Value }]) => isIt(Value))?.[0];
    const suffix = typeOf(resourceOf(name).Type).attributes?.[attribute];
    return outputs.get(output ?? '') ?? `${arnOf(name)}${suffix}`;
  }

  return (subject) => {
    const [, name = '', attribute, within = ''] = /^(\w+)(?:\.(\w+))?(\/.*)?$/s.exec(subject) ?? [];
    if (attribute !== undefined) return attributeOf(name, attribute);
    return `${fixed[name] ?? arnOf(name)}${within}`;
  };
}

function resourceIn({ Resources }: StackTemplate, name: string): TemplateResource {
  const resource = Resources[name];
  if (!resource) throw new TypeError(`the template has no resource ${name}`);
  return resource;
}

/** Values of parameters that two stacks in one account and region can't share. */
export function ownNames(stack: string): [parameter: string, value: string][] {
  const name = stack.toLowerCase().replaceAll('-', '_');
  return name === 'alakazam' ? [] : [['GlueDatabaseName', name]];
}

function madeUp(stack: string, name: string, kind: 'lower case' | 'uuid' | undefined): string {
  if (kind === 'uuid') return ANY_ID;
  const id = `${stack}-${name}-XXXXXXXXXXXX`;
  return kind === 'lower case' ? id.toLowerCase() : id;
}

/** The value at a path of properties: `TableInput.Name`. */
function propertyOf(properties: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((found, name) => (found as Record<string, unknown> | undefined)?.[name], properties);
}
