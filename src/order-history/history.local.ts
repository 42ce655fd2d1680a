/**
 * The order history in LMDB, over the embedded stream: for each customer, where in the stream the orders stand. The orders
 * themselves are not written twice: that would double the disk, take most of the time, and touch pages all over a file that
 * grows with the stream.
 */

import type { LocalStore } from '../engines/lmdb/store.js';
import type { Order } from '../orders/order.js';
import { orderId } from '../orders/order.js';
import { filtered, GUEST, lineOf, type OrderBlock, orderOf, slice, startOf } from '../orders/order-block.js';
import { parseLine } from '../orders/order-line.js';
import type { LocalOrderStream, NumberedBlock } from '../stream/stream.local.js';
import { customersFrom, hashOf, keepRuns, type Run, runsOf } from './customer-index.local.js';
import type { OrderHistory } from './history.js';

const ORDERS_A_COMMIT = 32_768;

/** A customer's runs while a commit is made, and how many of them stand unchanged since the last. */
interface Pending {
  runs: Run[];
  kept: number;
  /** Lines of invoices that were met again, by the hash of their number: read once a commit, however many runs they come in. */
  readonly known: Map<number, Map<string, KnownLine>>;
}

interface KnownLine {
  readonly sequence: number;
  readonly line: string;
}

export const HISTORY_STORE = { tables: ['customers'], remedy: 'delete it: it is made again from the stream' };

