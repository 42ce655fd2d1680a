/** References to what a template does not have. */
import type { Template } from './template.js';

/** One sentence for each. */
export function danglingReferences(template: Template): string[] {
  const { Parameters = {}, Conditions = {}, Resources, Outputs = {} } = template;
  const names = new Set([...Object.keys(Parameters), ...Object.keys(Resources)]);
  return Object.entries({ ...Resources, ...Outputs, ...Conditions }).flatMap(([id, value]) => [
    ...referencesIn(value)
      .filter((name) => !name.startsWith('AWS::') && !names.has(name))
      .map((name) => `${id} refers to ${name}`),
    ...conditionsIn(value)
      .filter((name) => !(name in Conditions))
      .map((name) => `${id} has the condition ${name}`),
  ]);
}

function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]): string[] => {
    if (key === 'Ref') return [inner as string];
    if (key === 'DependsOn') return [inner as string | string[]].flat();
    if (key === 'Fn::GetAtt') return [(inner as string[])[0] as string];
    if (key === 'Fn::Sub') {
      // A list has names of its own after the text.
      const [text, own = {}] = [inner].flat() as [string, Record<string, unknown>?];
      const names = [...String(text).matchAll(/\$\{([^!}.]+)(?:\.[^}]+)?\}/g)].map(([, name]) => name as string);
      return [...names.filter((name) => !(name in own)), ...referencesIn(own)];
    }
    return referencesIn(inner);
  });
}

function conditionsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(conditionsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]): string[] => {
    if (key === 'Condition' && typeof inner === 'string') return [inner];
    if (key === 'Fn::If') return [(inner as unknown[])[0] as string, ...conditionsIn(inner)];
    return conditionsIn(inner);
  });
}
