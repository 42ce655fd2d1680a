/** Writes the customer index: adds orders of the stream to the runs of their customers. */
import type { LocalStore } from '../engines/lmdb/store.js';
import { GUEST, lineOf, type OrderBlock, orderIdOf, startOf } from '../orders/order-block.js';
import { parseLine } from '../orders/order-line.js';
import type { NumberedStream } from '../stream/numbered-stream.js';
import { hashOf, keepRuns, type Run, runsOf } from './customer-index.local.js';

/** A customer's runs during one transaction. */
interface Customer {
  runs: Run[];
  /** Number of runs, from the first, that have not changed since the last commit. */
  unchanged: number;
  /** Lines of invoices that have got further orders, by the hash of the invoice. They are read once a commit. */
  readonly invoices: Map<number, Map<string, KnownLine>>;
}

interface KnownLine {
  readonly sequence: number;
  readonly line: string;
}

export interface IndexWriter {
  /** Adds orders, of which the first has the sequence number `first`. */
  add(first: number, orders: OrderBlock): void;
  /** Writes every customer that has changed. */
  write(): void;
}

/** A writer serves one transaction of the store. */
export function createIndexWriter(store: LocalStore, stream: NumberedStream): IndexWriter {
  const table = store.table('customers');
  const changed = new Map<number, Customer>();

  function customerOf(id: number): Customer {
    let customer = changed.get(id);
    if (!customer) {
      const runs = runsOf(table, id);
      customer = { runs, unchanged: runs.length, invoices: new Map() };
      changed.set(id, customer);
    }
    return customer;
  }

  function addRun(customer: Customer, first: number, orders: OrderBlock, from: number, to: number): void {
    const invoiceHash = invoiceHashOf(orders, from);
    if (!customer.runs.some((run) => run.invoiceHash === invoiceHash)) {
      customer.runs.push({ first: first + from, count: to - from, invoiceHash });
      return;
    }
    const known = customer.invoices.get(invoiceHash) ?? linesOf(customer.runs, invoiceHash);
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
  function linesOf(runs: readonly Run[], invoiceHash: number): Map<string, KnownLine> {
    const lines = new Map<string, KnownLine>();
    for (const { first, count } of runs.filter((run) => run.invoiceHash === invoiceHash)) {
      const orders = stream.at(first, count);
      for (let i = 0; i < count; i++) {
        lines.set(orderIdOf(orders, i), { sequence: first + i, line: lineOf(orders, i) });
      }
    }
    return lines;
  }

  return {
    add(first, orders) {
      for (let from = 0; from < orders.count; ) {
        const to = endOfRun(orders, from);
        const id = orders.customers[from] as number;
        if (id !== GUEST) addRun(customerOf(id), first, orders, from, to);
        from = to;
      }
    },
    write() {
      for (const [id, { runs, unchanged }] of changed) keepRuns(table, id, runs, unchanged);
    },
  };
}

/** Adds an order to the last run if it follows that run in the stream, else as a run of its own. */
function append(customer: Customer, run: Run): void {
  const { runs, unchanged } = customer;
  const last = runs.at(-1);
  const follows = last?.invoiceHash === run.invoiceHash && last.first + last.count === run.first;
  if (last && follows && runs.length > unchanged) runs[runs.length - 1] = { ...last, count: last.count + 1 };
  else runs.push(run);
}

/** Removes an order from its run, which leaves up to two shorter runs. */
function drop(customer: Customer, sequence: number): void {
  const at = customer.runs.findIndex(({ first, count }) => first <= sequence && sequence < first + count);
  const run = customer.runs[at] as Run;
  const rest = [
    { ...run, count: sequence - run.first },
    { ...run, first: sequence + 1, count: run.first + run.count - sequence - 1 },
  ];
  customer.runs.splice(at, 1, ...rest.filter(({ count }) => count > 0));
  customer.unchanged = Math.min(customer.unchanged, at);
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
