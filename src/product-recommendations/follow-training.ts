/** Waits for a training on other machines, and says each step of it. */
import { AlakazamError, type ErrorCode, reasonOf } from '../errors.js';
import type { RemoteTraining, WorkOptions } from './recommender.js';
import { whyFailed } from './training-failures.js';

/** So many looks may fail one after the other before nobody looks any more. */
const FAILURES_MAX = 10;

/** What to type to see how a training does; with the cluster that was named to train on. */
export function statusLine(cluster: string | undefined): string {
  return `alakazam train --status --target aws${cluster === undefined ? '' : ` --cluster ${cluster}`}`;
}

export interface Following extends WorkOptions {
  /** That was named to train on. */
  readonly cluster?: string | undefined;
  look(): Promise<RemoteTraining>;
  /** True for an error after which the same look is likely to succeed later. */
  isTransient(error: unknown): boolean;
  /** Waits between two looks; the signal ends a wait early. */
  wait(signal: AbortSignal): Promise<void>;
}

/**
 * Resolves once the training is done. Throws an `AlakazamError` if it failed, and one that says how to return if the signal says
 * stop, or if nobody can look any more: the training goes on.
 */
export async function followTraining(started: RemoteTraining, following: Following): Promise<RemoteTraining> {
  const { signal, onNote, look, isTransient, wait } = following;
  const back = statusLine(following.cluster);
  const name = `${started.engine} ${started.id}`;
  let seen = '';
  let failures = 0;
  let now = started;
  for (;;) {
    if (now.state === 'failed') throw whyFailed(now);
    if (seen !== now.status) onNote?.(`${name}: ${now.status}`);
    seen = now.status;
    if (now.state === 'done') return now;
    await wait(signal);
    if (signal.aborted) throw goesOn('interrupted', `stopped looking`, { name, back });
    try {
      now = await look();
      failures = 0;
    } catch (error) {
      if (isTransient(error) && ++failures < FAILURES_MAX) continue;
      throw goesOn(error instanceof AlakazamError ? error.code : 'failed', reasonOf(error), { name, back }, error);
    }
  }
}

function goesOn(
  code: ErrorCode,
  reason: string,
  { name, back }: { readonly name: string; readonly back: string },
  cause?: unknown,
): AlakazamError {
  // What to do about the reason comes first: without it, whoever returns fails in the same way.
  const hints = [cause instanceof AlakazamError ? cause.hint : undefined, back];
  const hint = hints.filter((each) => each !== undefined).join('\n');
  return new AlakazamError(code, `${reason}; the training goes on as ${name}`, { hint, cause });
}
