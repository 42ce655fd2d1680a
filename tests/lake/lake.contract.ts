/** What every driver of the lake promises; each driver's test is one call of this. */
import { describe, expect, test } from 'vitest';
import type { Lake } from '../../src/lake/lake.js';
import { lakeView } from '../../src/lake/lake-view.js';
import { GUEST } from '../../src/orders/order-block.js';
import { reconcile } from '../../src/reconciliation/reconcile.js';
import type { View } from '../../src/stage.js';
import type { BookmarkedStream } from '../../src/stream/stream.js';
import { blockOf, idsOf, type Line, manyLines, ordersIn, putter } from '../fixtures/orders.js';

export interface LakeFixture {
  readonly stream: BookmarkedStream;
  readonly lake: Lake;
  /** Where it is not `lakeView`. */
  readonly view?: View;
}

async function latest(lake: Lake) {
  const orders = [];
  for await (const block of lake.all()) orders.push(...ordersIn([block]));
  return orders.sort((a, b) => (a.orderId < b.orderId ? -1 : 1));
}

async function verified({ stream, lake, view = lakeView(lake) }: LakeFixture) {
  const { arrivalMs } = await view.update();
  const options = { signal: new AbortController().signal, onProgress() {}, through: [{ arrivalMs }] };
  return reconcile({ stream, bookmarks: stream.bookmarks, views: [view] }, options);
}

export function testLake(name: string, start: () => Promise<LakeFixture>) {
  describe(`${name}: lake`, () => {
    test('holds every order of the stream, guests and returns too', async () => {
      const { stream, lake } = await start();
      await putter(stream)([...manyLines(6), { customer: GUEST, stockCode: 'G' }, { quantity: -3, stockCode: 'R' }]);
      await lake.update();
      expect((await latest(lake)).map(({ orderId }) => orderId)).toEqual(
        [...idsOf(ordersIn([blockOf(manyLines(6))])), '536365-G', '536365-R'].sort(),
      );
      expect(await lake.status()).toMatchObject({
        arrivals: 8,
        replaced: 0,
        months: [{ month: '2010-12', arrivals: 8 }],
      });
    });

    test('keeps every value as it is', async () => {
      const { stream, lake } = await start();
      const lines: Line[] = [
        { stockCode: 'A', description: 'SAYS "HI", TWICE', unitPrice: '-11062.06', quantity: -80995 },
        { stockCode: 'B', description: ' two\r\nlines\n', country: '', unitPrice: '0.000001', date: '2/29/2012 0:00' },
        { stockCode: 'C', description: 'a\rb', date: '2011-10-31T23:59:59', unitPrice: '999999999999.999999' },
        { stockCode: 'D', description: 'NULL', country: 'null', quantity: 999_999_999_999_999, customer: GUEST },
        { stockCode: 'É 1', description: '🎁 £5', date: '12/31/9999 23:59', unitPrice: '002.500', customer: 0 },
        { stockCode: 'A', occurrence: 2, description: '', date: '1/1/0001 0:00' },
      ];
      await putter(stream)(lines);
      await lake.update();
      const expected = ordersIn([blockOf(lines)]).map((order) => ({
        ...order,
        unitPrice: order.unitPrice === '002.500' ? '2.5' : order.unitPrice,
      }));
      expect(await latest(lake)).toEqual(expected.sort((a, b) => (a.orderId < b.orderId ? -1 : 1)));
    });

    test('has the latest version of an order that came again, and every arrival', async () => {
      const fixture = await start();
      const { stream, lake } = fixture;
      await putter(
        stream,
        'first',
      )([...manyLines(30), { stockCode: 'X', quantity: 1 }, { stockCode: 'X', quantity: 2 }]);
      await lake.update();
      await putter(
        stream,
        'second',
      )([...manyLines(30), { stockCode: 'X', quantity: 3, customer: 4 }, { stockCode: 'X', quantity: 4, customer: 5 }]);
      expect(await verified(fixture)).toMatchObject({
        differences: [],
        streamed: 64,
        views: { lake: { held: 31, repeated: 33, notExpected: 0 } },
      });
      expect((await latest(lake)).filter(({ stockCode }) => stockCode === 'X')).toMatchObject([
        { quantity: 4, customerId: 5 },
      ]);
      expect(await lake.status()).toMatchObject({ arrivals: 64, replaced: 33 });
    });

    test('tells orders apart whose ids are the same', async () => {
      const { stream, lake } = await start();
      await putter(stream)([
        { invoiceNo: '1-2', stockCode: '3' },
        { invoiceNo: '1', stockCode: '2-3' },
        { invoiceNo: '9', stockCode: 'A', occurrence: 2 },
        { invoiceNo: '9', stockCode: 'A-2' },
      ]);
      await lake.update();
      expect((await latest(lake)).map(({ invoiceNo, stockCode }) => `${invoiceNo}/${stockCode}`).sort()).toEqual([
        '1-2/3',
        '1/2-3',
        '9/A',
        '9/A-2',
      ]);
    });

    test('gives what arrived since', async () => {
      const { stream, lake } = await start();
      await putter(stream)(manyLines(3));
      await lake.update();
      const arrivals = [];
      for await (const block of stream.read({ from: 'first' })) arrivals.push(block.arrivalMs);
      const arrivalMs = Math.max(...arrivals);
      const count = async (sinceMs: number) => {
        let orders = 0;
        for await (const block of lake.all(sinceMs)) orders += block.count;
        return orders;
      };
      expect([await count(arrivalMs), await count(arrivalMs + 1)]).toEqual([3, 0]);
    });

    test('is empty before there are orders', async () => {
      const fixture = await start();
      expect(await verified(fixture)).toMatchObject({ differences: [], streamed: 0 });
      expect(await latest(fixture.lake)).toEqual([]);
      expect(await fixture.lake.status()).toMatchObject({ arrivals: 0, months: [] });
    });
  });
}

/** What a lake promises that this program writes, and nobody else. */
export function testOwnFiles(name: string, start: () => Promise<LakeFixture>) {
  describe(`${name}: files of the lake`, () => {
    test('holds the same however it is brought up to date, joined and made again', async () => {
      const fixture = await start();
      const { stream, lake } = fixture;
      const put = putter(stream);
      for (let n = 0; n < 12; n++) {
        await put(manyLines(9, n * 9).map((line, i) => ({ ...line, date: `${1 + (i % 3)}/5/2011 8:26` })));
        await lake.update();
      }
      const before = await latest(lake);
      expect(before).toHaveLength(108);
      await lake.compact();
      expect((await lake.status()).months).toMatchObject([
        { month: '2011-01', arrivals: 36, files: 1 },
        { month: '2011-02', arrivals: 36, files: 1 },
        { month: '2011-03', arrivals: 36, files: 1 },
      ]);
      expect(await latest(lake)).toEqual(before);
      await lake.rebuild();
      expect(await latest(lake)).toEqual(before);
      expect((await verified(fixture)).differences).toEqual([]);
    });

    test('are not there before there are orders', async () => {
      const { lake } = await start();
      await lake.compact();
      expect(await lake.status()).toMatchObject({ arrivals: 0, months: [] });
    });
  });
}
