/**
 * The values in which a store keeps the orders of the stream. A value's key is the sequence number of its last order, so that the
 * first key from n on holds order n. No order may be missing in between, nor at the end.
 */
import type { Range } from '../engines/lmdb/checked-table.js';
import type { LocalStore } from '../engines/lmdb/store.js';
import { decodeBlock, decodeHeader, encodeBlock } from '../orders/codec.js';
import type { ArrivedBlock, NumberedBlock } from './numbered-stream.js';

export interface OrderValues {
  /** Sequence number of the last order; 0 if there is none. */
  last(): number;
  /** The value with this order; undefined after the last. Throws an `AlakazamError` if it is damaged, or missing. */
  valueOf(sequence: number): NumberedBlock | undefined;
  /** What values say of themselves, from the one with this order on, at most so many. */
  headers(sequence: number, limit: number): ArrivedBlock[];
  /** Sequence number from which on orders arrived since. Where a clock stepped back, some before it may have too, by the old clock. */
  firstSince(sinceMs: number): number;
  /** Puts a value behind the last one, in a transaction of the store. */
  put(block: NumberedBlock): void;
  /** Forgets all, in a transaction of the store. */
  clear(): void;
}

/** `touch` hears how many bytes were read. */
export function openOrderValues(store: LocalStore, touch: (bytes: number) => void): OrderValues {
  const orders = () => store.uncheckedTable('orders');
  const noteLast = (last: number) => store.table('meta').putSync('last', Buffer.from(String(last)));
  const keys = (range: Range) => store.read(() => Array.from(orders().getKeys(range)) as number[]);
  const unreadable = (key: number) => store.damaged(`the orders up to number ${key} can't be read`);
  const missing = (sequence: number) => store.damaged(`order number ${sequence} is missing`);

  function last(): number {
    const [found = 0] = keys({ reverse: true, limit: 1 });
    const noted = store.table('meta').find('last');
    if (noted && Number(noted) !== found) throw store.damaged(`it ends at order number ${found}, and at ${noted}`);
    return found;
  }

  function headerAt(key: number): ArrivedBlock {
    // Into a buffer that is used again: to make one for each value takes several times as long.
    const value = store.read(() => orders().getBinaryFast(key));
    const header = value && decodeHeader(value, key);
    if (!header) throw unreadable(key);
    touch(value.length);
    return { first: key - header.count + 1, ...header };
  }

  function headers(sequence: number, limit: number): ArrivedBlock[] {
    const found: ArrivedBlock[] = [];
    let next = sequence;
    for (const key of keys({ start: sequence, limit })) {
      const header = headerAt(key);
      if (header.first > next || key < next) throw missing(next);
      found.push(header);
      next = key + 1;
    }
    return found;
  }

  return {
    last,
    headers,
    valueOf(sequence) {
      for (const { key, value } of store.read(() => Array.from(orders().getRange({ start: sequence, limit: 1 })))) {
        const block = decodeBlock(value, key as number);
        if (!block) throw unreadable(key as number);
        const first = (key as number) - block.orders.count + 1;
        if (first > sequence || (key as number) < sequence) throw missing(sequence);
        touch(value.length);
        return { ...block, first };
      }
      if (sequence <= last()) throw missing(sequence);
      return undefined;
    },
    firstSince: (sinceMs) => firstSince(sinceMs, last(), (sequence) => headers(sequence, 1)[0] as ArrivedBlock),
    put(block) {
      const end = block.first + block.orders.count - 1;
      orders().putSync(end, encodeBlock(block, end));
      noteLast(end);
    },
    clear() {
      orders().clearSync();
      noteLast(0);
    },
  };
}

function firstSince(sinceMs: number, last: number, headerOf: (sequence: number) => ArrivedBlock): number {
  let [low, high] = [1, last + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const { first, count, arrivalMs } = headerOf(middle);
    if (arrivalMs >= sinceMs) high = middle;
    else low = first + count;
  }
  return low;
}
