/** Spaces calls that several readers share, shard by shard: a few at once, then no more than one in so many milliseconds. */

export interface PaceOptions {
  /** Calls that may follow each other without a pause, after a time without calls. */
  readonly burst: number;
  readonly everyMs: number;
  readonly clock?: () => number;
}

/** Returns how long to wait before the next call to a shard, and counts the call as made then. */
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
