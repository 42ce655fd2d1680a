/** The orders of the embedded stream in its store. One value holds up to 512, because a put costs by the value and hardly by the byte. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LocalStore } from '../engines/lmdb/store.js';
import { joined, type OrderBlock, slice } from '../orders/order-block.js';
import { CLOCK_STEP_MS } from './clock-step.js';
import type { ArrivedBlock, NumberedBlock, NumberedOrders } from './numbered-stream.js';
import { openOrderValues } from './order-values.local.js';

const ORDERS_A_VALUE = 512;
/** The memory of the map is released after this many bytes were read or written. */
const UNMAP_BYTES = 32 * 2 ** 20;
/** Bytes of the newest blocks that stay in memory, because the views of this process read these blocks at once. */
const RECENT_BYTES = 2 * 2 ** 20;
const BLOCKS_A_TURN = 32;
const ARRIVALS_A_READ = 64;

export interface StoredOrders extends NumberedOrders {
  /** Appends a block, in a transaction of the store. Arrival times decrease only where a clock stepped back: see `CLOCK_STEP_MS`. */
  append(block: OrderBlock, arrivalMs: number): NumberedBlock[];
  /** Keeps committed blocks in memory for this process's own views. */
  remember(blocks: readonly NumberedBlock[]): void;
  /** Forgets all orders, in a transaction of the store. */
  clear(): void;
}

export function openStoredOrders(store: LocalStore): StoredOrders {
  let recent: NumberedBlock[] = [];
  let recentIdentity = '';
  /** Who looks up one order after the other mostly finds the next one in the same block. */
  let lastRead: NumberedBlock | undefined;
  let touchedBytes = 0;
  let blocksSinceTurn = 0;

  const meta = () => store.table('meta');
  const values = openOrderValues(store, touch);
  const { last } = values;

  function identity(): string {
    return meta().get('identity')?.toString() ?? '';
  }

  function blockOf(sequence: number): NumberedBlock | undefined {
    forgetEmptied();
    const holds = ({ first, orders: { count } }: NumberedBlock) => first <= sequence && sequence < first + count;
    const known = lastRead && holds(lastRead) ? lastRead : recent.find(holds);
    if (known) return known;
    lastRead = values.valueOf(sequence);
    return lastRead;
  }

  function* arrivals(sequence: number): Generator<ArrivedBlock> {
    for (let next = sequence; ; ) {
      // In parts: whoever asks may write in between.
      const found = values.headers(next, ARRIVALS_A_READ);
      for (const { first, count, arrivalMs } of found) {
        yield { first: next, count: first + count - next, arrivalMs };
        next = first + count;
      }
      if (found.length < ARRIVALS_A_READ) return;
      unmapIfLarge();
    }
  }

  function touch(bytes: number): void {
    touchedBytes += bytes;
  }

  /** Called between two blocks. LMDB never waits, so the event loop needs a turn now and then, or no signal would arrive. */
  async function rest(): Promise<void> {
    unmapIfLarge();
    if (++blocksSinceTurn < BLOCKS_A_TURN) return;
    blocksSinceTurn = 0;
    await nextTurn();
  }

  /** Called between two reads, never within one: a read must not go on after the map is closed. */
  function unmapIfLarge(): void {
    if (touchedBytes < UNMAP_BYTES) return;
    touchedBytes = 0;
    store.unmap();
  }

  function forgetEmptied(): void {
    const now = identity();
    if (recentIdentity !== now) {
      recent = [];
      lastRead = undefined;
    }
    recentIdentity = now;
  }

  return {
    last,
    identity,
    blockOf,
    async *from(sequence) {
      const begun = identity();
      for (let next = sequence; ; ) {
        const block = blockOf(next);
        if (!block || identity() !== begun) return;
        const skip = next - block.first;
        next = block.first + block.orders.count;
        yield { ...block, first: block.first + skip, orders: slice(block.orders, skip, block.orders.count) };
        await rest();
      }
    },
    arrivals,
    async *backwards() {
      for (let end = last(); end > 0; ) {
        const block = blockOf(end) as NumberedBlock;
        yield block;
        await rest();
        end = block.first - 1;
      }
    },
    at(sequence, count) {
      const parts: OrderBlock[] = [];
      const end = sequence + count;
      for (let next = sequence; next < end; ) {
        const block = blockOf(next);
        if (!block) throw store.damaged(`order number ${next} is missing`);
        const upTo = Math.min(block.first + block.orders.count, end);
        parts.push(slice(block.orders, next - block.first, upTo - block.first));
        next = upTo;
      }
      return joined(parts);
    },
    arrivedSince: values.firstSince,
    append(block, arrivalMs) {
      if (identity() === '') meta().putSync('identity', Buffer.from(crypto.randomUUID()));
      const before = last();
      const lastMs = before > 0 ? (values.headers(before, 1)[0]?.arrivalMs ?? 0) : 0;
      const notBeforeMs = lastMs - arrivalMs > CLOCK_STEP_MS ? arrivalMs : Math.max(arrivalMs, lastMs);
      const blocks: NumberedBlock[] = [];
      for (let at = 0; at < block.count; at += ORDERS_A_VALUE) {
        const part = slice(block, at, Math.min(at + ORDERS_A_VALUE, block.count));
        const numbered = { first: before + at + 1, arrivalMs: notBeforeMs, orders: part };
        values.put(numbered);
        blocks.push(numbered);
      }
      return blocks;
    },
    remember(blocks) {
      forgetEmptied();
      let bytes = 0;
      for (const block of blocks) touch(block.orders.lines.length);
      recent.push(...blocks);
      for (const { orders: kept } of recent) bytes += kept.lines.length;
      while (bytes > RECENT_BYTES && recent.length > 1) bytes -= recent.shift()?.orders.lines.length ?? 0;
      unmapIfLarge();
    },
    clear() {
      values.clear();
      meta().putSync('identity', Buffer.from(crypto.randomUUID()));
    },
  };
}
