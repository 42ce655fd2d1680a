/** Parameters of the template. Values that somebody typed are checked against the template before any call to AWS. */
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
