/** Orders for tests of the stream and the history. */
import { onTestFinished } from 'vitest';
import type { OrderHistory } from '../../src/order-history/history.js';
import { createBlockBuilder } from '../../src/orders/block-builder.js';
import type { Order } from '../../src/orders/order.js';
import { GUEST, type OrderBlock, orderOf } from '../../src/orders/order-block.js';
import { formatLine } from '../../src/orders/order-line.js';
import type { SourcePosition } from '../../src/sources/order-source.js';
import type { SourceProgress } from '../../src/stream/bookmarks.js';
import type { OrderStream, StreamBlock } from '../../src/stream/stream.js';

export interface Line {
  readonly invoiceNo?: string;
  readonly stockCode?: string;
  readonly description?: string;
  readonly quantity?: number;
  /** As the source writes it. */
  readonly date?: string;
  readonly unitPrice?: string;
  readonly customer?: number;
  readonly country?: string;
  readonly occurrence?: number;
}

/** A block of these lines; what a line leaves out is ordinary. */
export function blockOf(lines: readonly Line[]): OrderBlock {
  const builder = createBlockBuilder();
  for (const { invoiceNo = '536365', stockCode = '85123A', customer = 17850, occurrence = 1, ...rest } of lines) {
    const { description = 'MUG, LARGE', quantity = 1, date = '12/1/2010 8:26', unitPrice = '2.55' } = rest;
    const id = customer === GUEST ? '' : String(customer);
    const fields = [invoiceNo, stockCode, description, String(quantity), date, unitPrice, id, rest.country ?? 'EIRE'];
    builder.add(formatLine(fields), customer, occurrence);
  }
  return builder.take();
}

/** `count` lines of invoices of three lines each, from the n-th on, for customers 1 to 5. */
export function manyLines(count: number, from = 0): Line[] {
  return Array.from({ length: count }, (_, i) => {
    const n = from + i;
    const invoice = Math.floor(n / 3);
    return { invoiceNo: `${600_000 + invoice}`, stockCode: `P${n % 3}`, customer: 1 + (invoice % 5), quantity: 1 + n };
  });
}

/** Progress of a source called `source` from one position to the next. */
export function progress(
  from: SourcePosition | undefined,
  position: SourcePosition,
  more: Partial<SourceProgress> = {},
): SourceProgress {
  return {
    sourceId: 'source',
    source: 'orders.csv',
    from,
    position,
    isRestart: false,
    invoices: new Map(),
    rejected: [],
    ...more,
  };
}

/** Puts batches one after the other, as a source that is read from its beginning. */
export function putter(stream: OrderStream, sourceId = 'source') {
  let at = 0;
  return async (lines: readonly Line[]): Promise<void> => {
    const from = at === 0 ? undefined : { at };
    at++;
    const isPut = await stream.put(blockOf(lines), progress(from, { at }, { sourceId }));
    if (!isPut) throw new Error('nothing was put');
  };
}

export function ordersIn(blocks: readonly OrderBlock[]): Order[] {
  return blocks.flatMap((block) => Array.from({ length: block.count }, (_, i) => orderOf(block, i)));
}

/** Every order that comes before the end. */
export async function collect(blocks: AsyncIterable<StreamBlock>): Promise<Order[]> {
  const found: OrderBlock[] = [];
  for await (const { orders } of blocks) found.push(orders);
  return ordersIn(found);
}

export async function collectAll(history: OrderHistory): Promise<Order[]> {
  const found: OrderBlock[] = [];
  for await (const block of history.all()) found.push(block);
  return ordersIn(found);
}

export const idsOf = (orders: readonly Order[]): string[] => orders.map(({ orderId }) => orderId);

/** The ids of each customer's orders, in the order they came. */
export function byCustomer(orders: readonly Order[]): Map<number | null, string[]> {
  const found = new Map<number | null, string[]>();
  for (const { customerId, orderId } of orders) found.set(customerId, [...(found.get(customerId) ?? []), orderId]);
  return found;
}

export interface Follower {
  readonly orders: Order[];
  /** Resolves when it has seen this many. */
  until(count: number): Promise<void>;
  /** Stops it and resolves when it has ended. */
  stop(): Promise<Order[]>;
}

/** Follows what `read` gives until it is stopped. */
export function follow(read: (signal: AbortSignal) => AsyncIterable<StreamBlock>): Follower {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const orders: Order[] = [];
  let wake = () => {};
  let failure: unknown;
  const ended = (async () => {
    for await (const block of read(stop.signal)) {
      orders.push(...ordersIn([block.orders]));
      wake();
    }
  })().catch((error: unknown) => {
    failure = error;
    wake();
  });
  return {
    orders,
    async until(count) {
      while (orders.length < count) {
        if (failure) throw failure;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    async stop() {
      stop.abort();
      await ended;
      if (failure) throw failure;
      return orders;
    },
  };
}
