/**
 * What is known of an episode from outside: when windows held too many, and how many. Joining is the same in whatever order and
 * however often it is done, so records that come twice, late or in another order do no harm.
 */
import type { Episode } from './episodes.js';

export interface CrossingSpan {
  /** Arrivals at which a window ended that held too many: the first and the last that are known. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** The most that one window held, and when it first did. */
  readonly peak: number;
  readonly peakMs: number;
  /** Orders are numbered as they arrive: the last one before the first such window, and the last one in the last. */
  readonly before: number;
  readonly through: number;
}

/** Both as one. */
export function joinedSpan(a: CrossingSpan, b: CrossingSpan): CrossingSpan {
  const higher = a.peak > b.peak || (a.peak === b.peak && a.peakMs <= b.peakMs) ? a : b;
  return {
    firstMs: Math.min(a.firstMs, b.firstMs),
    lastMs: Math.max(a.lastMs, b.lastMs),
    peak: higher.peak,
    peakMs: higher.peakMs,
    ...numbersOf(a, b),
  };
}

/**
 * A job that lost its state begins again to number orders, at the oldest that the stream has: with lower numbers. Where numbers do
 * not rise with time, they are of two jobs, and those of the longer span stay.
 */
function numbersOf(a: CrossingSpan, b: CrossingSpan): Pick<CrossingSpan, 'before' | 'through'> {
  const isOneCount =
    isRising(b.firstMs - a.firstMs, b.before - a.before) && isRising(b.lastMs - a.lastMs, b.through - a.through);
  if (isOneCount) return { before: Math.min(a.before, b.before), through: Math.max(a.through, b.through) };
  const { before, through } = b.lastMs - b.firstMs > a.lastMs - a.firstMs ? b : a;
  return { before, through };
}

function isRising(laterMs: number, more: number): boolean {
  return laterMs === 0 ? more === 0 : more * laterMs >= 0;
}

/** True if no quiet period lies between the two: a crossing that comes exactly a quiet period later begins another episode. */
export function belongTogether(a: CrossingSpan, b: CrossingSpan, quietMs: number): boolean {
  return a.firstMs < b.lastMs + quietMs && b.firstMs < a.lastMs + quietMs;
}

export function episodeOf(
  { firstMs, lastMs, peak, peakMs, before, through }: CrossingSpan,
  quietMs: number,
  nowMs: number,
): Episode {
  const endMs = lastMs + quietMs;
  const endedMs = nowMs >= endMs ? endMs : null;
  return { beganMs: firstMs, lastMs, endedMs, peak, peakMs, orders: through - before };
}
