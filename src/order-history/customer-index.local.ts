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

/** Runs of a customer, in the order they were put. */
export function runsOf(table: Table, customer: number): Run[] {
  const runs: Run[] = [];
  for (let value = 0; runs.length === value * RUNS_A_VALUE; value++) {
    const bytes = table.get([customer, value]);
    if (!bytes) break;
    decode(bytes, runs);
  }
  return runs;
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
