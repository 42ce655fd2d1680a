/** Whose and of what the orders of an episode are, read from the order stream by time. */
import { setTimeout as delay } from 'node:timers/promises';
import { readShards } from '../engines/aws/shards.js';
import { orderOf } from '../orders/order-block.js';
import { type ArrivalLog, ordersIn } from '../stream/kinesis/arrived-orders.js';
import type { TopShares } from './alarm.js';
import type { CrossingSpan } from './crossing-span.js';
import { countShares } from './top-shares.js';

export interface SharesOptions {
  readonly log: () => Promise<ArrivalLog>;
  readonly windowMs: number;
}

/** Reading ends after so many orders: whose a surge is follows from its first ones. */
const ORDERS_MAX = 10_000;
/** And after this time: people would rather be told now than be told of the last order. */
const TIME_MS = 3000;

/** Null if nothing could be read in time: people are told of a surge all the same. */
export async function readShares(
  { firstMs, lastMs }: Pick<CrossingSpan, 'firstMs' | 'lastMs'>,
  { log, windowMs }: SharesOptions,
): Promise<TopShares | null> {
  const counter = countShares();
  const stop = new AbortController();
  const timeIsUp = delay(TIME_MS, undefined, { signal: stop.signal }).catch(() => undefined);
  const readBehind = new Set<string>();
  let left = ORDERS_MAX;
  try {
    const stream = await log();
    const shards = await stream.shards();
    const pages = readShards(stream, { from: { sinceMs: firstMs - windowMs }, shards });
    while (left > 0 && readBehind.size < shards.length) {
      const page = await Promise.race([pages.next(), timeIsUp]);
      if (!page || page.done) break;
      const { orders, arrivalsMs } = ordersIn(page.value.records);
      for (let i = 0; i < orders.count && left > 0; i++) {
        if ((arrivalsMs[i] as number) > lastMs) readBehind.add(page.value.shardId);
        else {
          counter.add(orderOf(orders, i));
          left--;
        }
      }
    }
  } catch {
    // What was read by then is told.
  } finally {
    stop.abort();
  }
  return counter.top();
}
