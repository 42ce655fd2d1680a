/** The last orders of a log that can only be read forwards: looked for in the last seconds, then in ever longer times. */
import { readShards, type ShardedLog, type ShardPosition } from '../../engines/aws/shards.js';
import { type ArrivedOrders, gather, type Place } from './arrived-orders.js';

/** The first is long enough for a clock that is some seconds ahead of the log's. */
const WINDOWS_MS = [10_000, 60_000, 600_000, 3_600_000, 24 * 3_600_000, Number.POSITIVE_INFINITY];

export interface LastArrived {
  /** At most as many as were asked for, oldest first; those of one shard in its order. */
  readonly arrived: ArrivedOrders;
  /** Position in each shard after the last record that was read. */
  readonly positions: ReadonlyMap<string, ShardPosition>;
}

/** `wantedIn` gives the orders in records that count. */
export async function lastArrived<R>(
  log: ShardedLog<R>,
  count: number,
  wantedIn: (records: readonly R[]) => Promise<ArrivedOrders>,
  nowMs: number,
): Promise<LastArrived> {
  // Without orders to find, the first window gives the positions.
  for (const windowMs of count === 0 ? WINDOWS_MS.slice(0, 1) : WINDOWS_MS) {
    const from = windowMs === Number.POSITIVE_INFINITY ? 'first' : { sinceMs: nowMs - windowMs };
    const { byShard, positions } = await readFrom(from);
    const places = [...byShard.values()].flat().sort((a, b) => arrivalMs(a) - arrivalMs(b));
    if (places.length >= count || from === 'first') return { arrived: gather(lastOf(places, count)), positions };
  }
  throw new RangeError('the last window has no beginning');

  async function readFrom(from: 'first' | { readonly sinceMs: number }) {
    const byShard = new Map<string, Place[]>();
    const positions = new Map<string, ShardPosition>();
    const shards = await log.shards();
    for (const { id } of shards) positions.set(id, from);
    for await (const { shardId, records } of readShards(log, { from, shards })) {
      const found = await wantedIn(records);
      // Copied, so that a few orders don't keep the page they came in.
      const last = gather(lastOf(placesIn(found), count));
      byShard.set(shardId, lastOf([...(byShard.get(shardId) ?? []), ...placesIn(last)], count));
      positions.set(shardId, { after: log.sequenceOf(records.at(-1) as R) });
    }
    return { byShard, positions };
  }
}

function placesIn(from: ArrivedOrders): Place[] {
  return from.sequences.map((_, i) => ({ from, i }));
}

function arrivalMs({ from, i }: Place): number {
  return from.arrivalsMs[i] as number;
}

function lastOf<T>(all: readonly T[], count: number): T[] {
  return all.slice(Math.max(0, all.length - count));
}
