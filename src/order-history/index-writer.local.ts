/** Writes the customer index: adds orders of the stream to the runs of their customers. */
import type { LocalStore } from '../engines/lmdb/store.js';
import { GUEST, lineOf, type OrderBlock, orderIdOf, startOf } from '../orders/order-block.js';
import { parseLine } from '../orders/order-line.js';
import type { NumberedStream } from '../stream/numbered-stream.js';
import { hashOf, indexOfRun, keepRuns, type Run, runsOf } from './customer-index.local.js';

/** A customer's runs during one transaction, and where there are many, from one to the next. */
interface Customer {
  runs: Run[];
  /** Number of runs, from the first, that have not changed since the last commit. */
  unchanged: number;
  /** Orders that a later version has replaced in this transaction, and that the runs still have. */
  readonly dropped: Set<number>;
  /** Runs by the hash of the invoice, where there are so many that to look through all takes long. */
  byInvoice: Map<number, Run[]> | undefined;
  /** Lines of invoices that have got further orders, by the hash of the invoice. */
  readonly invoices: Map<number, Map<string, KnownLine>>;
}

interface KnownLine {
  readonly sequence: number;
  readonly line: string;
}

/** Customers with more runs, or known lines, stay in memory between transactions. */
const SMALL = 64;
/** So many runs and lines stay in memory at most, of all customers. */
const KEPT_MAX = 500_000;

export interface IndexWriter {
  /** Begins a transaction at a sequence number. Unless this writer wrote all orders before it, it remembers nothing. */
  begin(next: number): void;
  /** Adds orders, of which the first has the sequence number `first`. */
  add(first: number, orders: OrderBlock): void;
  /** Writes every customer that has changed. */
  write(): void;
  /** The transaction is durable, up to before this number. */
  committed(next: number): void;
}

/** Serves one transaction of the store after the other. */
export function createIndexWriter(store: LocalStore, stream: NumberedStream): IndexWriter {
  const changed = new Map<number, Customer>();
  const large = new Map<number, Customer>();
  let position: string | undefined;

  function customerOf(id: number): Customer {
    let customer = changed.get(id);
    if (!customer) {
      customer = large.get(id) ?? customerWith(runsOf(store.table('customers'), id));
      changed.set(id, customer);
    }
    return customer;
  }

  function addRun(customer: Customer, first: number, orders: OrderBlock, from: number, to: number): void {
    const invoiceHash = invoiceHashOf(orders, from);
    const runs = runsOfInvoice(customer, invoiceHash);
    if (runs.length === 0) {
      const run = { first: first + from, count: to - from, invoiceHash };
      customer.runs.push(run);
      customer.byInvoice?.set(invoiceHash, [run]);
      return;
    }
    const known = customer.invoices.get(invoiceHash) ?? linesOf(runs);
    customer.invoices.set(invoiceHash, known);
    for (let i = from; i < to; i++) {
      const id = orderIdOf(orders, i);
      const line = lineOf(orders, i);
      const before = known.get(id);
      if (before?.line === line) continue;
      if (before) drop(customer, before.sequence);
      known.set(id, { sequence: first + i, line });
      append(customer, { first: first + i, count: 1, invoiceHash });
    }
  }

  /** The lines of an invoice so far, by order id. */
  function linesOf(runs: readonly Run[]): Map<string, KnownLine> {
    const lines = new Map<string, KnownLine>();
    for (const { first, count } of runs) {
      const orders = stream.at(first, count);
      for (let i = 0; i < count; i++) {
        lines.set(orderIdOf(orders, i), { sequence: first + i, line: lineOf(orders, i) });
      }
    }
    return lines;
  }

  function keepLarge(): void {
    let size = 0;
    for (const [id, customer] of changed) if (sizeOf(customer) > SMALL) large.set(id, customer);
    for (const customer of large.values()) size += sizeOf(customer);
    if (size > KEPT_MAX) large.clear();
  }

  return {
    begin(next) {
      if (position !== `${stream.identity()} ${next}`) large.clear();
      // Until it is durable, nobody knows what is stored.
      position = undefined;
      changed.clear();
    },
    add(first, orders) {
      for (let from = 0; from < orders.count; ) {
        const to = endOfRun(orders, from);
        const id = orders.customers[from] as number;
        if (id !== GUEST) addRun(customerOf(id), first, orders, from, to);
        from = to;
      }
    },
    write() {
      for (const [id, customer] of changed) {
        removeDropped(customer);
        keepRuns(store.table('customers'), id, customer.runs, customer.unchanged);
        customer.unchanged = customer.runs.length;
      }
      keepLarge();
      changed.clear();
    },
    committed(next) {
      position = `${stream.identity()} ${next}`;
    },
  };
}

