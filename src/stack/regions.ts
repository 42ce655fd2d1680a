/** What to do about a resource type that CloudFormation does not have in a region. */
import { optionalPartsOf } from './optional-parts.js';
import type { ParameterDefinition } from './parameters.js';
import type { StackTemplate } from './template.js';

/**
 * Says which parameters leave the type out, or returns undefined if the reason is another. `reason` is CloudFormation's text:
 * `Template format error: Unrecognized resource types: [AWS::Budgets::Budget]`.
 */
export function whyNotThere(reason: string, template: StackTemplate): string | undefined {
  if (!/unrecognized|unsupported|not supported/i.test(reason)) return undefined;
  const [type] = /\bAWS::\w+::\w+/.exec(reason) ?? [];
  if (!type) return undefined;
  const ofType = Object.values(template.Resources).filter((each) => each.Type === type);
  // Where one of them has no condition, leaving the others out would not help.
  const isOptional = ofType.every(({ Condition }) => Condition !== undefined);
  const conditions = isOptional ? ofType.flatMap(({ Condition }) => Condition ?? []) : [];
  const settings = [...new Set(conditions.flatMap((name) => parametersIn(template.Conditions?.[name], template)))].map(
    (name) => {
      const [part] = optionalPartsOf({ [name]: template.Parameters[name] as ParameterDefinition });
      return part ? ` --without ${part}` : ` --param ${name}=${template.Parameters[name]?.Default ?? ''}`;
    },
  );
  const there = `this region has no ${type}`;
  return settings.length > 0
    ? `${there}: leave it out with alakazam deploy${settings.join('')}, or set AWS_REGION to another region`
    : `${there}: set AWS_REGION to another region`;
}

/** The parameters that a condition depends on, also by way of other conditions. */
function parametersIn(value: unknown, template: StackTemplate): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => {
    if (key === 'Ref') return String(part) in template.Parameters ? [String(part)] : [];
    if (key === 'Condition') return parametersIn(template.Conditions?.[String(part)], template);
    return parametersIn(part, template);
  });
}
