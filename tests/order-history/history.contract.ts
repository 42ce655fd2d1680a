/** What every order history promises; each driver's tests are one call of this. */
import { describe, expect, test } from 'vitest';
import type { OrderHistory } from '../../src/order-history/history.js';
import { GUEST } from '../../src/orders/order-block.js';
import type { OrderStream } from '../../src/stream/stream.js';
import {
  blockOf,
  byCustomer,
  collect,
  collectAll,
  follow,
  idsOf,
  type Line,
  manyLines,
  ordersIn,
  putter,
} from '../fixtures/orders.js';

export interface HistoryFixture {
  /** Each call is another handle on the same stream, which is empty at first, as another process has one. */
  open(): Promise<OrderStream>;
  /** Another handle on the history of that stream. */
  openHistory(): Promise<OrderHistory>;
}

export function testHistory(name: string, create: () => Promise<HistoryFixture>) {
  async function start() {
    const fixture = await create();
    const stream = await fixture.open();
    return { fixture, stream, put: putter(stream), history: await fixture.openHistory() };
  }

  describe(`${name}: order history`, () => {
    test('knows nobody while the stream is empty', async () => {
      const { history } = await start();
      await history.update();
      expect(await history.ordersOf(17850)).toEqual([]);
      expect((await history.ordersWithId('536365-85123A'))[0]).toBeUndefined();
      expect(await history.customersNear(17850, 3)).toEqual([]);
      expect(await collectAll(history)).toEqual([]);
      expect(await collect(history.tail({ from: 'first' }))).toEqual([]);
      expect(await collect(history.tail({ from: { last: 10 } }))).toEqual([]);
    });

    test('gives an order back as it was, by customer and by id', async () => {
      const { put, history } = await start();
      await put([{ stockCode: '22752', description: ' SET 7 "BABUSHKA", £5 ', quantity: -12, unitPrice: '0.001' }]);
      await history.update();
      const expected = {
        orderId: '536365-22752',
        invoiceNo: '536365',
        stockCode: '22752',
        description: ' SET 7 "BABUSHKA", £5 ',
        quantity: -12,
        orderDate: '2010-12-01T08:26:00',
        unitPrice: '0.001',
        customerId: 17850,
        country: 'EIRE',
      };
      expect(await history.ordersOf(17850)).toEqual([expected]);
      expect((await history.ordersWithId('536365-22752'))[0]).toEqual(expected);
      expect(await collectAll(history)).toEqual([expected]);
    });

    test('takes up nothing before it is updated, and all of it then', async () => {
      const { put, history } = await start();
      await put(manyLines(100));
      await history.update();
      expect(await collectAll(history)).toHaveLength(100);
      await put(manyLines(1400, 100));
      await history.update();
      expect(await collectAll(history)).toHaveLength(1500);
      await history.update();
      expect(new Set(idsOf(await collectAll(history))).size).toBe(1500);
    });

    test('passes guests over', async () => {
      const { put, history } = await start();
      await put([{ stockCode: 'A', customer: GUEST }, { stockCode: 'B' }, { stockCode: 'C', customer: GUEST }]);
      await history.update();
      expect(idsOf(await collectAll(history))).toEqual(['536365-B']);
      expect((await history.ordersWithId('536365-A'))[0]).toBeUndefined();
      expect(await history.ordersOf(GUEST)).toEqual([]);
      expect(idsOf(await collect(history.tail({ from: 'first' })))).toEqual(['536365-B']);
      expect(await history.customersNear(0, 10)).toEqual([17850]);
    });

    test('holds an order that comes again once, and does not show it again', async () => {
      const { put, history } = await start();
      const lines = manyLines(700);
      await put(lines);
      await history.update();
      const before = await collectAll(history);
      await put(lines);
      await put([...lines].reverse());
      await history.update();
      expect(sorted(await collectAll(history))).toEqual(sorted(before));
      expect(idsOf(await collect(history.tail({ from: 'first' })))).toHaveLength(700);
      expect(idsOf(await collect(history.tail({ from: { last: 1000 } })))).toHaveLength(700);
    });

    test('replaces an order that comes again with other contents', async () => {
      const { put, history } = await start();
      await put([{ stockCode: 'A' }, { stockCode: 'B' }, { stockCode: 'C' }]);
      await history.update();
      await put([{ stockCode: 'B', quantity: 40 }]);
      await history.update();
      expect((await history.ordersWithId('536365-B'))[0]?.quantity).toBe(40);
      expect(idsOf(await history.ordersOf(17850)).sort()).toEqual(['536365-A', '536365-B', '536365-C']);
      expect(idsOf(await collect(history.tail({ from: 'first' })))).toEqual(['536365-A', '536365-C', '536365-B']);
      await put([{ stockCode: 'B' }]);
      await history.update();
      expect((await history.ordersWithId('536365-B'))[0]?.quantity).toBe(1);
      expect(await collectAll(history)).toHaveLength(3);
    });

    test('takes a repeat and a change in one update as if they came apart', async () => {
      const { put, history } = await start();
      const a: Line = { stockCode: 'A' };
      for (const lines of [[a], [a], [{ ...a, quantity: 2 }, { stockCode: 'B' }], [{ ...a, quantity: 3 }]])
        await put(lines);
      await put([{ stockCode: 'B' }]);
      await history.update();
      expect((await history.ordersOf(17850)).map(({ orderId, quantity }) => [orderId, quantity]).sort()).toEqual([
        ['536365-A', 3],
        ['536365-B', 1],
      ]);
    });

    test('keeps lines of one product in one invoice apart', async () => {
      const { put, history } = await start();
      await put([{}, { occurrence: 2 }, { occurrence: 3, quantity: 9 }]);
      await history.update();
      expect(idsOf(await history.ordersOf(17850))).toEqual(['536365-85123A', '536365-85123A-2', '536365-85123A-3']);
      expect((await history.ordersWithId('536365-85123A-3'))[0]?.quantity).toBe(9);
    });

    test('sorts a customer’s orders by date, oldest first, and those of one moment as they came', async () => {
      const { put, history } = await start();
      await put([
        { invoiceNo: '3', date: '12/9/2011 12:50' },
        { invoiceNo: '1', date: '2/1/2011 9:00', stockCode: 'B' },
        { invoiceNo: '1', date: '2/1/2011 9:00', stockCode: 'A' },
        { invoiceNo: '2', date: '11/10/2011 8:05' },
        { invoiceNo: '9', customer: 5 },
      ]);
      await history.update();
      expect(idsOf(await history.ordersOf(17850))).toEqual(['1-B', '1-A', '2-85123A', '3-85123A']);
    });

    test('brings the lines of an invoice together that comes back after another', async () => {
      const { put, history } = await start();
      await put([
        { invoiceNo: '542806', stockCode: 'A' },
        { invoiceNo: '542807', stockCode: 'A', customer: 5 },
        { invoiceNo: '542806', stockCode: 'B' },
      ]);
      await put([{ invoiceNo: '542806', stockCode: 'C' }]);
      await history.update();
      expect(idsOf(await history.ordersOf(17850))).toEqual(['542806-A', '542806-B', '542806-C']);
    });

    test('finds the orders of all customers who share an id', async () => {
      const { put, history } = await start();
      await put([{ stockCode: 'A', customer: 9, quantity: 9 }]);
      await put([
        { stockCode: 'A', customer: 4, quantity: 4 },
        { stockCode: 'B', customer: 4 },
      ]);
      await history.update();
      const quantities = async (customer?: number) =>
        (await history.ordersWithId('536365-A', customer)).map(({ quantity }) => quantity);
      expect(await quantities()).toEqual([4, 9]);
      expect(await quantities(9)).toEqual([9]);
      expect(await quantities(5)).toEqual([]);
    });

    test('finds an order by id where invoice, product or both hold hyphens', async () => {
      const { put, history } = await start();
      const lines: Line[] = [
        { invoiceNo: 'A-1', stockCode: 'B' },
        { invoiceNo: 'C', stockCode: 'D-2' },
        { invoiceNo: 'E-F', stockCode: 'G-H', occurrence: 2 },
        { invoiceNo: 'with "quote", comma', stockCode: 'x,y' },
      ];
      await put(lines);
      await history.update();
      for (const id of ['A-1-B', 'C-D-2', 'E-F-G-H-2', 'with "quote", comma-x,y']) {
        expect((await history.ordersWithId(id))[0]?.orderId).toBe(id);
      }
      for (const id of ['', '-', 'A', 'A-1', 'A-1-', 'C-D', 'E-F-G-H', 'C-D-2-2', '-B']) {
        expect((await history.ordersWithId(id))[0]).toBeUndefined();
      }
    });

    test('names the nearest customers, nearest first', async () => {
      const { put, history } = await start();
      await put([10, 20, 21, 30, 100_000].map((customer) => ({ invoiceNo: `${customer}`, customer })));
      await history.update();
      expect(await history.customersNear(22, 3)).toEqual([21, 20, 30]);
      expect(await history.customersNear(1, 2)).toEqual([10, 20]);
      expect(await history.customersNear(999_999, 1)).toEqual([100_000]);
      expect(await history.customersNear(20, 1)).toEqual([20]);
      expect((await history.customersNear(20, 10)).sort((a, b) => a - b)).toEqual([10, 20, 21, 30, 100_000]);
    });

    test('tails from the first, the last n, a time of arrival, for all or one customer', async () => {
      const { stream, put, history } = await start();
      await put(manyLines(600));
      let arrivedMs = 0;
      for await (const { arrivalMs } of stream.read({ from: 'first' })) arrivedMs = arrivalMs;
      while (Date.now() <= arrivedMs + 1);
      await put([...manyLines(30), { stockCode: 'G', customer: GUEST }, ...manyLines(10, 600)]);
      const all = idsOf(await collect(history.tail({ from: 'first' })));
      expect(all).toHaveLength(610);
      expect(idsOf(await collect(history.tail({ from: { last: 12 } })))).toEqual(all.slice(-12));
      expect(await collect(history.tail({ from: { last: 0 } }))).toEqual([]);
      expect(idsOf(await collect(history.tail({ from: { sinceMs: arrivedMs + 1 } })))).toEqual(all.slice(-10));
      const ofTwo = await collect(history.tail({ from: 'first', customer: 2 }));
      expect(ofTwo.every(({ customerId }) => customerId === 2)).toBe(true);
      expect(ofTwo.length).toBeGreaterThan(100);
      expect(idsOf(await collect(history.tail({ from: { last: 5 }, customer: 2 })))).toEqual(idsOf(ofTwo.slice(-5)));
      expect(await collect(history.tail({ from: 'first', customer: 99 }))).toEqual([]);
    });

    test('tail follows what comes from any process, each order once and in order', async () => {
      const { fixture, put } = await start();
      const [reader, other] = [await fixture.openHistory(), await fixture.openHistory()];
      await put(manyLines(10));
      const all = follow((signal) => reader.tail({ from: 'first', signal }));
      await all.until(10);
      const ofTwo = follow((signal) => other.tail({ from: { last: 0 }, customer: 2, signal }));
      for (let at = 10; at < 1000; at += 90) {
        await put([...manyLines(90, at), { invoiceNo: 'G', stockCode: `${at}`, customer: GUEST }]);
        if (at % 180 === 10) await other.update();
      }
      await all.until(1000);
      // A repeat is passed over: the change after it is what comes next.
      await put([...manyLines(5), { ...manyLines(1)[0], quantity: 77 }]);
      await all.until(1001);
      const found = await all.stop();
      expect(byCustomer(found.slice(0, 1000))).toEqual(byCustomer(ordersIn([blockOf(manyLines(1000))])));
      expect(found.at(-1)?.quantity).toBe(77);
      const seen = idsOf(await ofTwo.stop());
      expect(new Set(seen).size).toBe(seen.length);
    });

    test('goes on where it was, in another process and after it was told to stop', async () => {
      const { fixture, put, history } = await start();
      await put(manyLines(500));
      const stopped = new AbortController();
      stopped.abort();
      await history.update(stopped.signal);
      const other = await fixture.openHistory();
      await Promise.all([history.update(), other.update()]);
      await put(manyLines(500, 500));
      await Promise.all([other.update(), history.update()]);
      for (const each of [history, other, await fixture.openHistory()]) {
        const ids = idsOf(await collectAll(each));
        expect([ids.length, new Set(ids).size]).toEqual([1000, 1000]);
      }
    });
  });
}

function sorted<T extends { orderId: string }>(orders: T[]): T[] {
  return orders.sort((a, b) => (a.orderId < b.orderId ? -1 : 1));
}
