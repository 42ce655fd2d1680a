/** Whose and of what the orders of an episode are, read from the stream. */
import { ordersOf } from '../orders/rows.js';
import type { TopShares } from './alarm.js';
import type { AlarmParts } from './alarm-parts.local.js';
import type { Episode } from './episodes.js';
import { countShares } from './top-shares.js';

/** While a surge lasts, whose it is follows from its first orders: to read them all would hold up who streams. */
const LOOKED_AT_MAX = 1000;

export async function sharesOf(
  { stream, config }: AlarmParts,
  { beganMs, lastMs, endedMs }: Episode,
): Promise<TopShares | null> {
  const counter = countShares();
  let left = endedMs === null ? LOOKED_AT_MAX : Number.POSITIVE_INFINITY;
  for await (const { arrivalMs, orders } of stream.from(stream.arrivedSince(beganMs - config.windowMs))) {
    if (arrivalMs > lastMs || left <= 0) break;
    for (const order of ordersOf(orders)) counter.add(order);
    left -= orders.count;
  }
  return counter.top();
}
