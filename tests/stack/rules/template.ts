/** Reads CloudFormation templates as plain objects, `!Ref x` as `{ Ref: 'x' }`. */
import { type CollectionTag, parse, type ScalarTag, type YAMLMap, type YAMLSeq } from 'yaml';

export interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Metadata?: {
    readonly checkov?: { readonly skip: readonly { readonly id: string; readonly comment: string }[] };
  };
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Properties?: Record<string, unknown>;
}

export interface Parameter {
  readonly Type: string;
  readonly Description?: string;
  readonly Default?: unknown;
  readonly AllowedValues?: readonly unknown[];
  readonly NoEcho?: boolean;
}

export interface Template {
  readonly Parameters?: Record<string, Parameter>;
  readonly Conditions?: Record<string, unknown>;
  readonly Resources: Record<string, Resource>;
  readonly Outputs?: Record<string, { readonly Condition?: string }>;
}

const FUNCTIONS = ['Ref', 'Condition', 'Sub', 'GetAtt', 'If', 'Not', 'Equals', 'And', 'Or', 'Join', 'Select', 'Split'];

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html */
const tags = FUNCTIONS.flatMap((name): (ScalarTag | CollectionTag)[] => {
  const key = name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`;
  const tag = `!${name}`;
  const collected = (node: unknown) => ({ [key]: (node as YAMLMap | YAMLSeq).toJSON() });
  return [
    { tag, resolve: (text) => ({ [key]: name === 'GetAtt' ? text.split('.') : text }) },
    { tag, collection: 'seq', resolve: collected },
    { tag, collection: 'map', resolve: collected },
  ];
});

export function readTemplate(text: string): Template {
  return parse(text, { customTags: tags });
}
