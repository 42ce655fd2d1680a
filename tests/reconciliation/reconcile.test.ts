import { describe, expect, test } from 'vitest';
import type { OrderHistory } from '../../src/order-history/history.js';
import { historyView } from '../../src/order-history/history-view.js';
import { GUEST, orderOf } from '../../src/orders/order-block.js';
import { reconcile } from '../../src/reconciliation/reconcile.js';
import type { View } from '../../src/stage.js';
import type { OrderStream } from '../../src/stream/stream.js';
import { localFixture, reconcilable } from '../fixtures/local-pipeline.js';
import { blockOf, collectAll, type Line, manyLines, putter } from '../fixtures/orders.js';

/** A stream and a history that hold just these. */
function holding(streamed: readonly Line[], held: readonly Line[], rejectedCount = 0, more: Partial<View> = {}) {
  const stream = {
    async *read() {
      for (const [n, line] of streamed.entries()) yield { arrivalMs: n * 1000, orders: blockOf([line]) };
    },
  } as unknown as OrderStream;
  const history = {
    async *all() {
      for (const line of held) yield blockOf([line]);
    },
    async ordersWithId(id: string, customer: number) {
      const all = held.map((line) => orderOf(blockOf([line]), 0));
      return all.filter(({ orderId, customerId }) => orderId === id && customerId === customer);
    },
  } as unknown as OrderHistory;
  const bookmarks = { rejectedCount: async () => rejectedCount };
  const options = { signal: new AbortController().signal, onProgress() {} };
  return reconcile({ stream, bookmarks, views: [{ ...historyView(history), ...more }] }, options);
}

const lines = manyLines(20);

