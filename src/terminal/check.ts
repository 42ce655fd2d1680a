/** One check of `doctor`. */
import { AlakazamError, reasonOf } from '../errors.js';
import { limitError } from '../limits.js';

export interface Check {
  readonly name: string;
  /** Null if the check could not be made, which says nothing about the thing that was to be checked. */
  readonly isGood: boolean | null;
  readonly finding: string;
  /** A way to correct a bad finding. */
  readonly hint?: string;
  /** True for a check without which no other check can be made. */
  readonly isRequired?: true;
}

/** The result of a check: a finding, or an error that says what is wrong. */
export type Finding = string | AlakazamError;

/** Runs one check. An error that the check throws is its finding. */
export async function check(name: string, find: () => Finding | Promise<Finding>): Promise<Check> {
  try {
    return checkOf(name, await find());
  } catch (thrown) {
    const error = limitError(thrown) ?? thrown;
    return { name, isGood: false, finding: reasonOf(error), ...hintOf(error) };
  }
}

/** Runs a check that needs further permissions. An error that it throws says why the check could not be made. */
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

/** Throws an `AlakazamError` if the resource `name` has another status than ACTIVE. */
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
