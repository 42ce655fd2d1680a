/**
 * Puts a batch of records from the stream into the order history. An order goes into the table, a guest order is counted, and
 * a record that is no order goes whole to the rejected queue. A record that may succeed later is reported as failed: Lambda
 * then sends that record and all records after it again. Lambda may send any batch again, and no order is stored twice.
 */
import type { Item } from '../engines/aws/items.js';
import { userRecords } from '../stream/kinesis/aggregated-record.js';
import { sequenceAt } from '../stream/kinesis/sequence.js';
import { decodeOrder, isOrder } from '../stream/order-record.js';
import { customersName, indexItem, invoiceName } from './dynamodb/history-index.js';
import {
  type CustomerOrder,
  hasCustomer,
  isSameOrder,
  itemOf,
  keyText,
  type StreamPosition,
} from './dynamodb/order-item.js';

export interface StreamRecord {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly arrivalMs: number;
  readonly data: Uint8Array;
}

/** A record, or a part of an aggregated one, that is no order. */
export interface RejectedRecord extends StreamRecord {
  readonly reason: string;
}

/** An order of the table, and its position in the stream. */
export interface StoredOrder extends StreamPosition {
  readonly order: CustomerOrder;
}

/**
 * An order that repeats within this time was resent after an earlier one that the stream had refused (`ordered-puts.ts`).
 * Such an order is sorted by the position of the repeat.
 */
const RESENT_MS = 600_000;

export interface Tables {
  /** The stored version of each of these orders, by `orderKey`. Leaves out the orders that the table doesn't have. */
  storedOf(orders: readonly CustomerOrder[]): Promise<ReadonlyMap<string, StoredOrder>>;
  /** Returns the items that could not be written. */
  writeOrders(items: readonly Item[]): Promise<readonly Unwritten[]>;
  /** True if all items were written. */
  writeIndex(items: readonly Item[]): Promise<boolean>;
  /** Stores the checkpoint: every record of the shard up to this one was processed. Returns the reason if the write failed. */
  checkpoint(record: StreamRecord): Promise<string | undefined>;
  /** Returns which of the records, counted from 0, could not be sent to the rejected queue. */
  reject(records: readonly RejectedRecord[]): Promise<readonly number[]>;
}

export interface Unwritten {
  readonly item: Item;
  /** True if no further attempt can write the item. */
  readonly isFinal: boolean;
  readonly reason: string;
}

export interface Processed {
  readonly stored: number;
  /** Orders of which the table had this version already, or a later one. */
  readonly unchanged: number;
  readonly guests: number;
  readonly rejected: number;
  /** How many orders arrived in each second, by its first millisecond. Guest orders count, and so does an order that came before. */
  readonly arrived: ReadonlyMap<number, number>;
  /** The first record that Lambda has to send again, together with all records after it. */
  readonly failed: StreamRecord | undefined;
  /** Why the record failed, without any contents of the record. */
  readonly failure: string | undefined;
}

/** `known` remembers index entries from batch to batch. */
export async function processOrders(
  records: readonly StreamRecord[],
  tables: Tables,
  known: Set<string>,
): Promise<Processed> {
  const { latest, numbers, guests, rejected } = decoded(records);
  const { stored, unchanged, failures, invalid } = await store(latest, tables, known);
  for (const { number, reason } of invalid) rejected.push({ ...(records[number] as StreamRecord), number, reason });
  // Lambda sends the records after a failed one again, and they are rejected then.
  const endsBefore = earliest(failures)?.number ?? records.length;
  const due = rejected.filter(({ number }) => number < endsBefore);
  const unsent = await tables.reject(due);
  for (const at of unsent)
    failures.push({ number: due[at]?.number as number, reason: 'the rejected queue accepts nothing' });
  const end = earliest(failures)?.number ?? records.length;
  const last = records[end - 1];
  if (last) {
    // Readers wait for the checkpoint: a batch that has none is not processed.
    const reason = await tables.checkpoint(last);
    if (reason !== undefined) failures.push({ number: end - 1, reason });
  }
  const failure = earliest(failures);
  // Lambda sends what comes after a failed record again, and it is counted then.
  const isTaken = (number: number) => number < (failure?.number ?? records.length);
  return {
    stored,
    unchanged,
    guests: guests.filter(isTaken).length,
    arrived: bySecond(numbers.filter(isTaken).map((number) => (records[number] as StreamRecord).arrivalMs)),
    rejected: due.length - unsent.length,
    failed: failure && records[failure.number],
    failure: failure?.reason,
  };
}

function bySecond(timesMs: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const timeMs of timesMs) {
    const secondMs = Math.floor(timeMs / 1000) * 1000;
    counts.set(secondMs, (counts.get(secondMs) ?? 0) + 1);
  }
  return counts;
}

/** A record of the batch, by number, and what is wrong with it. */
interface Fault {
  readonly number: number;
  readonly reason: string;
}

function earliest(faults: readonly Fault[]): Fault | undefined {
  return faults.reduce<Fault | undefined>((a, b) => (a && a.number <= b.number ? a : b), undefined);
}

