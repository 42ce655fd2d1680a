/** Limits the rate of calls to each shard, over all readers: a burst first, then one call in `everyMs` milliseconds. */

export interface PaceOptions {
  /** Number of calls that may follow each other without a pause, after a time without calls. */
  readonly burst: number;
  readonly everyMs: number;
  readonly clock?: () => number;
}

/** The function returns the milliseconds to wait before the next call to a shard, and counts that call. */
export function createPace({
  burst,
  everyMs,
  clock = () => performance.now(),
}: PaceOptions): (shardId: string) => number {
  /** When the calls so far would have ended, had they been `everyMs` apart. */
  const usedUntilMs = new Map<string, number>();
  return (shardId) => {
    const nowMs = clock();
    const startMs = Math.max(nowMs, usedUntilMs.get(shardId) ?? 0);
    usedUntilMs.set(shardId, startMs + everyMs);
    return Math.max(0, startMs - nowMs - (burst - 1) * everyMs);
  };
}
