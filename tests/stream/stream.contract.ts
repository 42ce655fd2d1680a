/** What every order stream promises; each driver's tests are one call of this. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Order } from '../../src/orders/order.js';
import { GUEST } from '../../src/orders/order-block.js';
import type { BookmarkedStream } from '../../src/stream/stream.js';
import {
  blockOf,
  byCustomer,
  collect,
  follow,
  idsOf,
  type Line,
  manyLines,
  progress,
  putter,
} from '../fixtures/orders.js';

export interface StreamFixture {
  /** Opens the stream as a process does: each call is another handle on the same one, which is empty at first. */
  open(): Promise<BookmarkedStream>;
}

export interface StreamOptions {
  /** True where orders come back in the order they were put; otherwise only those of one customer do. */
  readonly isTotalOrder?: boolean;
}

export function testStream(name: string, create: () => Promise<StreamFixture>, { isTotalOrder }: StreamOptions = {}) {
  /** What a driver has to keep of an order of orders. */
  const inOrder = (orders: readonly Order[]) => (isTotalOrder ? idsOf(orders) : byCustomer(orders));

  const expectedOf = (lines: readonly Line[]) => {
    const block = blockOf(lines);
    return collect(
      (async function* () {
        yield { arrivalMs: 0, orders: block };
      })(),
    );
  };

  describe(`${name}: order stream`, () => {
    test('gives nothing while it is empty', async () => {
      const stream = await (await create()).open();
      expect(await collect(stream.read({ from: 'first' }))).toEqual([]);
      expect(await collect(stream.read({ from: { last: 10 } }))).toEqual([]);
      expect(await collect(stream.read({ from: { sinceMs: 0 } }))).toEqual([]);
      expect([0, undefined]).toContain(stream.size?.());
      expect(await stream.bookmarks.positionOf('source')).toBeUndefined();
      expect(stream.bookmarks.codesOf('source', '536365')).toBeUndefined();
    });

    test('gives back every order as it was put, whatever its fields hold', async () => {
      const stream = await (await create()).open();
      const lines: Line[] = [
        { description: ' two  spaces ', unitPrice: '0.001' },
        { stockCode: '22752', description: 'SET 7 "BABUSHKA", £5', quantity: -12 },
        { stockCode: 'A-B', description: '日本 🎁', occurrence: 3, country: 'Korea, Republic of' },
        { stockCode: 'POST', customer: GUEST, description: '' },
        { stockCode: 'LONG', description: 'x'.repeat(60_000) },
      ];
      expect(await stream.put(blockOf(lines), progress(undefined, { at: 1 }))).toBe(true);
      expect([lines.length, undefined]).toContain(stream.size?.());
      const found = await collect(stream.read({ from: 'first' }));
      const expected = await expectedOf(lines);
      expect(new Map(found.map((order) => [order.orderId, order]))).toEqual(
        new Map(expected.map((order) => [order.orderId, order])),
      );
      expect(found.at(0)?.customerId === undefined).toBe(false);
      expect(found.find(({ stockCode }) => stockCode === 'POST')?.customerId).toBeNull();
    });

    test('keeps the order of many batches, small and large', async () => {
      const stream = await (await create()).open();
      const put = putter(stream);
      const lines = manyLines(3000);
      const sizes = [1, 2, 511, 512, 513, 1, 1024, 436];
      let at = 0;
      for (const size of sizes) {
        await put(lines.slice(at, at + size));
        at += size;
      }
      expect(at).toBe(3000);
      expect(inOrder(await collect(stream.read({ from: 'first' })))).toEqual(inOrder(await expectedOf(lines)));
    });

    test('has put orders and progress when put returns, for another process to see', async () => {
      const fixture = await create();
      const stream = await fixture.open();
      const rejected = [{ line: 7, reason: 'Quantity "six" is not a whole number', text: 'a,b,c,six' }];
      const invoices = new Map([['536365', ['85123A', '85123A']]]);
      await stream.put(
        blockOf([{}, { occurrence: 2 }]),
        progress(undefined, { offset: 100, line: 3 }, { rejected, invoices }),
      );
      const other = await fixture.open();
      expect(idsOf(await collect(other.read({ from: 'first' }))).sort()).toEqual(['536365-85123A', '536365-85123A-2']);
      expect(await other.bookmarks.positionOf('source')).toEqual({ offset: 100, line: 3 });
      expect(other.bookmarks.codesOf('source', '536365')).toEqual(['85123A', '85123A']);
      expect(await rejectedOf(other)).toEqual([{ source: 'orders.csv', ...rejected[0] }]);
    });

    test('puts nothing from a position that another process has read on from', async () => {
      const fixture = await create();
      const [one, other] = [await fixture.open(), await fixture.open()];
      expect(await one.put(blockOf([{ stockCode: 'A' }]), progress(undefined, { at: 1 }))).toBe(true);
      const stale = {
        rejected: [{ line: 2, reason: 'no', text: '' }],
        invoices: new Map([['536365', ['A', 'B']]]),
      };
      expect(await other.put(blockOf([{ stockCode: 'B' }]), progress(undefined, { at: 2 }, stale))).toBe(false);
      expect(await other.put(blockOf([{ stockCode: 'B' }]), progress({ at: 9 }, { at: 10 }, stale))).toBe(false);
      expect(idsOf(await collect(other.read({ from: 'first' })))).toEqual(['536365-A']);
      expect(await other.bookmarks.positionOf('source')).toEqual({ at: 1 });
      expect(other.bookmarks.codesOf('source', '536365')).toBeUndefined();
      expect(await rejectedOf(other)).toEqual([]);
      expect(await other.put(blockOf([{ stockCode: 'B' }]), progress({ at: 1 }, { at: 2 }))).toBe(true);
      expect(idsOf(await collect(one.read({ from: 'first' })))).toEqual(['536365-A', '536365-B']);
    });

    test('keeps each source for itself', async () => {
      const stream = await (await create()).open();
      await stream.put(
        blockOf([{ stockCode: 'A' }]),
        progress(undefined, { at: 1 }, { sourceId: 'a', invoices: new Map([['536365', ['A']]]) }),
      );
      await stream.put(
        blockOf([{ stockCode: 'B' }]),
        progress(undefined, { at: 5 }, { sourceId: 'b', invoices: new Map([['536365', ['B']]]) }),
      );
      expect([await stream.bookmarks.positionOf('a'), await stream.bookmarks.positionOf('b')]).toEqual([
        { at: 1 },
        { at: 5 },
      ]);
      expect(stream.bookmarks.codesOf('a', '536365')).toEqual(['A']);
      expect(stream.bookmarks.codesOf('b', '536365')).toEqual(['B']);
      expect(stream.bookmarks.codesOf('a', '5363')).toBeUndefined();
    });

    test('forgets codes and rejected lines of a source that is restarted, and no order', async () => {
      const stream = await (await create()).open();
      const kept = {
        invoices: new Map([['536365', ['A']]]),
        rejected: [{ line: 2, reason: 'no', text: 'x' }],
      };
      await stream.put(blockOf([{ stockCode: 'A' }]), progress(undefined, { at: 1 }, kept));
      await stream.put(blockOf([{ stockCode: 'C' }]), progress(undefined, { at: 1 }, { sourceId: 'other', ...kept }));
      const isPut = await stream.put(
        blockOf([{ stockCode: 'A' }]),
        progress(undefined, { at: 4 }, { isRestart: true }),
      );
      expect(isPut).toBe(true);
      expect(await stream.bookmarks.positionOf('source')).toEqual({ at: 4 });
      expect(stream.bookmarks.codesOf('source', '536365')).toBeUndefined();
      expect(stream.bookmarks.codesOf('other', '536365')).toEqual(['A']);
      expect(await rejectedOf(stream)).toHaveLength(1);
      expect(idsOf(await collect(stream.read({ from: 'first' })))).toHaveLength(3);
    });

    test('forgets a source and keeps its orders and rejected lines', async () => {
      const stream = await (await create()).open();
      const kept = {
        invoices: new Map([['536365', ['A']]]),
        rejected: [{ line: 2, reason: 'no', text: 'x' }],
      };
      await stream.put(blockOf([{ stockCode: 'A' }]), progress(undefined, { at: 1 }, kept));
      await stream.bookmarks.forget('source');
      expect(await stream.bookmarks.positionOf('source')).toBeUndefined();
      expect(stream.bookmarks.codesOf('source', '536365')).toBeUndefined();
      expect(await rejectedOf(stream)).toHaveLength(1);
      expect(await collect(stream.read({ from: 'first' }))).toHaveLength(1);
    });

    test('takes progress without orders', async () => {
      const stream = await (await create()).open();
      const rejected = [{ line: 2, reason: '1 fields instead of 8', text: 'x' }];
      expect(await stream.put(blockOf([]), progress(undefined, { at: 1 }, { rejected }))).toBe(true);
      expect(await stream.bookmarks.positionOf('source')).toEqual({ at: 1 });
      expect(await rejectedOf(stream)).toHaveLength(1);
      expect(await collect(stream.read({ from: 'first' }))).toEqual([]);
    });

    test('begins at the last n orders, of all or of one customer', async () => {
      const stream = await (await create()).open();
      const put = putter(stream);
      const lines = manyLines(1500);
      await put(lines.slice(0, 700));
      await put(lines.slice(700));
      const all = await expectedOf(lines);
      expect(await collect(stream.read({ from: { last: 0 } }))).toEqual([]);
      const last = await collect(stream.read({ from: { last: 600 } }));
      if (isTotalOrder) expect(idsOf(last)).toEqual(idsOf(all.slice(-600)));
      else expect(last).toHaveLength(600);
      expect(await collect(stream.read({ from: { last: 5000 } }))).toHaveLength(1500);
      const ofThree = all.filter(({ customerId }) => customerId === 3);
      expect(idsOf(await collect(stream.read({ from: { last: 7 }, customer: 3 })))).toEqual(idsOf(ofThree.slice(-7)));
      expect(idsOf(await collect(stream.read({ from: { last: 5000 }, customer: 3 })))).toEqual(idsOf(ofThree));
      expect(await collect(stream.read({ from: { last: 5 }, customer: 99 }))).toEqual([]);
    });

    test('gives the orders of one customer, or of guests, alone', async () => {
      const stream = await (await create()).open();
      await putter(stream)([{ stockCode: 'A' }, { stockCode: 'B', customer: GUEST }, { stockCode: 'C', customer: 0 }]);
      const codesOf = async (customer: number) => idsOf(await collect(stream.read({ from: 'first', customer })));
      expect(await codesOf(17850)).toEqual(['536365-A']);
      expect(await codesOf(GUEST)).toEqual(['536365-B']);
      expect(await codesOf(0)).toEqual(['536365-C']);
    });

    test('begins at a time of arrival', async () => {
      const stream = await (await create()).open();
      const put = putter(stream);
      await put([{ stockCode: 'A' }]);
      const arrivedMs = await arrivalsOf(stream);
      expect(Math.abs((arrivedMs[0] as number) - Date.now())).toBeLessThan(60_000);
      while (Date.now() <= (arrivedMs[0] as number) + 1);
      await put([{ stockCode: 'B' }]);
      const since = async (sinceMs: number) => idsOf(await collect(stream.read({ from: { sinceMs } })));
      expect(await since(0)).toEqual(['536365-A', '536365-B']);
      expect(await since(arrivedMs[0] as number)).toEqual(['536365-A', '536365-B']);
      expect(await since((arrivedMs[0] as number) + 1)).toEqual(['536365-B']);
      expect(await since(Date.now() + 60_000)).toEqual([]);
    });

    test('follows what other processes put, each order once and in order, until it is told to stop', async () => {
      const fixture = await create();
      const put = putter(await fixture.open());
      const reader = await fixture.open();
      const lines = manyLines(2000);
      await put(lines.slice(0, 100));
      const all = follow((signal) => reader.read({ from: 'first', signal }));
      const customer = follow((signal) => reader.read({ from: 'first', customer: 2, signal }));
      await all.until(100);
      for (let at = 100; at < 2000; at += 190) await put(lines.slice(at, at + 190));
      const expected = await expectedOf(lines);
      const expectedOfTwo = expected.filter(({ customerId }) => customerId === 2);
      await all.until(2000);
      await customer.until(expectedOfTwo.length);
      expect(inOrder(await all.stop())).toEqual(inOrder(expected));
      expect(idsOf(await customer.stop())).toEqual(idsOf(expectedOfTwo));
    });

    test('follows from the next order on', async () => {
      const fixture = await create();
      const put = putter(await fixture.open());
      await put([{ stockCode: 'A' }]);
      const reader = await fixture.open();
      const stop = new AbortController();
      const blocks = reader.read({ from: 'next', signal: stop.signal })[Symbol.asyncIterator]();
      // Reading begins where it is first asked. Nothing tells when that was, so more is put until some of it arrives.
      const first = blocks.next();
      const next: string[] = [];
      for (let isThere = false; !isThere; isThere = await Promise.race([first.then(() => true), delay(20, false)])) {
        await put([{ stockCode: `B${next.length}` }]);
        next.push(`536365-B${next.length}`);
      }
      const { value } = await first;
      const ids = idsOf(await collect(one(value)));
      expect(ids).toEqual(next.slice(next.indexOf(ids[0] as string)).slice(0, ids.length));
      expect(ids).not.toEqual([]);
      stop.abort();
      // It may still give what it had read by then, and ends.
      for (let end = await blocks.next(); !end.done; end = await blocks.next());
    });

    test('stops at once when it is told to before it begins to wait', async () => {
      const stream = await (await create()).open();
      await putter(stream)([{}]);
      const follower = follow((signal) => stream.read({ from: 'next', signal }));
      expect(await follower.stop()).toEqual([]);
    });
  });
}

async function rejectedOf(stream: BookmarkedStream) {
  const lines = [];
  for await (const line of stream.bookmarks.rejected()) lines.push(line);
  return lines;
}

async function arrivalsOf(stream: BookmarkedStream): Promise<number[]> {
  const arrivals: number[] = [];
  for await (const { arrivalMs } of stream.read({ from: 'first' })) arrivals.push(arrivalMs);
  return arrivals;
}

async function* one<T>(value: T): AsyncGenerator<T> {
  yield value;
}