/** An order of the batch as its last record has it. */
interface BatchOrder {
  readonly order: CustomerOrder;
  readonly position: StreamPosition;
  /** Number of the record that `order` is from. */
  readonly record: number;
  /** Number of the first record with an order of this id: a failed order comes again from there on. */
  readonly firstRecord: number;
}

interface Decoded {
  /** By `orderKey`. */
  readonly latest: Map<string, BatchOrder>;
  /** For each order the number of its record. */
  readonly numbers: readonly number[];
  /** For each guest order the number of its record. */
  readonly guests: readonly number[];
  readonly rejected: (RejectedRecord & { readonly number: number })[];
}

function decoded(records: readonly StreamRecord[]): Decoded {
  const latest: Decoded['latest'] = new Map();
  const rejected: Decoded['rejected'] = [];
  const numbers: number[] = [];
  const guests: number[] = [];
  for (const [number, record] of records.entries()) {
    for (const [n, data] of userRecords(record.data).entries()) {
      const order = decodeOrder(data);
      if (!isOrder(order)) {
        rejected.push({ ...record, data, number, reason: order.reason });
        continue;
      }
      numbers.push(number);
      if (!hasCustomer(order)) guests.push(number);
      else {
        const sequence = sequenceAt(record.sequenceNumber, n);
        const position = { sequence, lastSequence: sequence, arrivalMs: record.arrivalMs };
        const key = orderKey(order);
        latest.set(key, later(latest.get(key), { order, position, record: number, firstRecord: number }));
      }
    }
  }
  return { latest, numbers, guests, rejected };
}

/** The last record of an order id wins. An identical repeat only moves its position. */
function later(before: BatchOrder | undefined, next: BatchOrder): BatchOrder {
  if (!before) return next;
  if (!isSameOrder(before.order, next.order)) return { ...next, firstRecord: before.firstRecord };
  return { ...before, position: { ...before.position, lastSequence: next.position.lastSequence } };
}

interface StoreOutcome {
  readonly stored: number;
  readonly unchanged: number;
  /** Records that may succeed later. */
  readonly failures: Fault[];
  /** Records that no further attempt can write. */
  readonly invalid: readonly Fault[];
}

async function store(
  latest: ReadonlyMap<string, BatchOrder>,
  tables: Tables,
  known: Set<string>,
): Promise<StoreOutcome> {
  let changed = latest;
  const unchanged = () => latest.size - changed.size;
  try {
    changed = changedIn(latest, await tables.storedOf([...latest.values()].map(({ order }) => order)));
    // Index entries are written before the orders, so that every order in the table can be found.
    await writeIndex([...changed.values()], tables, known);
    const items = [...changed.values()].map(({ order, position }) => itemOf(order, position));
    const unwritten = await tables.writeOrders(items);
    const faults = unwritten.map(({ item, isFinal, reason }) => {
      const { record, firstRecord } = changed.get(keyText(item)) as BatchOrder;
      return { isFinal, number: isFinal ? record : firstRecord, reason };
    });
    return {
      stored: items.length - unwritten.length,
      unchanged: unchanged(),
      failures: faults.filter(({ isFinal }) => !isFinal),
      invalid: faults.filter(({ isFinal }) => isFinal),
    };
  } catch (error) {
    const first = Math.min(...[...changed.values()].map(({ firstRecord }) => firstRecord));
    const failures = changed.size > 0 ? [{ number: first, reason: (error as Error).name }] : [];
    return { stored: 0, unchanged: unchanged(), failures, invalid: [] };
  }
}

/** The orders of which the table has another version, or none. */
function changedIn(
  latest: ReadonlyMap<string, BatchOrder>,
  stored: ReadonlyMap<string, StoredOrder>,
): Map<string, BatchOrder> {
  const changed = new Map(latest);
  for (const [key, { order, ...position }] of stored) {
    const inBatch = latest.get(key) as BatchOrder;
    const { lastSequence, arrivalMs } = inBatch.position;
    const isSame = isSameOrder(order, inBatch.order);
    const isResent = isSame && arrivalMs - position.arrivalMs < RESENT_MS;
    // A failed batch that is replayed late must not undo orders that came later.
    const isOlder = lastSequence <= position.lastSequence;
    if (isOlder || (isSame && !isResent)) changed.delete(key);
    else if (isResent) changed.set(key, { ...inBatch, position: { ...position, lastSequence } });
  }
  return changed;
}

async function writeIndex(orders: readonly BatchOrder[], tables: Tables, known: Set<string>): Promise<void> {
  const entries = new Map<string, Item>();
  for (const { order } of orders) {
    for (const name of [invoiceName(order.invoiceNo), customersName]) {
      const text = `${name} ${order.customerId}`;
      if (!known.has(text)) entries.set(text, indexItem(name, order.customerId));
    }
  }
  if (!(await tables.writeIndex([...entries.values()]))) throw new IndexError();
  for (const text of entries.keys()) known.add(text);
}

class IndexError extends Error {
  override readonly name = 'the index could not be written';
}

/** The same text as `keyText` of its item. */
export function orderKey({ customerId, orderId }: CustomerOrder): string {
  return `${customerId} ${orderId}`;
}
