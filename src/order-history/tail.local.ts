/** Follows the embedded history: its orders in the order of the stream, up to its checkpoint. */
import { filtered, GUEST, type OrderBlock, slice } from '../orders/order-block.js';
import type { ReadOptions, StreamBlock } from '../stream/stream.js';
import { indexOfRun, type Run, runsNear } from './customer-index.local.js';
import type { LocalHistoryParts } from './history.local.js';

export async function* tailOrders(
  { store, stream, checkpoint, update }: LocalHistoryParts,
  { from, customer, signal }: ReadOptions,
): AsyncGenerator<StreamBlock> {
  await update(signal);
  const isCounted = typeof from === 'object' && 'last' in from;
  let next = await (isCounted ? lastHeld(from.last) : stream.sequenceOf(from));
  let begun = stream.identity();
  for (;;) {
    const { next: end } = checkpoint.read();
    for await (const { first, arrivalMs, orders } of stream.from(next)) {
      // The history does not have the orders after its checkpoint yet.
      const known = slice(orders, 0, Math.min(orders.count, end - first));
      next = first + known.count;
      if (known.count > 0) yield { arrivalMs, orders: filtered(known, isHeld(known, first)) };
      if (signal?.aborted) return;
      stream.refresh();
      if (next >= end) break;
    }
    if (begun !== stream.identity()) {
      next = begun === '' ? next : 1;
      begun = stream.identity();
    } else if (!signal || signal.aborted) return;
    else await stream.wait(signal);
    await update(signal);
  }

  /** Whether order i of a block is in the history as this very line of the stream. */
  function isHeld(orders: OrderBlock, first: number): (i: number) => boolean {
    const known = new Map<number, Run[]>();
    return (i) => {
      const id = orders.customers[i] as number;
      if (id === GUEST || (customer !== undefined && id !== customer)) return false;
      const sequence = first + i;
      const runs = known.get(id) ?? [];
      if (indexOfRun(runs, sequence) >= 0) return true;
      const [begin, end] = [runs[0], runs.at(-1)];
      // Among these, but in none of them: it was replaced.
      if (begin && end && begin.first <= sequence && sequence < end.first + end.count) return false;
      const near = runsNear(store.table('customers'), id, sequence);
      known.set(id, near);
      return indexOfRun(near, sequence) >= 0;
    };
  }

  /** Sequence number of the `count`-th order from the end, of those the history shows. */
  async function lastHeld(count: number): Promise<number> {
    let left = count;
    if (left <= 0) return stream.last() + 1;
    for await (const { first, orders } of stream.backwards()) {
      const held = isHeld(orders, first);
      for (let i = orders.count - 1; i >= 0; i--) if (held(i) && --left === 0) return first + i;
    }
    return 1;
  }
}
