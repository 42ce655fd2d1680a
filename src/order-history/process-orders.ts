/**
 * Takes a batch of records from the stream into the order history. Every record is dealt with once: an order goes into the
 * table, one of a guest is counted, what is no order goes whole to the rejected queue. Only what may go well later is given
 * back, to come again: the whole batch may come again at any time, and nothing is doubled by it.
 */
import { userRecords } from '../stream/kinesis/aggregated-record.js';
import { decodeOrder, isOrder } from '../stream/order-record.js';
import { customersName, indexItem, invoiceName } from './dynamodb/history-index.js';
import {
  type CustomerOrder,
  hasCustomer,
  type Item,
  isSameOrder,
  itemOf,
  type Standing,
  sequenceAt,
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

/** An order of the table, and where in the stream it stands. */
export interface Held extends Standing {
  readonly order: CustomerOrder;
}

/**
 * An order that comes again so soon was put again behind one that was refused (`ordered-puts.ts`): its last place in the
 * stream is the one that is in order.
 */
const PUT_AGAIN_MS = 600_000;

export interface Tables {
  /** What the table has of these orders, by `orderKey`. */
  held(orders: readonly CustomerOrder[]): Promise<ReadonlyMap<string, Held>>;
  /** Gives back what could not be written; `isFinal` if it never can be. */
  writeOrders(items: readonly Item[]): Promise<readonly Unwritten[]>;
  /** True if all of it was written. */
  writeIndex(items: readonly Item[]): Promise<boolean>;
  /** Says that every record of the shard up to this one was dealt with. */
  checkpoint(record: StreamRecord): Promise<void>;
  /** Numbers of those that could not be sent. */
  reject(records: readonly RejectedRecord[]): Promise<readonly number[]>;
}

export interface Unwritten {
  readonly item: Item;
  readonly isFinal: boolean;
  readonly reason: string;
}

export interface Processed {
  readonly stored: number;
  /** That the table had already, as they are or newer. */
  readonly unchanged: number;
  readonly guests: number;
  readonly rejected: number;
  /** The first record that has to come again, together with all behind it. */
  readonly failed: StreamRecord | undefined;
  /** Why, without what the record says. */
  readonly failure: string | undefined;
}

/** An order of the batch as its last record has it, and the first record that speaks of it. */
interface Wanted {
  order: CustomerOrder;
  standing: Standing;
  record: number;
  readonly firstRecord: number;
}

/** `known` remembers index entries from batch to batch. */
export async function processOrders(
  records: readonly StreamRecord[],
  tables: Tables,
  known: Set<string>,
): Promise<Processed> {
  const wanted = new Map<string, Wanted>();
  const rejected: (RejectedRecord & { readonly number: number })[] = [];
  let guests = 0;
  let stored = 0;
  let unchanged = 0;
  let firstFailed = records.length;
  let failure: string | undefined;

  for (const [number, record] of records.entries()) {
    for (const [n, data] of userRecords(record.data).entries()) {
      const order = decodeOrder(data);
      if (!isOrder(order)) rejected.push({ ...record, data, number, reason: order.reason });
      else if (!hasCustomer(order)) guests++;
      else want(order, sequenceAt(record.sequenceNumber, n), record.arrivalMs, number);
    }
  }

  /** The last of an id counts; one that says the same as before doesn't count as another. */
  function want(order: CustomerOrder, sequence: string, arrivalMs: number, record: number): void {
    const key = orderKey(order);
    const standing = { sequence, lastSequence: sequence, arrivalMs };
    const before = wanted.get(key);
    if (!before) wanted.set(key, { order, standing, record, firstRecord: record });
    else if (!isSameOrder(before.order, order)) Object.assign(before, { order, standing, record });
    else before.standing = { ...before.standing, lastSequence: sequence };
  }

  function fail(number: number, why: string): void {
    if (number < firstFailed) failure = why;
    firstFailed = Math.min(firstFailed, number);
  }

  const changed = new Map(wanted);
  try {
    const held = await tables.held([...wanted.values()].map(({ order }) => order));
    for (const [key, { order, ...standing }] of held) {
      const last = wanted.get(key) as Wanted;
      const { lastSequence, arrivalMs } = last.standing;
      // One that was given up and is sent through again late must not undo what came after it.
      const isOlder = lastSequence <= standing.lastSequence;
      const isSame = isSameOrder(order, last.order);
      const isPutAgain = isSame && arrivalMs - standing.arrivalMs < PUT_AGAIN_MS;
      if (isPutAgain) last.standing = { ...standing, lastSequence };
      if (isOlder || (isSame && !isPutAgain)) changed.delete(key);
    }
    unchanged = wanted.size - changed.size;
    await store();
  } catch (error) {
    const numbers = [...changed.values()].map(({ firstRecord }) => firstRecord);
    fail(Math.min(records.length - 1, ...numbers), (error as Error).name);
  }

  async function store(): Promise<void> {
    const entries = indexEntries([...changed.values()].map(({ order }) => order)).filter(([text]) => !known.has(text));
    // Before the orders: an order that is there can be found.
    if (!(await tables.writeIndex(entries.map(([, item]) => item)))) throw new IndexError();
    for (const [text] of entries) known.add(text);
    const items = [...changed.values()].map(({ order, standing }) => itemOf(order, standing));
    const unwritten = await tables.writeOrders(items);
    stored = items.length - unwritten.length;
    for (const { item, isFinal, reason } of unwritten) {
      const key = `${item['CustomerId']?.N} ${item['OrderId']?.S}`;
      const { record, firstRecord } = changed.get(key) as Wanted;
      if (isFinal) rejected.push({ ...(records[record] as StreamRecord), number: record, reason });
      else fail(firstRecord, reason);
    }
  }

  // Those behind what comes again come again with it.
  const due = rejected.filter(({ number }) => number < firstFailed);
  const unsent = await tables.reject(due);
  for (const at of unsent) fail(due[at]?.number as number, 'the rejected queue takes nothing');

  const last = records[firstFailed - 1];
  if (last) await tables.checkpoint(last);
  return {
    stored,
    unchanged,
    guests,
    rejected: due.length - unsent.length,
    failed: records[firstFailed],
    failure,
  };
}

class IndexError extends Error {
  override readonly name = 'the index could not be written';
}

export function orderKey({ customerId, orderId }: CustomerOrder): string {
  return `${customerId} ${orderId}`;
}

function indexEntries(orders: readonly CustomerOrder[]): [text: string, item: Item][] {
  const entries = new Map<string, Item>();
  for (const { invoiceNo, customerId } of orders) {
    for (const name of [invoiceName(invoiceNo), customersName]) {
      entries.set(`${name} ${customerId}`, indexItem(name, customerId));
    }
  }
  return [...entries];
}
