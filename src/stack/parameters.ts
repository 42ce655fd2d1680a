/** Parameters of a template: what was typed, checked by what the template says of each, before AWS is asked. */
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

/** Throws an `AlakazamError` for a parameter that there is not, or a value that it doesn't take. */
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
    // Not a value that may be private.
    const shown = definition.NoEcho ? 'what was given' : JSON.stringify(value);
    if (valid) {
      throw new AlakazamError('usage', `--param ${name} is ${shown}; valid: ${valid}`, {
        ...(definition.Description ? { hint: definition.Description } : {}),
      });
    }
  }
}

/** What is valid, if the value isn't. */
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

export interface Template {
  readonly Parameters: Definitions;
  readonly Resources: Readonly<Record<string, { readonly UpdateReplacePolicy?: string }>>;
}

/** What of a template is no function of CloudFormation: the tags of those are left out. */
export async function readTemplate(yaml: string): Promise<Template> {
  const { parse } = await import('yaml');
  return parse(yaml, { logLevel: 'silent' });
}