function customerWith(runs: Run[]): Customer {
  return { runs, unchanged: runs.length, dropped: new Set(), byInvoice: undefined, invoices: new Map() };
}

function sizeOf({ runs, invoices }: Customer): number {
  let size = runs.length;
  for (const lines of invoices.values()) size += lines.size;
  return size;
}

/** At least one, if the customer has the invoice. What was added to it in this transaction need not be among them. */
function runsOfInvoice(customer: Customer, invoiceHash: number): readonly Run[] {
  const { runs } = customer;
  if (runs.length <= SMALL) return runs.filter((run) => run.invoiceHash === invoiceHash);
  if (!customer.byInvoice) {
    customer.byInvoice = new Map();
    for (const run of runs) {
      const others = customer.byInvoice.get(run.invoiceHash);
      if (others) others.push(run);
      else customer.byInvoice.set(run.invoiceHash, [run]);
    }
  }
  return customer.byInvoice.get(invoiceHash) ?? [];
}

/** Adds an order to the last run if it follows that run in the stream, else as a run of its own. */
function append(customer: Customer, run: Run): void {
  const { runs, unchanged } = customer;
  const last = runs.at(-1);
  const follows = last?.invoiceHash === run.invoiceHash && last.first + last.count === run.first;
  if (last && follows && runs.length > unchanged) runs[runs.length - 1] = { ...last, count: last.count + 1 };
  else runs.push(run);
}

/** Notes that an order was replaced. All are taken out of the runs at once: to do so for each would cost a square of them. */
function drop(customer: Customer, sequence: number): void {
  customer.dropped.add(sequence);
  customer.unchanged = Math.min(customer.unchanged, indexOfRun(customer.runs, sequence));
}

/** Takes replaced orders out of their runs, which leaves shorter ones. */
function removeDropped(customer: Customer): void {
  const { runs, unchanged, dropped } = customer;
  if (dropped.size === 0) return;
  const rest: Run[] = [];
  customer.byInvoice = undefined;
  for (const run of runs.splice(unchanged)) {
    let { first } = run;
    const end = run.first + run.count;
    for (let at = first; at <= end; at++) {
      if (at < end && !dropped.has(at)) continue;
      if (at > first) rest.push({ ...run, first, count: at - first });
      first = at + 1;
    }
  }
  for (const run of rest) runs.push(run);
  dropped.clear();
}

const COMMA = 44;
const QUOTE = 34;

/** Number after the last of the orders that follow order `from` and have the same invoice and customer. */
function endOfRun({ count, customers, lines, ends }: OrderBlock, from: number): number {
  const start = startOf(ends, from);
  const isQuoted = lines[start] === QUOTE;
  const nameEnd = isQuoted ? (ends[from] as number) : lines.indexOf(COMMA, start) + 1;
  let to = from + 1;
  while (to < count && customers[to] === customers[from] && startsAlike(lines, start, nameEnd, ends[to - 1] as number))
    to++;
  return to;
}

/** True if the bytes from `other` on are the same as those from `start` up to `end`. */
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
