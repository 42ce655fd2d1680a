/**
 * Reconciliation: whether each view holds what the stream has, order by order and to the last digit of revenue. The views are
 * read first, then the stream once for all of them. No view's own bookkeeping is believed.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createSum } from '../orders/money.js';
import type { Order } from '../orders/order.js';
import { GUEST, lineOf, type OrderBlock, orderIdOf, orderOf } from '../orders/order-block.js';
import { parseLine } from '../orders/order-line.js';
import type { View } from '../stage.js';
import type { Bookmarks } from '../stream/bookmarks.js';
import type { OrderStream } from '../stream/stream.js';
import { counted } from '../terminal/numbers.js';
import { createFingerprints } from './fingerprints.js';

/** All counts are of orders that arrived up to `throughMs`; revenue is in pounds, as a decimal string. */
export interface Reconciliation {
  readonly pass: boolean;
  /** Orders in the stream. */
  readonly streamed: number;
  /** Lines of the sources that were not orders. */
  readonly rejected: number;
  /** Orders in the stream without a customer. */
  readonly guests: number;
  /** Of the stream. */
  readonly revenue: string;
  /** By the key of the view; `held + repeated + notExpected + notDue` is `streamed`. */
  readonly views: Readonly<Record<string, ViewReconciliation>>;
  /** What does not agree, for people; at most `DIFFERENCES_MAX` orders of a view are named. */
  readonly differences: readonly string[];
}

export interface ViewReconciliation {
  /** Orders in the view. */
  readonly held: number;
  /** Orders in the stream that the view rightly holds once: they came before, or came again with other contents. */
  readonly repeated: number;
  /** Orders in the stream that do not belong in the view. */
  readonly notExpected: number;
  /** Orders in the stream that the view need not hold yet and does not hold; only of a view that something else fills. */
  readonly notDue?: number;
  /** Of the orders in the view. */
  readonly revenue: string;
}

const DIFFERENCES_MAX = 10;
/** The event loop gets a turn after this many orders, so that a signal is heard. */
const ORDERS_A_TURN = 20_000;

export interface Reconcilable {
  readonly stream: Pick<OrderStream, 'read' | 'size'>;
  readonly bookmarks: Pick<Bookmarks, 'rejectedCount'>;
  readonly views: readonly Pick<View, 'key' | 'all' | 'asHeld' | 'expects' | 'find' | 'isDue'>[];
}

export interface ReconcileOptions {
  readonly signal: AbortSignal;
  /** Hears how many orders were read, of how many at most in the views and the stream together, if the stream knows its size. */
  readonly onProgress: (read: number, most: number | undefined) => void;
  /**
   * Arrival time up to which every view was brought. Others may stream on: orders that arrived later count nowhere, whether
   * a view has them already or not.
   */
  readonly throughMs?: number;
  /** Arrival time of the first order that is compared. */
  readonly sinceMs?: number;
}

/** Memory grows with the orders in the views, by eighteen to thirty-six bytes each. */
export async function reconcile(
  { stream, bookmarks, views }: Reconcilable,
  { signal, onProgress, throughMs = Number.POSITIVE_INFINITY, sinceMs = 0 }: ReconcileOptions,
): Promise<Reconciliation> {
  const ledgers = views.map((view) => openLedger(view));
  const revenue = createSum();
  let streamed = 0;
  let guests = 0;
  const size = stream.size?.();
  // A view holds no more orders than the stream. How many fewer shows when it was read.
  let most = (size ?? 0) * (views.length + 1);
  const count = counter((read) => onProgress(read, size === undefined ? undefined : Math.max(read, most)));

  for (const { view, add } of ledgers) {
    let held = 0;
    for await (const orders of view.all(sinceMs, signal)) {
      for (let i = 0; i < orders.count; i++) add(orders, i, amountOf(orders, i));
      held += orders.count;
      await count(orders.count);
      if (signal.aborted) break;
    }
    most -= (size ?? 0) - held;
  }

  for await (const { arrivalMs, orders } of stream.read({ from: sinceMs > 0 ? { sinceMs } : 'first' })) {
    const isLater = arrivalMs > throughMs;
    const held = views.map((view) => view.asHeld?.(orders) ?? orders);
    const isDue = views.map((view) => view.isDue?.(arrivalMs) ?? true);
    for (let i = 0; i < orders.count; i++) {
      const value = amountOf(orders, i);
      if (!isLater) {
        streamed++;
        if (orders.customers[i] === GUEST) guests++;
        revenue.add(value.quantity, value.price);
      }
      for (const [n, { tickOff }] of ledgers.entries()) {
        const lookUp = tickOff(held[n] as OrderBlock, i, value, { isLater, isDue: isDue[n] as boolean });
        // Hardly any order needs one, and to wait half a million times for nothing takes long.
        if (lookUp) await lookUp;
      }
    }
    await count(orders.count);
    if (signal.aborted) break;
  }

  const closed = ledgers.map(({ close }) => close(streamed, revenue.toString()));
  const differences = closed.flatMap((ledger) => ledger.differences);
  if (signal.aborted) differences.push('interrupted before everything was read');
  return {
    pass: differences.length === 0,
    streamed,
    rejected: await bookmarks.rejectedCount(),
    guests,
    revenue: revenue.toString(),
    views: Object.fromEntries(closed.map(({ key, result }) => [key, result])),
    differences,
  };
}

