/** What the function makes of batches, on tables that fail as they like, under the rules of an event source mapping. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Item } from '../../src/engines/aws/items.js';
import {
  type CustomerOrder,
  orderIn,
  positionIn,
  type StreamPosition,
} from '../../src/order-history/dynamodb/order-item.js';
import { orderKey, processOrders, type RejectedRecord, type Tables } from '../../src/order-history/process-orders.js';
import type { Order } from '../../src/orders/order.js';
import { GUEST, orderOf } from '../../src/orders/order-block.js';
import { type Handler, type KinesisRecord, runMapping, shardRecords } from '../emulators/event-source.js';
import { blockOf } from '../fixtures/orders.js';

/** Tables in memory; `fails` says whether the next thing does. */
function memory(fails: () => boolean) {
  const orders = new Map<string, CustomerOrder>();
  const places = new Map<string, StreamPosition>();
  const index = new Set<string>();
  const writes: string[] = [];
  let rejected: RejectedRecord[] = [];
  const checkpoints: string[] = [];
  const tables: Tables = {
    async storedOf(wanted) {
      if (fails()) throw new Error('throttled');
      const found = wanted.flatMap((order) => orders.get(orderKey(order)) ?? []);
      return new Map(
        found.map((order) => [orderKey(order), { order, ...(places.get(orderKey(order)) as StreamPosition) }]),
      );
    },
    async writeOrders(items) {
      const keys = items.map((item) => orderKey(orderIn(item) as CustomerOrder));
      expect(new Set(keys).size).toBe(keys.length);
      return items.flatMap((item: Item) => {
        if (fails()) return [{ item, isFinal: false, reason: 'left over' }];
        const order = orderIn(item) as CustomerOrder;
        orders.set(orderKey(order), order);
        places.set(orderKey(order), positionIn(item));
        writes.push(orderKey(order));
        return [];
      });
    },
    async writeIndex(items) {
      if (items.length > 0 && fails()) return false;
      for (const { Name, CustomerId } of items) index.add(`${Name?.S} ${CustomerId?.N}`);
      return true;
    },
    async checkpoint({ sequenceNumber }) {
      checkpoints.push(sequenceNumber);
    },
    async reject(records) {
      const unsent = records.map((_, i) => i).filter(() => fails());
      rejected = [...rejected, ...records.filter((_, i) => !unsent.includes(i))];
      return unsent;
    },
  };
  return { tables, orders, places, index, writes, rejected: () => rejected, checkpoints };
}

function handlerOn(tables: Tables): { handler: Handler; totals: { guests: number; stored: number } } {
  const known = new Set<string>();
  const totals = { guests: 0, stored: 0 };
  const handler: Handler = async ({ Records }) => {
    const records = Records.map(({ eventID, kinesis }) => ({
      shardId: eventID.split(':')[0] as string,
      sequenceNumber: kinesis.sequenceNumber,
      partitionKey: kinesis.partitionKey,
      arrivalMs: kinesis.approximateArrivalTimestamp * 1000,
      data: Buffer.from(kinesis.data, 'base64'),
    }));
    const { failed, guests, stored } = await processOrders(records, tables, known);
    totals.guests += guests;
    totals.stored += stored;
    return { batchItemFailures: failed ? [{ itemIdentifier: failed.sequenceNumber }] : [] };
  };
  return { handler, totals };
}

type Kind = { readonly invoice: number; readonly code: number; readonly quantity: number; readonly customer: number };
const kinds = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        invoice: fc.nat(3),
        code: fc.nat(3),
        quantity: fc.nat(2),
        customer: fc.integer({ min: -1, max: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.constantFrom('', 'garbage', '{"invoiceNo":1}') },
  ),
  { maxLength: 60 },
);

function dataOf(kind: Kind | string): { text: string; order: Order | undefined } {
  if (typeof kind === 'string') return { text: kind, order: undefined };
  const { invoice, code, quantity, customer } = kind;
  const order = orderOf(blockOf([{ invoiceNo: `${invoice}`, stockCode: `P${code}`, quantity, customer }]), 0);
  return { text: JSON.stringify(order), order };
}

test('every record is dealt with: the last of an order id wins, a record that is no order is rejected, whatever fails meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(
      kinds,
      fc.infiniteStream(fc.nat(9)),
      fc.integer({ min: 1, max: 20 }),
      async (all, dice, batchSize) => {
        const data = all.map(dataOf);
        const into = memory(() => dice.next().value === 0);
        const { handler } = handlerOn(into.tables);
        const records = shardRecords(data.map(({ text }) => text));
        const { givenUp } = await runMapping(records, handler, { batchSize, retriesMax: 10_000 });
        expect(givenUp).toEqual([]);

        const expected = new Map<string, Order>();
        for (const { order } of data)
          if (order && order.customerId !== null) expected.set(orderKey(order as CustomerOrder), order);
        expect(new Map([...into.orders].sort())).toEqual(new Map([...expected].sort()));
        for (const { invoiceNo, customerId } of expected.values()) {
          expect(into.index).toContain(`invoice#${invoiceNo} ${customerId}`);
          expect(into.index).toContain(`customers ${customerId}`);
        }
        const bad = records.filter((_, i) => !data[i]?.order).map(({ kinesis }) => kinesis.sequenceNumber);
        expect(new Set(into.rejected().map(({ sequenceNumber }) => sequenceNumber))).toEqual(new Set(bad));
        if (records.length > 0) expect(into.checkpoints.at(-1)).toBe(records.at(-1)?.kinesis.sequenceNumber);
        expect(into.checkpoints).toEqual([...into.checkpoints].sort());
      },
    ),
    { numRuns: 300 },
  );
});

