/**
 * Reconciliation: whether each view holds what the stream has, order by order and to the last digit of revenue. The views are
 * read first, then the stream once for all of them. No view's own bookkeeping is believed.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { createSum } from '../orders/money.js';
import type { Order } from '../orders/order.js';
import { GUEST, lineOf, type OrderBlock, orderIdOf, orderOf } from '../orders/order-block.js';
import { parseLine } from '../orders/order-line.js';
import type { Through, View } from '../stage.js';
import type { Bookmarks } from '../stream/bookmarks.js';
import type { OrderStream } from '../stream/stream.js';
import { counted } from '../terminal/numbers.js';
import { createFingerprints } from './fingerprints.js';

/** All counts are of orders up to where every view was brought; revenue is in pounds, as a decimal string. */
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
  /** Orders in the stream that the view need not hold yet and does not hold; only of a view that something else fills, or that could not be written. */
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
   * How far each view was brought, in their order. Others may stream on: orders that came later count nowhere, whether a view has
   * them already or not.
   */
  readonly through?: readonly Through[];
  /** Arrival time of the first order that is compared. */
  readonly sinceMs?: number;
}

/** Memory grows with the orders in the views, by eighteen to thirty-six bytes each. */
export async function reconcile(
  { stream, bookmarks, views }: Reconcilable,
  { signal, onProgress, through = [], sinceMs = 0 }: ReconcileOptions,
): Promise<Reconciliation> {
  const { throughMs, throughNext } = boundsOf(through);
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

  // The views can't hold what comes from now on. Who streams on would be read after for ever.
  const end = throughNext && stream.size?.();
  for await (const { first, arrivalMs, orders } of stream.read({ from: sinceMs > 0 ? { sinceMs } : 'first' })) {
    if (first !== undefined && end !== undefined && first > end) break;
    const isNumbered = first !== undefined && throughNext !== undefined;
    /** A view that could not be written need not hold what came after it was. */
    const dueUpTo = through.map(({ isBehind, next }) =>
      isBehind && isNumbered ? (next as number) - first : orders.count,
    );
    const held = views.map((view) => view.asHeld?.(orders) ?? orders);
    const isDue = views.map((view) => view.isDue?.(arrivalMs) ?? true);
    for (let i = 0; i < orders.count; i++) {
      const value = amountOf(orders, i);
      const isLater = isNumbered ? first + i >= throughNext : arrivalMs > throughMs;
      if (!isLater) {
        streamed++;
        if (orders.customers[i] === GUEST) guests++;
        revenue.add(value.quantity, value.price);
      }
      for (const [n, { tickOff }] of ledgers.entries()) {
        tickOff(held[n] as OrderBlock, i, value, {
          isLater,
          isDue: (isDue[n] as boolean) && i < (dueUpTo[n] ?? orders.count),
        });
      }
    }
    await count(orders.count);
    if (signal.aborted) break;
  }

  const closed = await Promise.all(ledgers.map(({ close }) => close(streamed, revenue.toString(), signal)));
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

/**
 * Up to where all views were brought, but for those that could not be written. Where the stream numbers its orders, the numbers
 * decide: orders that arrive while a clock stands still have one time.
 */
function boundsOf(through: readonly Through[]): {
  readonly throughMs: number;
  readonly throughNext: number | undefined;
} {
  const brought = through.filter(({ isBehind }) => !isBehind);
  const nexts = (brought.length > 0 ? brought : through).map(({ next }) => next);
  const isNumbered = nexts.length > 0 && nexts.every((next) => next !== undefined);
  return {
    throughMs: Math.min(...through.map(({ arrivalMs }) => arrivalMs)),
    throughNext: isNumbered ? (brought.length > 0 ? Math.min : Math.max)(...(nexts as number[])) : undefined,
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
  /** Orders that were not ticked off, by their ids: of each, a version that the view holds has to come later. */
  const open = new Map<string, OpenOrder[]>();

  function differ(what: string): void {
    if (differences.length < DIFFERENCES_MAX) differences.push(what);
  }

  function add(orders: OrderBlock, i: number, { quantity, price }: Amount): void {
    heldRevenue.add(quantity, price);
    if (!fingerprints.add(orders, i)) differ(`order ${orderIdOf(orders, i)} is in the ${key} twice`);
    held++;
  }

  function tickOff(
    orders: OrderBlock,
    i: number,
    { quantity, price }: Amount,
    { isLater, isDue }: ArrivalOfOrder,
  ): void {
    const isExpected = view.expects(orders, i);
    const found = isExpected ? fingerprints.mark(orders, i) : undefined;
    if ((found || !isExpected) && open.size > 0) settle(orderIdOf(orders, i), orders.customers[i] as number);
    if (isLater) {
      if (found !== 'first') return;
      held--;
      heldRevenue.add(-quantity, price);
      return;
    }
    if (found === 'first') return;
    otherRevenue.add(quantity, price);
    if (!isExpected) notExpected++;
    else if (found === 'again') repeated++;
    else if (!isDue) notDue++;
    else leaveOpen(orders, i);
  }

  /** Earlier versions of an order that was ticked off, or need not be, were rightly replaced. */
  function settle(orderId: string, customer: number): void {
    const versions = open.get(orderId);
    if (!versions) return;
    const others = versions.filter((each) => each.customer !== customer);
    for (const each of others) each.followers.add(customer);
    for (const each of versions) if (each.customer === customer) repeated += each.times;
    if (others.length > 0) open.set(orderId, others);
    else open.delete(orderId);
  }

  function leaveOpen(orders: OrderBlock, i: number): void {
    const order = orderOf(orders, i);
    const customer = orders.customers[i] as number;
    const versions = open.get(order.orderId) ?? [];
    const before = versions.find((each) => each.customer === customer);
    if (before) Object.assign(before, { times: before.times + 1, hash: hashOf(order), followers: new Set() });
    else versions.push({ customer, times: 1, hash: hashOf(order), followers: new Set() });
    open.set(order.orderId, versions);
  }

  /** Asks the view for what was never ticked off: it holds an older version, or the same since before, or does not hold it. */
  async function askFor(orderId: string, { customer, times, hash, followers }: OpenOrder): Promise<number> {
    const found = await view.find(orderId, customer);
    if (!found) {
      differ(`${nameOf(orderId, customer)} is in the stream and not in the ${key}`);
      return times;
    }
    repeated += times;
    const holder = found.customerId ?? GUEST;
    const isReplaced = holder !== customer && followers.has(holder);
    if (hashOf(found) !== hash && !isReplaced) {
      differ(`${nameOf(orderId, holder)} is in the ${key} as an older version than in the stream`);
    }
    return 0;
  }

  async function close(streamed: number, revenue: string, signal: AbortSignal) {
    let missed = 0;
    for (const [orderId, versions] of open) {
      for (const version of versions) missed += await askFor(orderId, version);
      if (signal.aborted) break;
    }
    const unmarked = fingerprints.unmarked();
    if (unmarked > 0) differ(`${counted(unmarked, 'order')} in the ${key} and not in the stream`);
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
    const counts = { held, repeated, notExpected, ...((view.isDue || notDue > 0) && { notDue }) };
    return { key, differences, result: { ...counts, revenue: heldRevenue.toString() } };
  }

  return { view, add, tickOff, close };
}

/** An order, all versions of which so far are not those that the view holds. */
interface OpenOrder {
  readonly customer: number;
  times: number;
  /** Of the latest version: to keep half a million orders would take much memory. */
  hash: number;
  /** Customers of whom a later order with the same id was ticked off. */
  followers: Set<number>;
}

function hashOf(order: Order): number {
  const fields = Object.keys(order).sort() as (keyof Order)[];
  return crc32(fields.map((field) => order[field]).join('\n'));
}

function nameOf(orderId: string, customer: number): string {
  return `order ${orderId} of ${customer === GUEST ? 'a guest' : `customer ${customer}`}`;
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