export function openLocalHistory(store: LocalStore, stream: LocalOrderStream): OrderHistory {
  const customers = () => store.table('customers');
  const meta = () => store.table('meta');

  function checkpoint(): { next: number; epoch: number } {
    const kept = meta().get('checkpoint');
    return kept ? JSON.parse(kept.toString()) : { next: 1, epoch: 0 };
  }

  function keep(next: number, epoch: number): void {
    meta().putSync('checkpoint', Buffer.from(JSON.stringify({ next, epoch })));
  }

  /** Takes up blocks in one transaction, checkpoint included. */
  function take(blocks: NumberedBlock[]): void {
    if (blocks.length === 0) return;
    store.write(() => {
      const pending = new Map<number, Pending>();
      for (const { first, orders } of blocks) {
        // Another process may have come first: only what it has left is taken.
        const { next, epoch } = checkpoint();
        const end = first + orders.count;
        if (epoch !== stream.epoch() || next < first || next >= end) continue;
        takeOrders(pending, next, slice(orders, next - first, orders.count));
        keep(end, epoch);
      }
      for (const [customer, { runs, kept }] of pending) keepRuns(customers(), customer, runs, kept);
    });
  }

  function takeOrders(pending: Map<number, Pending>, first: number, orders: OrderBlock): void {
    for (let from = 0; from < orders.count; ) {
      const to = endOfRun(orders, from);
      const customer = orders.customers[from] as number;
      if (customer !== GUEST) {
        let of = pending.get(customer);
        if (!of) {
          const runs = runsOf(customers(), customer);
          of = { runs, kept: runs.length, known: new Map() };
          pending.set(customer, of);
        }
        takeRun(of, first, orders, from, to);
      }
      from = to;
    }
  }

  function takeRun(of: Pending, first: number, orders: OrderBlock, from: number, to: number): void {
    const invoiceHash = invoiceHashOf(orders, from);
    if (!of.runs.some((run) => run.invoiceHash === invoiceHash)) {
      of.runs.push({ first: first + from, count: to - from, invoiceHash });
      return;
    }
    const known = of.known.get(invoiceHash) ?? linesOf(of.runs, invoiceHash);
    of.known.set(invoiceHash, known);
    for (let i = from; i < to; i++) {
      const id = idOf(orders, i);
      const line = lineOf(orders, i);
      const before = known.get(id);
      if (before?.line === line) continue;
      if (before) drop(of, before.sequence);
      known.set(id, { sequence: first + i, line });
      append(of, { first: first + i, count: 1, invoiceHash });
    }
  }

  /** Adds an order as a run, or to the last one if it follows that. */
  function append(of: Pending, run: Run): void {
    const last = of.runs.at(-1);
    const follows = last?.invoiceHash === run.invoiceHash && last.first + last.count === run.first;
    if (last && follows && of.runs.length > of.kept) of.runs[of.runs.length - 1] = { ...last, count: last.count + 1 };
    else of.runs.push(run);
  }

  function linesOf(runs: readonly Run[], invoiceHash: number): Map<string, KnownLine> {
    const lines = new Map<string, KnownLine>();
    for (const run of runs) {
      if (run.invoiceHash !== invoiceHash) continue;
      const orders = stream.at(run.first, run.count);
      for (let i = 0; i < run.count; i++) {
        lines.set(idOf(orders, i), { sequence: run.first + i, line: lineOf(orders, i) });
      }
    }
    return lines;
  }

  /** Takes one order out of its run, which leaves up to two shorter ones. */
  function drop(of: Pending, sequence: number): void {
    const at = of.runs.findIndex(({ first, count }) => first <= sequence && sequence < first + count);
    const run = of.runs[at] as Run;
    const rest = [
      { ...run, count: sequence - run.first },
      { ...run, first: sequence + 1, count: run.first + run.count - sequence - 1 },
    ];
    of.runs.splice(at, 1, ...rest.filter(({ count }) => count > 0));
    of.kept = Math.min(of.kept, at);
  }

  /** Forgets all that came before the stream was emptied. */
  function restart(epoch: number): void {
    store.write(() => {
      customers().clearSync();
      keep(1, epoch);
    });
  }

  /** Whether order i of a block is in the history as this very line of the stream. */
  function isHeld(orders: OrderBlock, first: number, customer: number | undefined): (i: number) => boolean {
    const known = new Map<number, Run[]>();
    return (i) => {
      const of = orders.customers[i] as number;
      if (of === GUEST || (customer !== undefined && of !== customer)) return false;
      let runs = known.get(of);
      if (!runs) {
        runs = runsOf(customers(), of);
        known.set(of, runs);
      }
      return runs.some((run) => run.first <= first + i && first + i < run.first + run.count);
    };
  }

  /** Sequence number of the `count`-th order from the end, of those the history shows. */
  function lastHeld(count: number, customer: number | undefined): number {
    let left = count;
    if (left <= 0) return stream.last() + 1;
    for (const { first, orders } of stream.backwards()) {
      const held = isHeld(orders, first, customer);
      for (let i = orders.count - 1; i >= 0; i--) if (held(i) && --left === 0) return first + i;
    }
    return 1;
  }

  /** Sees what other processes have done since the last look. */
  function refresh(): void {
    stream.refresh();
    store.refresh();
  }

  const history: OrderHistory = {
    async update(signal) {
      refresh();
      const epoch = stream.epoch();
      if (checkpoint().epoch !== epoch) restart(epoch);
      const { next } = checkpoint();
      if (next > stream.last()) return;
      let blocks: NumberedBlock[] = [];
      let count = 0;
      for await (const block of stream.from(next)) {
        blocks.push(block);
        count += block.orders.count;
        if (count < ORDERS_A_COMMIT) continue;
        take(blocks);
        blocks = [];
        count = 0;
        if (signal?.aborted) return;
      }
      take(blocks);
    },
    async ordersOf(customer) {
      refresh();
      const found: { order: Order; sequence: number }[] = [];
      for (const { first, count } of runsOf(customers(), customer)) {
        const orders = stream.at(first, count);
        for (let i = 0; i < count; i++) found.push({ order: orderOf(orders, i), sequence: first + i });
      }
      return found
        .sort((a, b) => compare(a.order.orderDate, b.order.orderDate) || a.sequence - b.sequence)
        .map(({ order }) => order);
    },
    async order(id) {
      refresh();
      const hashes = new Set(invoicesIn(id).map((invoiceNo) => hashOf(Buffer.from(invoiceNo))));
      for (const customer of customersFrom(customers(), 0)) {
        for (const run of runsOf(customers(), customer)) {
          if (!hashes.has(run.invoiceHash)) continue;
          const orders = stream.at(run.first, run.count);
          for (let i = 0; i < run.count; i++) if (idOf(orders, i) === id) return orderOf(orders, i);
        }
      }
      return undefined;
    },
    async customersNear(customer, limit) {
      refresh();
      const near: number[] = [];
      for (const isUpTo of [true, false]) {
        let left = limit;
        for (const found of customersFrom(customers(), isUpTo ? customer : customer + 1, isUpTo)) {
          if (left-- <= 0) break;
          near.push(found);
        }
      }
      return near.sort((a, b) => Math.abs(a - customer) - Math.abs(b - customer)).slice(0, limit);
    },
    async *all() {
      refresh();
      for (const customer of customersFrom(customers(), 0)) {
        for (const { first, count } of runsOf(customers(), customer)) yield stream.at(first, count);
      }
    },
    async *tail({ from, customer, signal }) {
      await history.update(signal);
      let next = typeof from === 'object' && 'last' in from ? lastHeld(from.last, customer) : stream.sequenceOf(from);
      let begun = stream.epoch();
      for (;;) {
        const { next: end } = checkpoint();
        for await (const { first, arrivalMs, orders } of stream.from(next)) {
          // Beyond its checkpoint the history knows nothing of an order yet.
          const held = slice(orders, 0, Math.min(orders.count, end - first));
          next = first + held.count;
          if (held.count > 0) yield { arrivalMs, orders: filtered(held, isHeld(held, first, customer)) };
          if (signal?.aborted) return;
          stream.refresh();
          if (next >= end) break;
        }
        if (begun !== stream.epoch()) {
          begun = stream.epoch();
          next = 1;
        } else if (!signal || signal.aborted) return;
        else await stream.wait(signal);
        await history.update(signal);
      }
    },
    close: () => store.close(),
  };
  return history;
}