test('a batch that was given up and is replayed late undoes no later order', async () => {
  const into = memory(() => false);
  const { handler } = handlerOn(into.tables);
  const [early, other, late] = shardRecords(
    [
      { stockCode: 'A', quantity: 1 },
      { stockCode: 'B', quantity: 1 },
      { stockCode: 'A', quantity: 2 },
    ].map((line) => JSON.stringify(orderOf(blockOf([line]), 0))),
  ) as [KinesisRecord, KinesisRecord, KinesisRecord];
  await runMapping([late], handler, { batchSize: 10, retriesMax: 0 });
  await runMapping([early, other], handler, { batchSize: 10, retriesMax: 0 });
  expect([...into.orders.values()].map(({ orderId, quantity }) => `${orderId} ${quantity}`).sort()).toEqual([
    '536365-A 2',
    '536365-B 1',
  ]);
});

test.each([1, 2, 3])(
  'an order that was resent behind a refused one comes after it, in batches of %i',
  async (batchSize) => {
    const into = memory(() => false);
    const { handler } = handlerOn(into.tables);
    // The first of two was refused: the second came before it, and again.
    const codes = ['B', 'A', 'B'];
    const records = shardRecords(codes.map((stockCode) => JSON.stringify(orderOf(blockOf([{ stockCode }]), 0))));
    await runMapping(records, handler, { batchSize, retriesMax: 0 });
    const byPlace = [...into.places].sort(([, a], [, b]) => (a.lastSequence < b.lastSequence ? -1 : 1));
    expect(byPlace.map(([key]) => key)).toEqual(['17850 536365-A', '17850 536365-B']);
  },
);

test('a checkpoint never stands behind a record that has to come again', async () => {
  await fc.assert(
    fc.asyncProperty(kinds, fc.infiniteStream(fc.nat(4)), async (all, dice) => {
      const into = memory(() => dice.next().value === 0);
      const records = shardRecords(all.map((kind) => dataOf(kind).text));
      const handler: Handler = async (event, context) => {
        const before = into.checkpoints.length;
        const response = await handlerOn(into.tables).handler(event, context);
        const failed = response.batchItemFailures[0]?.itemIdentifier;
        for (const checkpoint of into.checkpoints.slice(before)) {
          if (failed !== undefined) expect(checkpoint < failed).toBe(true);
        }
        return response;
      };
      await runMapping(records, handler, { batchSize: 10, retriesMax: 3 });
    }),
    { numRuns: 100 },
  );
});

test('an order that comes again unchanged is not written again', async () => {
  const into = memory(() => false);
  const { handler, totals } = handlerOn(into.tables);
  const { text } = dataOf({ invoice: 1, code: 1, quantity: 1, customer: 1 });
  for (const batch of [[text, text], [text], [text, text]]) {
    await runMapping(shardRecords(batch), handler, { batchSize: 10, retriesMax: 0 });
  }
  expect(into.writes).toHaveLength(1);
  expect(totals.stored).toBe(1);
});

test('a record that can never be written is rejected with the others around it kept', async () => {
  const into = memory(() => false);
  const writeOrders: Tables['writeOrders'] = async (items) => {
    const bad = items.filter(({ OrderId }) => OrderId?.S === '2-P0');
    await into.tables.writeOrders(items.filter((item) => !bad.includes(item)));
    return bad.map((item) => ({ item, isFinal: true, reason: 'ValidationException' }));
  };
  const { handler } = handlerOn({ ...into.tables, writeOrders });
  const texts = [1, 2, 3].map((invoice) => dataOf({ invoice, code: 0, quantity: 1, customer: 1 }).text);
  const { givenUp, invocations } = await runMapping(shardRecords(texts), handler, { batchSize: 10, retriesMax: 3 });
  expect([givenUp.length, invocations]).toEqual([0, 1]);
  expect([...into.orders.keys()]).toEqual(['1 1-P0', '1 3-P0']);
  expect(into.rejected()).toMatchObject([{ reason: 'ValidationException', data: Buffer.from(texts[1] as string) }]);
});

test('a checkpoint that can’t be written gives back the record it is for, and counts no guest twice', async () => {
  const into = memory(() => false);
  let calls = 0;
  const checkpoint: Tables['checkpoint'] = async (record) => {
    if (calls++ === 0) return 'InternalServerError';
    return into.tables.checkpoint(record);
  };
  const { handler, totals } = handlerOn({ ...into.tables, checkpoint });
  const texts = [1, GUEST, GUEST].map((customer, n) => dataOf({ invoice: n, code: 0, quantity: 1, customer }).text);
  const records = shardRecords(texts);
  const { givenUp, invocations } = await runMapping(records, handler, { batchSize: 10, retriesMax: 3 });
  expect([givenUp.length, invocations]).toEqual([0, 2]);
  expect(into.checkpoints).toEqual([records.at(-1)?.kinesis.sequenceNumber]);
  expect(totals).toEqual({ guests: 2, stored: 1 });
});
