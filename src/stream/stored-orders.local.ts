/** The orders of the embedded stream in its store. One value holds up to 512, because a put costs by the value and hardly by the byte. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Range } from '../engines/lmdb/checked-table.js';
import type { LocalStore } from '../engines/lmdb/store.js';
import { decodeBlock, decodeHeader, encodeBlock } from '../orders/codec.js';
import { joined, type OrderBlock, slice } from '../orders/order-block.js';
import type { ArrivedBlock, NumberedBlock, NumberedOrders } from './numbered-stream.js';

const ORDERS_A_VALUE = 512;
/** The memory of the map is released after this many bytes were read or written. */
const UNMAP_BYTES = 32 * 2 ** 20;
/** Bytes of the newest blocks that stay in memory, because the views of this process read these blocks at once. */
const RECENT_BYTES = 2 * 2 ** 20;
const BLOCKS_A_TURN = 32;
const ARRIVALS_A_READ = 64;

export interface StoredOrders extends NumberedOrders {
  /** Appends a block, in a transaction of the store. Arrival times never decrease. */
  append(block: OrderBlock, arrivalMs: number): NumberedBlock[];
  /** Keeps committed blocks in memory for this process's own views. */
  remember(blocks: readonly NumberedBlock[]): void;
  /** Forgets all orders, in a transaction of the store. */
  clear(): void;
}

export function openStoredOrders(store: LocalStore): StoredOrders {
  let recent: NumberedBlock[] = [];
  let recentIdentity = '';
  let touchedBytes = 0;
  let blocksSinceTurn = 0;

  const orders = () => store.uncheckedTable('orders');
  const meta = () => store.table('meta');

  const keys = (range: Range) => store.read(() => Array.from(orders().getKeys(range)) as number[]);

  /** A value's key is the sequence number of its last order, so that the first key from n on holds order n. */
  function last(): number {
    const [found = 0] = keys({ reverse: true, limit: 1 });
    const noted = meta().find('last');
    if (noted && Number(noted) !== found) throw store.damaged(`it ends at order number ${found}, and at ${noted}`);
    return found;
  }

  function identity(): string {
    return meta().get('identity')?.toString() ?? '';
  }

  function decoded(key: number, value: Buffer): NumberedBlock {
    const block = decodeBlock(value, key);
    if (!block) throw unreadable(key);
    touch(value.length);
    return { ...block, first: key - block.orders.count + 1 };
  }

  const unreadable = (key: number) => store.damaged(`the orders up to number ${key} can't be read`);
  const missing = (sequence: number) => store.damaged(`order number ${sequence} is missing`);

  function blockOf(sequence: number): NumberedBlock | undefined {
    forgetEmptied();
    const known = recent.find(({ first, orders: { count } }) => first <= sequence && sequence < first + count);
    if (known) return known;
    const found = store.read(() => Array.from(orders().getRange({ start: sequence, limit: 1 })));
    for (const { key, value } of found) {
      const block = decoded(key as number, value);
      if (block.first > sequence || (key as number) < sequence) throw missing(sequence);
      return block;
    }
    if (sequence <= last()) throw missing(sequence);
    return undefined;
  }

  /** How many orders the value of a key has and when they arrived. */
  function headerOf(key: number) {
    // Into a buffer that is used again: to make one for each value takes several times as long.
    const value = store.read(() => orders().getBinaryFast(key));
    const header = value && decodeHeader(value, key);
    if (value && !header) throw unreadable(key);
    touch(value?.length ?? 0);
    return header;
  }

  /** Sequence number of the first order that arrived since; arrival times never decrease. */
  function arrivedSince(sinceMs: number): number {
    let [low, high] = [1, last() + 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const [key] = keys({ start: middle, limit: 1 });
      const header = key === undefined ? undefined : headerOf(key);
      if (!header) throw missing(middle);
      if (header.arrivalMs >= sinceMs) high = middle;
      else low = (key as number) + 1;
    }
    return low;
  }

  function* arrivals(sequence: number): Generator<ArrivedBlock> {
    for (let next = sequence; ; ) {
      // In parts: whoever asks may write in between.
      const found = keys({ start: next, limit: ARRIVALS_A_READ });
      for (const key of found) {
        const header = headerOf(key);
        // The stream was emptied in between.
        if (!header) return;
        if (key - header.count + 1 > next || key < next) throw missing(next);
        yield { first: next, count: key - next + 1, arrivalMs: header.arrivalMs };
        next = key + 1;
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
    if (recentIdentity !== now) recent = [];
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
        if (!block) throw missing(next);
        const upTo = Math.min(block.first + block.orders.count, end);
        parts.push(slice(block.orders, next - block.first, upTo - block.first));
        next = upTo;
      }
      return joined(parts);
    },
    arrivedSince,
    append(block, arrivalMs) {
      if (identity() === '') meta().putSync('identity', Buffer.from(crypto.randomUUID()));
      const before = last();
      const notBeforeMs = Math.max(arrivalMs, headerOf(before)?.arrivalMs ?? 0);
      const blocks: NumberedBlock[] = [];
      for (let at = 0; at < block.count; at += ORDERS_A_VALUE) {
        const part = slice(block, at, Math.min(at + ORDERS_A_VALUE, block.count));
        const numbered = { first: before + at + 1, arrivalMs: notBeforeMs, orders: part };
        const key = before + at + part.count;
        orders().putSync(key, encodeBlock(numbered, key));
        blocks.push(numbered);
      }
      meta().putSync('last', Buffer.from(String(before + block.count)));
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
      orders().clearSync();
      meta().putSync('last', Buffer.from('0'));
      meta().putSync('identity', Buffer.from(crypto.randomUUID()));
    },
  };
}
