/** Optional parts of the stack. Each is a parameter of the template, such as `WithRedshift`, that is `yes` or `no`. */
import { AlakazamError } from '../errors.js';
import type { Definitions } from './parameters.js';

const PREFIX = /^With(?=[A-Z])/;

/** Names as they are typed: `WithRedshift` is `redshift`, and `WithLogSearch` would be `log-search`. */
export function optionalPartsOf(definitions: Definitions): readonly string[] {
  return Object.keys(definitions)
    .filter((name) => PREFIX.test(name))
    .map((name) =>
      name
        .replace(PREFIX, '')
        .replace(/(?<!^)[A-Z]/g, '-$&')
        .toLowerCase(),
    );
}

/** Values of the parameters of the parts that somebody wants, or wants no longer. Throws an `AlakazamError` for one that is none. */
export function partParameters(
  parts: readonly string[],
  wanted: readonly string[],
  unwanted: readonly string[],
): [parameter: string, value: 'yes' | 'no'][] {
  for (const part of [...wanted, ...unwanted]) {
    if (parts.includes(part)) continue;
    throw new AlakazamError('usage', `there is no optional part ${JSON.stringify(part)}; valid: ${parts.join(', ')}`);
  }
  const both = wanted.find((part) => unwanted.includes(part));
  if (both) throw new AlakazamError('usage', `--with ${both} and --without ${both} exclude each other`);
  return [
    ...wanted.map((part) => [parameterOf(part), 'yes'] as [string, 'yes']),
    ...unwanted.map((part) => [parameterOf(part), 'no'] as [string, 'no']),
  ];
}

function parameterOf(part: string): string {
  return `With${part.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())}`;
}
