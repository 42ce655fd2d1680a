/** Reconciliation: whether what the history holds is what the stream took, order by order and to the last tenth of a penny. */

import type { OrderHistory } from '../order-history/history.js';
import { createSum, type Sum } from '../orders/money.js';
import { orderId } from '../orders/order.js';
import { GUEST, lineOf, type OrderBlock } from '../orders/order-block.js';
import { parseLine } from '../orders/order-line.js';
import type { OrderStream } from '../stream/stream.js';
import { createFingerprints } from './fingerprints.js';

export interface Reconciliation {
  readonly pass: boolean;
  /** Orders in the stream. */
  readonly streamed: number;
  /** Lines of the sources that were not orders. */
  readonly rejected: number;
  /** Orders in the stream without a customer. */
  readonly guests: number;
  /** Orders in the history. */
  readonly history: number;
  /** Orders in the stream whose id had come before, or came again with other contents. */
  readonly repeated: number;
  /** Pounds, as decimal strings. */
  readonly revenue: { readonly stream: string; readonly history: string };
  /** What does not agree, for people; at most `DIFFERENCES_MAX` orders are named. */
  readonly differences: readonly string[];
}

const DIFFERENCES_MAX = 10;

export interface ReconcileOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (read: number) => void;
  /**
   * Arrival time of the last order that the history was brought up to. Others may stream on meanwhile: what arrived after it
   * counts where the history has it, and is passed over where it has it not yet.
   */
  readonly throughMs?: number;
  /** Arrival time of the first order that is looked at. */
  readonly sinceMs?: number;
}

/** Reads all of the history, then all of the stream. Memory grows with the orders in the history, by sixteen bytes each. */
export async function reconcile(
  stream: OrderStream,
  history: OrderHistory,
  { signal, onProgress, throughMs = Number.POSITIVE_INFINITY, sinceMs = 0 }: ReconcileOptions,
): Promise<Reconciliation> {
  const held = createFingerprints();
  const historyRevenue = createSum();
  const streamRevenue = createSum();
  /** Of orders that the history rightly holds once, or not at all. */
  const otherRevenue = createSum();
  const differences: string[] = [];
  let kept = 0;
  let streamed = 0;
  let guests = 0;
  let repeated = 0;
  let missing = 0;
  let read = 0;

  for await (const orders of history.all(sinceMs)) {
    for (let i = 0; i < orders.count; i++) {
      addTo(historyRevenue, orders, i);
      if (!held.add(orders, i)) differ(`order ${idOf(orders, i)} is in the history twice`);
      kept++;
    }
    read += orders.count;
    onProgress(read);
    if (signal.aborted) break;
  }

  for await (const { arrivalMs, orders } of stream.read({ from: sinceMs > 0 ? { sinceMs } : 'first' })) {
    const isLater = arrivalMs > throughMs;
    for (let i = 0; i < orders.count; i++) {
      const found = orders.customers[i] === GUEST ? undefined : held.mark(orders, i);
      if (isLater && found !== 'first') continue;
      const { quantity, price } = addTo(streamRevenue, orders, i);
      streamed++;
      if (orders.customers[i] === GUEST) {
        guests++;
        otherRevenue.add(quantity, price);
        continue;
      }
      if (found === 'first') continue;
      otherRevenue.add(quantity, price);
      // Not there as it stands in the stream: replaced by a later one of the same id, or lost.
      if (found === 'again' || (await history.order(idOf(orders, i)))?.customerId === orders.customers[i]) repeated++;
      else {
        missing++;
        differ(`order ${idOf(orders, i)} of customer ${orders.customers[i]} is in the stream and not in the history`);
      }
    }
    read += orders.count;
    onProgress(read);
    if (signal.aborted) break;
  }

  let rejected = 0;
  for await (const _ of stream.rejected()) rejected++;
  const unmarked = held.unmarked();
  if (unmarked > 0) differ(`${unmarked} orders are in the history and not in the stream`);
  if (missing > DIFFERENCES_MAX) differences.push(`${missing} orders in all are missing from the history`);
  const expected = createSum();
  expected.add(1, historyRevenue.toString());
  expected.add(1, otherRevenue.toString());
  if (expected.toString() !== streamRevenue.toString()) {
    differences.push(
      `revenue: ${streamRevenue} in the stream; ${historyRevenue} in the history and ${otherRevenue} of guests and repeated orders`,
    );
  }
  if (signal.aborted) differences.push('interrupted before everything was read');

  function differ(what: string): void {
    if (differences.length < DIFFERENCES_MAX) differences.push(what);
  }

  return {
    pass: differences.length === 0 && streamed === kept + guests + repeated,
    streamed,
    rejected,
    guests,
    history: kept,
    repeated,
    revenue: { stream: streamRevenue.toString(), history: historyRevenue.toString() },
    differences,
  };
}

function addTo(sum: Sum, orders: OrderBlock, i: number): { quantity: number; price: string } {
  const fields = parseLine(lineOf(orders, i));
  const quantity = Number(fields[3]);
  sum.add(quantity, fields[5]);
  return { quantity, price: fields[5] };
}

function idOf(orders: OrderBlock, i: number): string {
  const [invoiceNo, stockCode] = parseLine(lineOf(orders, i));
  return orderId(invoiceNo, stockCode, orders.occurrences[i] as number);
}
