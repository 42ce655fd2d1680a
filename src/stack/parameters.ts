/** The template and its parameters: values that were typed are checked against the template before AWS is asked. */
import { AlakazamError } from '../errors.js';
import { nearestTo } from '../terminal/nearest.js';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html */
export interface ParameterDefinition {
  readonly Type: string;
  readonly Description?: string;
  readonly Default?: string | number;
  readonly AllowedValues?: readonly (string | number)[];
  readonly AllowedPattern?: string;
  readonly ConstraintDescription?: string;
  readonly MinValue?: number;
  readonly MaxValue?: number;
  readonly NoEcho?: boolean;
}

export type Definitions = Readonly<Record<string, ParameterDefinition>>;

/** Throws an `AlakazamError` for an unknown parameter, or a value that the parameter does not take. */
export function checkParameters(typed: ReadonlyMap<string, string>, definitions: Definitions): void {
  for (const [name, value] of typed) {
    const definition = definitions[name];
    if (!definition) {
      const names = Object.keys(definitions);
      throw new AlakazamError('usage', `there is no parameter ${name}; did you mean ${nearestTo(name, names)}?`, {
        hint: `valid: ${names.join(', ')}`,
      });
    }
    const valid = whyNot(value, definition);
    // A NoEcho value may be private: it is never shown.
    const shown = definition.NoEcho ? 'what was given' : JSON.stringify(value);
    if (valid) {
      throw new AlakazamError('usage', `--param ${name} is ${shown}; valid: ${valid}`, {
        ...(definition.Description ? { hint: definition.Description } : {}),
      });
    }
  }
}

/** Says which values are valid; undefined if this one is. */
function whyNot(value: string, definition: ParameterDefinition): string | undefined {
  const { Type, AllowedValues, AllowedPattern, ConstraintDescription, MinValue, MaxValue } = definition;
  if (AllowedValues) return AllowedValues.map(String).includes(value) ? undefined : AllowedValues.join(', ');
  if (AllowedPattern && !new RegExp(AllowedPattern).test(value)) {
    return ConstraintDescription?.replace(/^must be /, '') ?? AllowedPattern;
  }
  if (Type !== 'Number') return undefined;
  const number = /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
  if (number >= (MinValue ?? Number.NEGATIVE_INFINITY) && number <= (MaxValue ?? Number.POSITIVE_INFINITY)) {
    return undefined;
  }
  const to = MaxValue === undefined ? '' : ` to ${MaxValue}`;
  return MinValue === undefined ? 'a number' : `a number from ${MinValue}${to}`;
}

/** A template in JSON, with functions as objects: `{ "Ref": "OrdersStream" }`. */
export interface Template {
  readonly AWSTemplateFormatVersion: string;
  readonly Parameters: Definitions;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Condition?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

const FUNCTIONS = ['Ref', 'Condition', 'Sub', 'GetAtt', 'If', 'Not', 'Equals', 'And', 'Or', 'Join', 'Select', 'Split'];

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html */
export async function readTemplate(yaml: string): Promise<Template> {
  const { parse } = await import('yaml');
  const customTags = FUNCTIONS.flatMap((name) => {
    const key = name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`;
    const tag = `!${name}`;
    const resolve = (node: unknown) => ({ [key]: (node as { toJSON(): unknown }).toJSON() });
    return [
      { tag, resolve: (text: string) => ({ [key]: name === 'GetAtt' ? text.split('.') : text }) },
      { tag, collection: 'seq' as const, resolve },
      { tag, collection: 'map' as const, resolve },
    ];
  });
  return parse(yaml, { customTags });
}
