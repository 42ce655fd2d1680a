/** One check of `doctor`. */
import { AlakazamError, reasonOf } from '../errors.js';

export interface Check {
  readonly name: string;
  /** Null if it could not be checked, which is no fault of what it is about. */
  readonly isGood: boolean | null;
  readonly finding: string;
  /** What to do about it. */
  readonly hint?: string;
  /** Without it nothing else can be checked. */
  readonly isRequired?: true;
}

/** What a check found; what is wrong is an error that is given back. */
export type Finding = string | AlakazamError;

/** Runs one check; what it throws is what it found. */
export async function check(name: string, find: () => Finding | Promise<Finding>): Promise<Check> {
  try {
    return checkOf(name, await find());
  } catch (error) {
    return { name, isGood: false, finding: reasonOf(error), ...hintOf(error) };
  }
}

/** Runs a check that not everybody can: what it throws is why, and no fault of what was to be checked. */
export async function checkIfPossible(name: string, find: () => Promise<Finding>): Promise<Check> {
  try {
    return checkOf(name, await find());
  } catch (error) {
    return impossible(name, error);
  }
}

export function impossible(name: string, error: unknown): Check {
  return { name, isGood: null, finding: `could not be checked: ${reasonOf(error)}`, ...hintOf(error) };
}

/** Throws an `AlakazamError` if what a service calls `name` is in another status than ACTIVE. */
export function requireActive(name: string, status: string | undefined): void {
  if (status === 'ACTIVE') return;
  throw new AlakazamError('failed', `${name} is ${status}`, { hint: 'wait a minute, or see alakazam status' });
}

function checkOf(name: string, finding: Finding): Check {
  if (typeof finding === 'string') return { name, isGood: true, finding };
  return { name, isGood: false, finding: finding.message, ...hintOf(finding) };
}

function hintOf(error: unknown): { hint?: string } {
  const hint = error instanceof AlakazamError ? error.hint : undefined;
  return hint === undefined ? {} : { hint };
}
