/** The last orders of a log that can only be read forwards: looked for in the last seconds, then in ever longer times. */

import { readShards, type ShardedLog, type ShardPosition } from '../../engines/aws/shards.js';
import type { Arrival } from './arrivals.aws.js';

/** The first is long enough for a clock that is some seconds ahead of the log's. */
const WINDOWS_MS = [10_000, 60_000, 600_000, 3_600_000, 24 * 3_600_000, Number.POSITIVE_INFINITY];

export interface LastArrivals {
  /** At most as many as were asked for, oldest first; those of one shard in its order. */
  readonly arrivals: readonly Arrival[];
  /** Where in each shard reading goes on behind what was read. */
  readonly positions: ReadonlyMap<string, ShardPosition>;
}

/** `wantedIn` says which orders of some records count. */
export async function lastArrivals<R>(
  log: ShardedLog<R>,
  count: number,
  wantedIn: (records: readonly R[], shardId: string) => Promise<readonly Arrival[]>,
  nowMs: number,
): Promise<LastArrivals> {
  for (const windowMs of count === 0 ? WINDOWS_MS.slice(0, 1) : WINDOWS_MS) {
    const from = windowMs === Number.POSITIVE_INFINITY ? 'first' : { sinceMs: nowMs - windowMs };
    const { byShard, positions } = await readFrom(from);
    const arrivals = [...byShard.values()].flat().sort((a, b) => a.arrivalMs - b.arrivalMs);
    if (arrivals.length >= count || from === 'first') {
      return { arrivals: arrivals.slice(Math.max(0, arrivals.length - count)), positions };
    }
  }
  throw new RangeError('the last window has no beginning');

  async function readFrom(from: 'first' | { readonly sinceMs: number }) {
    const byShard = new Map<string, Arrival[]>();
    const positions = new Map<string, ShardPosition>();
    const shards = await log.shards();
    for (const { id } of shards) positions.set(id, from);
    for await (const { shardId, records } of readShards(log, { from, shards })) {
      const kept = [...(byShard.get(shardId) ?? []), ...(await wantedIn(records, shardId))];
      byShard.set(shardId, kept.slice(Math.max(0, kept.length - count)));
      positions.set(shardId, { after: log.sequenceOf(records.at(-1) as R) });
    }
    return { byShard, positions };
  }
}
