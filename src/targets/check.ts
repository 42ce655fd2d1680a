/** One check of `doctor`. */
import { AlakazamError, reasonOf } from '../errors.js';
import type { Check } from '../pipeline.js';

/** Runs one check; what it throws is what it found. */
export async function check(name: string, find: () => string | Promise<string>): Promise<Check> {
  try {
    return { name, isGood: true, finding: await find() };
  } catch (error) {
    const hint = error instanceof AlakazamError ? error.hint : undefined;
    return { name, isGood: false, finding: reasonOf(error), ...(hint === undefined ? {} : { hint }) };
  }
}
