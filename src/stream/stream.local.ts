/** The order stream in LMDB. One value holds up to 512 orders, because a put costs by the value and hardly by the byte. */
import { setTimeout as delay } from 'node:timers/promises';
import type { LocalStore } from '../engines/lmdb/store.js';
import { arrivalOf, decodeBlock, encodeBlock, type StoredBlock } from '../orders/codec.js';
import { filtered, joined, type OrderBlock, slice } from '../orders/order-block.js';
import type { SourcePosition } from '../sources/order-source.js';
import type { OrderStream, ReadOptions, SourceProgress, StreamStart } from './stream.js';

const ORDERS_A_VALUE = 512;
/** How often a reader that waits looks for more. */
const POLL_MS = 3;
/** The memory of the map is given back after this much was read or written. */
const UNMAP_BYTES = 32 * 2 ** 20;
/** This many blocks that this process put last are kept for its views, which read them at once. */
const RECENT_BYTES = 2 * 2 ** 20;

/** Orders as the embedded stream has them: numbered from 1, without a gap. */
export interface NumberedBlock extends StoredBlock {
  /** Sequence number of the first order. */
  readonly first: number;
}

export interface LocalOrderStream extends OrderStream {
  /** Sequence number of the last order, 0 for none. */
  last(): number;
  /** Sees what other processes have put since the last look. */
  refresh(): void;
  /** Changes when the stream is emptied. */
  epoch(): number;
  /** Orders from a sequence number to the last there is. */
  from(sequence: number): AsyncIterable<NumberedBlock>;
  /** `count` orders from a sequence number on. */
  at(sequence: number, count: number): OrderBlock;
  /** Sequence number where reading from `start` begins. */
  sequenceOf(start: StreamStart, customer?: number): number;
  size(): { readonly orders: number; readonly rejected: number };
  /** Empties the stream, and with it every view: each sees that the epoch has changed. */
  clear(): void;
  /** Blocks from the last to the first. */
  backwards(): Iterable<NumberedBlock>;
  /** Resolves when there may be more to read, or when `signal` says stop. */
  wait(signal: AbortSignal): Promise<void>;
}

export const STREAM_STORE = {
  tables: ['orders', 'sources', 'rejected'],
  remedy: 'move it away and stream the orders again, or restore it from a backup',
};