/** The account of one view: what it holds, of which each order of the stream ticks off one. */
function openLedger(view: Reconcilable['views'][number]) {
  const { key } = view;
  const fingerprints = createFingerprints();
  const heldRevenue = createSum();
  /** Of orders that the view rightly holds once, or not at all. */
  const otherRevenue = createSum();
  const differences: string[] = [];
  let held = 0;
  let notExpected = 0;
  let notDue = 0;
  let repeated = 0;
  /** Orders of which the view holds another version: that version has to come later in the stream. */
  const replaced = new Set<string>();
  /** Orders that the view doesn't hold, and how often each came: a version that isn't expected has to come later. */
  const missing = new Map<string, number>();

  function differ(what: string): void {
    if (differences.length < DIFFERENCES_MAX) differences.push(what);
  }

  function add(orders: OrderBlock, i: number, { quantity, price }: Amount): void {
    heldRevenue.add(quantity, price);
    if (!fingerprints.add(orders, i)) differ(`order ${orderIdOf(orders, i)} is in the ${key} twice`);
    held++;
  }

  /** Gives a promise where the view has to be asked. */
  function tickOff(
    orders: OrderBlock,
    i: number,
    value: Amount,
    { isLater, isDue }: ArrivalOfOrder,
  ): Promise<void> | undefined {
    const { quantity, price } = value;
    const isExpected = view.expects(orders, i);
    const found = isExpected ? fingerprints.mark(orders, i) : undefined;
    // The order that has replaced earlier ones of its id.
    if (found && replaced.size > 0) replaced.delete(nameOf(orderOf(orders, i)));
    if (!isExpected && missing.size > 0) {
      const order = nameOf(orderOf(orders, i));
      repeated += missing.get(order) ?? 0;
      missing.delete(order);
    }
    if (isLater) {
      if (found !== 'first') return undefined;
      held--;
      heldRevenue.add(-quantity, price);
      return undefined;
    }
    if (found === 'first') return undefined;
    otherRevenue.add(quantity, price);
    if (!isExpected) notExpected++;
    else if (found === 'again') repeated++;
    else if (!isDue) notDue++;
    else return lookUp(orders, i);
    return undefined;
  }

  /** An order that was not ticked off: the view holds another version of it, or the same since before, or doesn't hold it. */
  async function lookUp(orders: OrderBlock, i: number): Promise<void> {
    const order = orderOf(orders, i);
    const found = await view.find(order.orderId, orders.customers[i] as number);
    if (!found) missing.set(nameOf(order), (missing.get(nameOf(order)) ?? 0) + 1);
    else {
      repeated++;
      if (isSame(found, order)) replaced.delete(nameOf(order));
      else replaced.add(nameOf(found));
    }
  }

  function close(streamed: number, revenue: string) {
    for (const order of missing.keys()) differ(`${order} is in the stream and not in the ${key}`);
    for (const order of replaced) differ(`${order} is in the ${key} as an older version than in the stream`);
    const unmarked = fingerprints.unmarked();
    if (unmarked > 0) differ(`${counted(unmarked, 'order')} in the ${key} and not in the stream`);
    const missed = [...missing.values()].reduce((sum, times) => sum + times, 0);
    if (missed > DIFFERENCES_MAX) differences.push(`${missed} orders in all are missing from the ${key}`);
    const expected = createSum();
    expected.add(1, heldRevenue.toString());
    expected.add(1, otherRevenue.toString());
    if (expected.toString() !== revenue) {
      differences.push(
        `revenue: ${revenue} in the stream; ${heldRevenue} in the ${key} and ${otherRevenue} of guests and repeated orders`,
      );
    }
    if (differences.length === 0 && held + repeated + notExpected + notDue !== streamed) {
      differences.push(
        `${counted(streamed, 'order')} in the stream; ${held} + ${repeated} + ${notExpected} + ${notDue} in the ${key} or not due`,
      );
    }
    const counts = { held, repeated, notExpected, ...(view.isDue && { notDue }) };
    return { key, differences, result: { ...counts, revenue: heldRevenue.toString() } };
  }

  return { view, add, tickOff, close };
}

function isSame(a: Order, b: Order): boolean {
  return (Object.keys(a) as (keyof Order)[]).every((field) => a[field] === b[field]);
}

function nameOf({ orderId, customerId }: Order): string {
  return `order ${orderId} of ${customerId === null ? 'a guest' : `customer ${customerId}`}`;
}

interface ArrivalOfOrder {
  /** The order arrived after the views were brought up to date. */
  readonly isLater: boolean;
  /** See `View`. */
  readonly isDue: boolean;
}

interface Amount {
  readonly quantity: number;
  readonly price: string;
}

function amountOf(orders: OrderBlock, i: number): Amount {
  const line = lineOf(orders, i);
  if (line.includes('"')) {
    const [, , , quantity, , price] = parseLine(line);
    return { quantity: Number(quantity), price };
  }
  // Hardly a line has a quote, and to split all of it for two fields takes several times as long.
  const comma = (from: number) => line.indexOf(',', from);
  const start = comma(comma(comma(0) + 1) + 1) + 1;
  const end = comma(start);
  const priceStart = comma(end + 1) + 1;
  return { quantity: Number(line.slice(start, end)), price: line.slice(priceStart, comma(priceStart)) };
}

/** Counts what was read, says so, and lets the event loop turn now and then. */
function counter(onProgress: (read: number) => void): (orders: number) => Promise<void> {
  let read = 0;
  let sinceTurn = 0;
  return async (orders) => {
    read += orders;
    sinceTurn += orders;
    onProgress(read);
    if (sinceTurn < ORDERS_A_TURN) return;
    sinceTurn = 0;
    await nextTurn();
  };
}
