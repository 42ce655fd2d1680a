/** The template as the build joins it: JSON, with CloudFormation's functions as objects (`{ "Ref": "OrdersStream" }`). */
import type { ParameterDefinition } from './parameters.js';

export interface StackTemplate {
  readonly AWSTemplateFormatVersion?: string;
  readonly Parameters: Readonly<Record<string, ParameterDefinition>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, TemplateOutput>>;
}

export interface TemplateOutput {
  readonly Value: unknown;
  readonly Description: string;
  readonly Condition?: string;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/**
 * The text of a value of the template, or undefined if the text isn't known. `lookUp` gives the text of a parameter, a pseudo
 * parameter or the id of a resource: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 */
export function textOf(value: unknown, lookUp: (name: string) => string | undefined): string | undefined {
  if (typeof value !== 'object' || value === null) return value === undefined ? undefined : String(value);
  const { Ref: name, 'Fn::Sub': pattern } = value as { Ref?: string; 'Fn::Sub'?: string };
  if (name !== undefined) return lookUp(name);
  if (typeof pattern !== 'string') return undefined;
  let isKnown = true;
  const text = pattern.replaceAll(/\$\{([^!}]+)\}/g, (_, name: string) => {
    const found = lookUp(name);
    isKnown &&= found !== undefined;
    return found ?? '';
  });
  return isKnown ? text : undefined;
}

/** The resource that a value refers to: by `Ref`, by `GetAtt`, or as the first of a list. */
export function referredTo(value: unknown): string | undefined {
  if (Array.isArray(value)) return referredTo(value[0]);
  const { Ref: name, 'Fn::GetAtt': attribute } = (value ?? {}) as { Ref?: string; 'Fn::GetAtt'?: readonly string[] };
  return name ?? attribute?.[0];
}

/** The services that a role trusts, from its trust policy: `lambda.amazonaws.com`. Empty for any other resource. */
export function trustedBy({ Properties = {} }: TemplateResource): readonly string[] {
  const { Statement = [] } = (Properties['AssumeRolePolicyDocument'] ?? {}) as {
    readonly Statement?: readonly { readonly Principal?: { readonly Service?: string | readonly string[] } }[];
  };
  return Statement.flatMap(({ Principal }) => Principal?.Service ?? []);
}