export function openLocalStream(store: LocalStore, clock: () => number): LocalOrderStream {
  let recent: NumberedBlock[] = [];
  let recentEpoch = 0;
  let touchedBytes = 0;

  const orders = () => store.table('orders');
  const sources = () => store.table('sources');
  const rejections = () => store.table('rejected');
  const meta = () => store.table('meta');

  /** A value's key is the sequence number of its last order, so that the first key from n on holds order n. */
  function last(): number {
    for (const key of orders().getKeys({ reverse: true, limit: 1 })) return key as number;
    return 0;
  }

  function epoch(): number {
    return Number(meta().get('epoch')?.toString() ?? 0);
  }

  function stored(key: number, value: Buffer): NumberedBlock {
    const block = decodeBlock(value);
    if (!block) throw store.damaged(`the orders up to number ${key} can't be read`);
    touchedBytes += value.length;
    return { ...block, first: key - block.orders.count + 1 };
  }

  function blockOf(sequence: number): NumberedBlock | undefined {
    forgetEmptied();
    const held = recent.find(({ first, orders: { count } }) => first <= sequence && sequence < first + count);
    if (held) return held;
    for (const { key, value } of orders().getRange({ start: sequence, limit: 1 })) return stored(key as number, value);
    return undefined;
  }

  function giveBack(): void {
    if (touchedBytes < UNMAP_BYTES) return;
    touchedBytes = 0;
    store.unmap();
  }

  function forgetEmptied(): void {
    if (recentEpoch !== epoch()) recent = [];
    recentEpoch = epoch();
  }

  function remember(block: NumberedBlock): void {
    forgetEmptied();
    recent.push(block);
    let bytes = 0;
    for (const { orders: held } of recent) bytes += held.lines.length;
    while (bytes > RECENT_BYTES && recent.length > 1) bytes -= recent.shift()?.orders.lines.length ?? 0;
  }

  function keepProgress(progress: SourceProgress): void {
    const { sourceId, source, position, invoices, rejected, isRestart, isNewPass } = progress;
    if (isNewPass) forget(sources(), sourceId);
    if (isRestart) for (const table of [sources(), rejections()]) forget(table, sourceId);
    sources().putSync([sourceId], Buffer.from(JSON.stringify({ source, position })));
    for (const [invoiceNo, codes] of invoices) sources().putSync([sourceId, invoiceNo], Buffer.from(codes.join('\n')));
    for (const { line, reason, text } of rejected) {
      rejections().putSync([sourceId, line], Buffer.from(JSON.stringify({ source, line, reason, text })));
    }
  }

  function forget(table: ReturnType<typeof sources>, sourceId: string): void {
    for (const key of [...table.getKeys({ start: [sourceId], end: [sourceId, END] })]) table.removeSync(key);
  }

  function positionOf(sourceId: string): SourcePosition | undefined {
    const kept = sources().get([sourceId]);
    return kept && (JSON.parse(kept.toString()) as { position: SourcePosition }).position;
  }

  function sequenceOf(start: StreamStart, customer?: number): number {
    if (start === 'first') return 1;
    if (start === 'next') return last() + 1;
    return 'last' in start ? lastOrders(start.last, customer) : arrivedSince(start.sinceMs);
  }

  function lastOrders(count: number, customer?: number): number {
    if (count <= 0) return last() + 1;
    if (customer === undefined) return Math.max(1, last() - count + 1);
    let left = count;
    for (const { first, orders: block } of backwards()) {
      for (let i = block.count - 1; i >= 0; i--) if (block.customers[i] === customer && --left === 0) return first + i;
    }
    return 1;
  }

  function* backwards(): Generator<NumberedBlock> {
    for (let end = last(); end > 0; ) {
      const block = blockOf(end) as NumberedBlock;
      yield block;
      giveBack();
      end = block.first - 1;
    }
  }

  /** Arrival times never fall, so halving finds the first. */
  function arrivedSince(sinceMs: number): number {
    let low = 1;
    let high = last() + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      for (const { key, value } of orders().getRange({ start: middle, limit: 1 })) {
        if (arrivalOf(value) >= sinceMs) high = middle;
        else low = (key as number) + 1;
      }
    }
    return low;
  }

  async function* from(sequence: number): AsyncGenerator<NumberedBlock> {
    const begun = epoch();
    for (let next = sequence; ; ) {
      const block = blockOf(next);
      if (!block || epoch() !== begun) return;
      const skip = next - block.first;
      next = block.first + block.orders.count;
      yield { ...block, first: block.first + skip, orders: slice(block.orders, skip, block.orders.count) };
      giveBack();
    }
  }

  const stream: LocalOrderStream = {
    last,
    refresh: () => store.refresh(),
    epoch,
    from,
    sequenceOf,
    backwards,
    size: () => ({ orders: last(), rejected: [...rejections().getKeys()].length }),
    clear() {
      store.write(() => {
        const next = epoch() + 1;
        for (const table of [orders(), sources(), rejections()]) table.clearSync();
        meta().putSync('epoch', Buffer.from(String(next)));
      });
    },
    at(sequence, count) {
      const parts: OrderBlock[] = [];
      const end = sequence + count;
      for (let next = sequence; next < end; ) {
        const block = blockOf(next);
        if (!block || block.first > next) throw store.damaged(`order number ${next} is missing`);
        const last = Math.min(block.first + block.orders.count, end);
        parts.push(slice(block.orders, next - block.first, last - block.first));
        next = last;
      }
      return joined(parts);
    },
    async wait(signal) {
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
      store.refresh();
    },
    async put(block, progress) {
      const arrivalMs = clock();
      let isPut = false;
      const put = store.write(() => {
        const kept = positionOf(progress.sourceId);
        if (!progress.isRestart && JSON.stringify(kept) !== JSON.stringify(progress.from)) return [];
        const before = last();
        const held = before > 0 ? orders().get(before) : undefined;
        const takenMs = Math.max(arrivalMs, held ? arrivalOf(held) : 0);
        const blocks: NumberedBlock[] = [];
        for (let at = 0; at < block.count; at += ORDERS_A_VALUE) {
          const part = slice(block, at, Math.min(at + ORDERS_A_VALUE, block.count));
          const numbered = { first: before + at + 1, arrivalMs: takenMs, orders: part };
          orders().putSync(before + at + part.count, encodeBlock(numbered));
          blocks.push(numbered);
        }
        keepProgress(progress);
        isPut = true;
        return blocks;
      });
      for (const numbered of put) remember(numbered);
      touchedBytes += block.lines.length;
      giveBack();
      return isPut;
    },
    async *read({ from: start, customer, signal }: ReadOptions) {
      store.refresh();
      let next = sequenceOf(start, customer);
      let begun = epoch();
      for (;;) {
        for await (const { first, arrivalMs, orders: block } of from(next)) {
          next = first + block.count;
          const wanted = customer === undefined ? block : filtered(block, (i) => block.customers[i] === customer);
          yield { arrivalMs, orders: wanted };
          if (signal?.aborted) return;
          store.refresh();
        }
        if (begun !== epoch()) {
          begun = epoch();
          next = 1;
          continue;
        }
        if (!signal || signal.aborted) return;
        await stream.wait(signal);
      }
    },
    heldSinceMs: async () => 0,
    async positionOf(sourceId) {
      store.refresh();
      return positionOf(sourceId);
    },
    codesOf: (sourceId, invoiceNo) => sources().get([sourceId, invoiceNo])?.toString().split('\n'),
    forget: async (sourceId) => store.write(() => forget(sources(), sourceId)),
    async *rejected() {
      store.refresh();
      for (const { value } of [...rejections().getRange()]) yield JSON.parse(value.toString());
    },
    close: () => store.close(),
  };
  return stream;
}

/** Sorts behind every invoice number. */
const END = '\u{10ffff}';
