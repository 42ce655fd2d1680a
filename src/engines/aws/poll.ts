/** The waits between two questions about an operation that takes seconds or minutes. */
import { setTimeout as delay } from 'node:timers/promises';

const SHORTEST_MS = 100;
const GROWTH = 1.5;

/**
 * Each wait is longer than the last, up to `longestMs`. So the end of a short operation is noticed soon, and a long operation
 * does not cause so many calls that AWS throttles them. The signal ends a wait early, without an error.
 */
export function createPoll(longestMs: number): (signal?: AbortSignal) => Promise<void> {
  let waitMs = SHORTEST_MS;
  return async (signal) => {
    const thisMs = Math.min(waitMs, longestMs);
    waitMs *= GROWTH;
    await delay(thisMs, undefined, signal ? { signal } : {}).catch(() => undefined);
  };
}
