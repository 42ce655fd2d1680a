/** When to send a message again that failed: soon at first, then ever later, for a day. */

const FIRST_MS = 1000;
/** A destination that works again gets its messages within this time. */
const LONGEST_MS = 300_000;
/** A message that failed for so long is given up: whoever it was for has learned of the surge in another way. */
export const GIVE_UP_MS = 24 * 3_600_000;

export interface Failures {
  /** How often it failed; at least once. */
  readonly count: number;
  /** When the first attempt was made. */
  readonly firstMs: number;
  /** What the destination asked for after the last one. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * When to try again, or null to give up. The wait doubles from one second to five minutes. `random`, from 0 to 1, shortens it by up
 * to a half, so that messages which failed together are not all sent again together ("equal jitter",
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). Even the shortest waits make no more than 12 attempts
 * in ten minutes. What a destination asks for is honoured, but never beyond the last attempt, which is made after 24 hours.
 */
export function nextAttemptMs(
  { count, firstMs, retryAfterMs = 0 }: Failures,
  nowMs: number,
  random: number,
): number | null {
  const lastMs = firstMs + GIVE_UP_MS;
  if (nowMs >= lastMs) return null;
  const waitMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** (count - 1));
  const jitteredMs = Math.round(waitMs * (1 - random / 2));
  return Math.min(lastMs, nowMs + Math.max(jitteredMs, retryAfterMs));
}