const COMMA = 44;
const QUOTE = 34;

/** Where the orders end that follow order `from` and are of its invoice and customer. */
function endOfRun({ count, customers, lines, ends }: OrderBlock, from: number): number {
  const start = startOf(ends, from);
  const isQuoted = lines[start] === QUOTE;
  const nameEnd = isQuoted ? (ends[from] as number) : lines.indexOf(COMMA, start) + 1;
  let to = from + 1;
  while (to < count && customers[to] === customers[from] && startsAlike(lines, start, nameEnd, ends[to - 1] as number))
    to++;
  return to;
}

/** Whether the bytes at `start`..`end` stand again at `other`. */
function startsAlike(bytes: Uint8Array, start: number, end: number, other: number): boolean {
  for (let i = start, j = other; i < end; i++, j++) if (bytes[i] !== bytes[j]) return false;
  return true;
}

function invoiceHashOf(orders: OrderBlock, i: number): number {
  const { lines, ends } = orders;
  const start = startOf(ends, i);
  if (lines[start] === QUOTE) return hashOf(Buffer.from(parseLine(lineOf(orders, i))[0]));
  return hashOf(lines, start, lines.indexOf(COMMA, start));
}

function idOf(orders: OrderBlock, i: number): string {
  const [invoiceNo, stockCode] = parseLine(lineOf(orders, i));
  return orderId(invoiceNo, stockCode, orders.occurrences[i] as number);
}

/** The invoices an order id may be of: either part of it may hold a hyphen. */
function invoicesIn(id: string): string[] {
  const names: string[] = [];
  for (let at = id.indexOf('-'); at >= 0; at = id.indexOf('-', at + 1)) names.push(id.slice(0, at));
  return names.length > 0 ? names : [id];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
