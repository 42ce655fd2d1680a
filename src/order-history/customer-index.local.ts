/**
 * The index of the embedded history: the orders of each customer as runs. A run is a sequence of orders of one invoice that
 * follow each other in the stream. A run has 16 bytes, and a value holds up to 256 runs, so the index of half a million orders
 * takes half a megabyte.
 */
import type { Table } from '../engines/lmdb/checked-table.js';

export interface Run {
  /** Sequence number of its first order. */
  readonly first: number;
  readonly count: number;
  /** Hash of the invoice number. Runs with different hashes are of different invoices; equal hashes may be a coincidence. */
  readonly invoiceHash: number;
}

const RUN_BYTES = 16;
const RUNS_A_VALUE = 256;

/** Runs of a customer, in the order of the stream. */
export function runsOf(table: Table, customer: number): Run[] {
  const runs: Run[] = [];
  for (let value = 0; runs.length === value * RUNS_A_VALUE; value++) {
    const bytes = table.get([customer, value]);
    if (!bytes) break;
    decode(bytes, runs);
  }
  return runs;
}

/**
 * The runs of a customer among which the one with this order is, if there is one: they are in the order of the stream, and of a
 * customer with very many only a few have to be read.
 */
export function runsNear(table: Table, customer: number, sequence: number): Run[] {
  const read = (value: number) => {
    const runs: Run[] = [];
    const bytes = table.get([customer, value]);
    if (bytes) decode(bytes, runs);
    return runs;
  };
  const ofCustomer = { start: [customer, Number.MAX_SAFE_INTEGER], end: [customer], reverse: true };
  const [last] = table.getKeys({ ...ofCustomer, limit: 1 });
  let [low, high] = [0, last ? (last as [number, number])[1] : -1];
  // Proves that none is behind it: a changed key would be found here.
  table.get([customer, high + 1]);
  if (!last) return [];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((read(middle)[0] as Run).first <= sequence) low = middle;
    else high = middle - 1;
  }
  return read(low);
}

/** Number of the run that holds an order, among runs in the order of the stream; -1 if none does. */
export function indexOfRun(runs: readonly Run[], sequence: number): number {
  let [low, high] = [0, runs.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((runs[middle] as Run).first <= sequence) low = middle;
    else high = middle - 1;
  }
  const run = runs[low];
  return run && run.first <= sequence && sequence < run.first + run.count ? low : -1;
}

/** Stores a customer's runs. The runs before number `from` are stored already. */
export function keepRuns(table: Table, customer: number, runs: readonly Run[], from: number): void {
  const firstValue = Math.floor(from / RUNS_A_VALUE);
  for (let value = firstValue; value * RUNS_A_VALUE < runs.length; value++) {
    table.putSync([customer, value], encode(runs.slice(value * RUNS_A_VALUE, (value + 1) * RUNS_A_VALUE)));
  }
  // The customer may have fewer runs than before, so surplus values are deleted.
  for (let value = Math.ceil(runs.length / RUNS_A_VALUE); table.removeSync([customer, value]); value++);
}

/** Every customer with runs, in the order of the ids. */
export function customersIn(table: Table): number[] {
  const customers: number[] = [];
  for (const key of table.getKeys()) {
    const [customer] = key as [number, number];
    if (customers.at(-1) !== customer) customers.push(customer);
  }
  return customers;
}

/** FNV-1a, 32 bits. */
export function hashOf(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash >>> 0;
}

function encode(runs: readonly Run[]): Buffer {
  const bytes = Buffer.alloc(runs.length * RUN_BYTES);
  runs.forEach(({ first, count, invoiceHash }, i) => {
    bytes.writeDoubleLE(first, i * RUN_BYTES);
    bytes.writeUInt32LE(count, i * RUN_BYTES + 8);
    bytes.writeUInt32LE(invoiceHash, i * RUN_BYTES + 12);
  });
  return bytes;
}

function decode(bytes: Buffer, into: Run[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; at += RUN_BYTES) {
    into.push({
      first: view.getFloat64(at, true),
      count: view.getUint32(at + 8, true),
      invoiceHash: view.getUint32(at + 12, true),
    });
  }
}