describe('reconciliation', () => {
  test('goes by sequence numbers where there are some: a clock may stand still while others stream on', async () => {
    let read = 0;
    const stream = {
      size: () => 4,
      async *read() {
        for (const [n, line] of manyLines(1000).entries()) {
          read++;
          yield { first: n + 1, arrivalMs: 5000, orders: blockOf([line]) };
        }
      },
    } as unknown as OrderStream;
    const view = historyView({
      async *all() {
        yield blockOf(manyLines(3));
      },
    } as unknown as OrderHistory);
    const options = { signal: new AbortController().signal, onProgress() {}, through: [{ arrivalMs: 5000, next: 3 }] };
    const bookmarks = { rejectedCount: async () => 0 };
    expect(await reconcile({ stream, bookmarks, views: [view] }, options)).toMatchObject({
      pass: true,
      streamed: 2,
      views: { history: { held: 2, repeated: 0 } },
    });
    expect(read).toBe(5);
  });

  test('asks the view for no order that was rightly replaced, however many were', async () => {
    const changed = lines.map((line) => ({ ...line, quantity: 77 }));
    const find = () => Promise.reject(new Error('asked'));
    const result = await holding([...lines, ...changed, ...lines], lines, 0, { find });
    expect(result).toMatchObject({ pass: true, streamed: 60, views: { history: { held: 20, repeated: 40 } } });
  });

  test('looks at what the stream still has, and leaves out what it has forgotten', async () => {
    const [old, again, recent] = [{ stockCode: 'A' }, { stockCode: 'B' }, { stockCode: 'C' }];
    const asked: unknown[] = [];
    const stream = {
      async *read({ from }: { from: unknown }) {
        asked.push(from);
        for (const line of [again, recent]) yield { arrivalMs: 9000, orders: blockOf([line]) };
      },
    } as unknown as OrderStream;
    const history = {
      async *all(sinceMs: number) {
        asked.push(sinceMs);
        yield blockOf([recent]);
      },
      async ordersWithId(id: string) {
        return [old, again].map((line) => orderOf(blockOf([line]), 0)).filter(({ orderId }) => orderId === id);
      },
    } as unknown as OrderHistory;
    const views = [historyView(history)];
    const bookmarks = { rejectedCount: async () => 0 };
    const options = { signal: new AbortController().signal, onProgress() {}, sinceMs: 5000 };
    // What came again has its first arrival in the history.
    expect(await reconcile({ stream, bookmarks, views }, options)).toMatchObject({
      pass: true,
      streamed: 2,
      views: { history: { held: 1, repeated: 1 } },
    });
    expect(asked).toEqual([5000, { sinceMs: 5000 }]);
  });

  test('counts apart what a view need not hold yet, and misses what it must', async () => {
    const held = lines.slice(0, 3);
    // Each line arrives a second after the one before: three are due early, and eighteen late.
    const [early, late] = [2000, 17_000].map(async (lastMs) =>
      holding(lines, held, 0, { isDue: (arrivalMs) => arrivalMs <= lastMs }),
    );
    expect(await early).toMatchObject({ pass: true, views: { history: { held: 3, repeated: 0, notDue: 17 } } });
    expect(await late).toMatchObject({ pass: false, views: { history: { held: 3, notDue: 2 } } });
    expect((await late)?.differences).toContain('15 orders in all are missing from the history');
  });

  test('counts an order that came before with other contents and came again as the view holds it', async () => {
    const [old, now]: Line[] = [{ stockCode: 'A' }, { stockCode: 'A', quantity: 2 }];
    const before = { find: async () => orderOf(blockOf([now as Line]), 0) };
    expect(await holding([old, now] as Line[], [], 0, before)).toMatchObject({
      differences: [],
      views: { history: { held: 0, repeated: 2 } },
    });
  });

  test('passes where all agrees, to the last tenth of a penny', async () => {
    const streamed: Line[] = [
      { stockCode: 'A', quantity: 3, unitPrice: '0.1' },
      { stockCode: 'B', quantity: -1, unitPrice: '0.001' },
      { stockCode: 'C', quantity: 3, unitPrice: '0.2', customer: GUEST },
      { stockCode: 'A', quantity: 3, unitPrice: '0.1' },
    ];
    expect(await holding(streamed, streamed.slice(0, 2), 4)).toEqual({
      pass: true,
      streamed: 4,
      rejected: 4,
      guests: 1,
      revenue: '1.199',
      views: { history: { held: 2, repeated: 1, notExpected: 1, revenue: '0.299' } },
      differences: [],
    });
  });

  test('passes on nothing at all', async () => {
    expect(await holding([], [])).toMatchObject({ pass: true, revenue: '0', views: { history: { revenue: '0' } } });
  });

  test('sums what binary fractions can’t, and more than a number holds', async () => {
    const many = Array.from({ length: 3000 }, (_, n): Line => ({ stockCode: `${n}`, unitPrice: '0.1' }));
    expect(await holding(many, many)).toMatchObject({ revenue: '300', views: { history: { revenue: '300' } } });
    const large: Line[] = [
      { stockCode: 'A', quantity: 999_999_999_999_999, unitPrice: '999999999999999.999' },
      { stockCode: 'B', quantity: 1, unitPrice: '0.000000000000001' },
    ];
    expect((await holding(large, large)).revenue).toBe('999999999999998999000000000000.001000000000001');
  });

  test('names each order the history misses', async () => {
    const held = lines.filter((_, n) => n !== 4 && n !== 9);
    const result = await holding(lines, held);
    expect(result.pass).toBe(false);
    expect(result).toMatchObject({ streamed: 20, guests: 0, views: { history: { held: 18, repeated: 0 } } });
    expect(result.differences).toEqual([
      'order 600001-P1 of customer 2 is in the stream and not in the history',
      'order 600003-P0 of customer 4 is in the stream and not in the history',
    ]);
    expect([result.revenue, result.views['history']?.revenue]).toEqual(['535.5', '497.25']);
  });

  test('names ten of many, and says how many there are', async () => {
    const { differences, pass } = await holding(manyLines(50), []);
    expect(pass).toBe(false);
    expect(differences.slice(0, 10).every((of) => of.endsWith('in the stream and not in the history'))).toBe(true);
    expect(differences[10]).toBe('50 orders in all are missing from the history');
  });

  test('says what the history has and the stream has not', async () => {
    const extra: Line = { invoiceNo: 'X', unitPrice: '1' };
    const result = await holding(lines, [...lines, extra]);
    expect(result.pass).toBe(false);
    expect(result.differences[0]).toBe('1 order in the history and not in the stream');
  });

  test('names an order that the history holds twice', async () => {
    const result = await holding(lines, [...lines, lines[3] as Line]);
    expect(result.pass).toBe(false);
    expect(result.differences[0]).toBe('order 600001-P0 is in the history twice');
  });

  test('finds an order whose contents differ in the history', async () => {
    const held = lines.map((line, n) => (n === 7 ? { ...line, quantity: 1000 } : line));
    const result = await holding(lines, held);
    expect(result.pass).toBe(false);
    expect(result.differences.length).toBeGreaterThan(0);
  });

  test('finds an order that the history holds as it was before it was corrected', async () => {
    const [wrong, right]: Line[] = [{ quantity: 1 }, { quantity: 12 }];
    const result = await holding([wrong as Line, right as Line], [wrong as Line]);
    expect(result).toMatchObject({ pass: false, views: { history: { held: 1, repeated: 1 } } });
    expect(result.differences).toEqual([
      'order 536365-85123A of customer 17850 is in the history as an older version than in the stream',
    ]);
    expect((await holding([wrong as Line, right as Line], [right as Line])).pass).toBe(true);
    // It came back to what it was, and is right.
    expect((await holding([wrong as Line, right as Line, wrong as Line], [wrong as Line])).pass).toBe(true);
  });

  test('lets go an order whose correction does not belong in the view, and no other', async () => {
    const expects: View['expects'] = (orders) => orderOf(orders, 0).quantity < 0;
    const back: Line = { stockCode: 'A', quantity: -2 };
    const sale: Line = { stockCode: 'A', quantity: 2 };
    const of = (...streamed: Line[]) => holding(streamed, [], 0, { expects });
    expect(await of(back, back, sale)).toMatchObject({
      differences: [],
      views: { history: { held: 0, repeated: 2, notExpected: 1 } },
    });
    const missing = 'order 536365-A of customer 17850 is in the stream and not in the history';
    expect((await of(back, { ...sale, stockCode: 'B' })).differences).toContain(missing);
    expect((await of(back, { ...sale, customer: 1 })).differences).toContain(missing);
    expect((await of(sale, back)).differences).toContain(missing);
    expect((await of(back, sale, back)).differences).toContain(missing);
  });

  test('finds one order for another of the same value', async () => {
    const a: Line = { stockCode: 'A' };
    const b: Line = { stockCode: 'B' };
    const result = await holding([a, b], [a, { stockCode: 'Z' }]);
    expect(result.pass).toBe(false);
    expect(result.differences).toEqual([
      'order 536365-B of customer 17850 is in the stream and not in the history',
      '1 order in the history and not in the stream',
      expect.stringMatching(/^revenue/),
    ]);
  });

  test('finds an order under another customer', async () => {
    const result = await holding([{ customer: 5 }], [{ customer: 6 }]);
    expect(result.pass).toBe(false);
  });

  test('does not pass when it was interrupted', async () => {
    const stop = new AbortController();
    stop.abort();
    const fixture = await localFixture();
    const stream = await fixture.open();
    const history = await fixture.openHistory(stream);
    await putter(stream)(lines);
    await history.update();
    const result = await reconcile(reconcilable(stream, history), { signal: stop.signal, onProgress() {} });
    expect(result.pass).toBe(false);
    expect(result.differences).toContain('interrupted before everything was read');
  });

  test('says how many orders it reads, in the view and in the stream', async () => {
    const fixture = await localFixture();
    const stream = await fixture.open();
    const history = await fixture.openHistory(stream);
    const put = putter(stream);
    await put([...lines, { stockCode: 'G', customer: GUEST }]);
    await history.update();
    const heard: (readonly [read: number, most: number | undefined])[] = [];
    const signal = new AbortController().signal;
    const onProgress = (read: number, most: number | undefined) => void heard.push([read, most]);
    await reconcile(reconcilable(stream, history), { signal, onProgress });
    // 20 orders in the history, which may hold all 21 until it was read, and 21 in the stream.
    expect(heard.find(([read]) => read === 20)).toEqual([20, 42]);
    expect(heard.at(-1)).toEqual([41, 41]);
    heard.length = 0;
    await reconcile({ ...reconcilable(stream, history), stream: { read: stream.read } }, { signal, onProgress });
    expect(heard.at(-1)).toEqual([41, undefined]);
  });

  test('counts the same of the embedded target', async () => {
    const fixture = await localFixture();
    const stream = await fixture.open();
    const history = await fixture.openHistory(stream);
    const put = putter(stream);
    await put([...lines, { stockCode: 'G', customer: GUEST }]);
    await put([...lines.slice(0, 5), { ...lines[6], quantity: 500 }]);
    await history.update();
    const result = await reconcile(reconcilable(stream, history), {
      signal: new AbortController().signal,
      onProgress() {},
    });
    expect(result).toMatchObject({
      pass: true,
      streamed: 27,
      guests: 1,
      views: { history: { held: 20, repeated: 6, notExpected: 1 } },
      differences: [],
    });
    expect(await collectAll(history)).toHaveLength(20);
  });
});
