import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createBlockBuilder } from '../../src/orders/block-builder.js';
import { GUEST, type OrderBlock } from '../../src/orders/order-block.js';
import type { SourceBatch } from '../../src/sources/order-source.js';
import { atOnce, atRate, atSpeed } from '../../src/sources/pacing.js';
import { lineWith, ordersIn } from '../fixtures/reading.js';

/** The only time there is: waiting moves it. */
let nowMs = 0;
let stopAtMs = Number.POSITIVE_INFINITY;
let stop = new AbortController();

vi.mock('node:timers/promises', () => ({
  setTimeout: async (ms: number, _: unknown, { signal }: { signal: AbortSignal }) => {
    expect(ms).toBeGreaterThan(0);
    // A timer of Node can't wait longer, and would not wait at all.
    expect(ms).toBeLessThan(2 ** 31);
    if (nowMs + ms >= stopAtMs) {
      nowMs = stopAtMs;
      stop.abort();
    }
    signal.throwIfAborted();
    nowMs += ms;
  },
}));

beforeEach(() => {
  nowMs = 1000;
  stopAtMs = Number.POSITIVE_INFINITY;
  stop = new AbortController();
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
});

function block(dates: readonly string[], from: number): OrderBlock {
  const builder = createBlockBuilder();
  dates.forEach((date, i) => {
    builder.add(lineWith(String(from + i), 'A', { date, customer: '' }), GUEST, 1);
  });
  return builder.take();
}

function batchOf(dates: readonly string[], from: number, rejected: SourceBatch['rejected'] = []): SourceBatch {
  const invoices = new Map(dates.map((_, i) => [String(from + i), ['A']]));
  return { orders: block(dates, from), rejected, position: { at: from + dates.length }, invoices };
}

/** Orders one after the other, as many at a time as the pace asks for. */
async function* endless(size: () => number): AsyncGenerator<SourceBatch> {
  for (let from = 0; ; ) {
    const count = size();
    yield batchOf(new Array(count).fill('12/1/2010 8:26'), from);
    from += count;
  }
}

const batchesOf = (dates: readonly string[]) => dates.map((date, i) => batchOf([date], i));

async function* listed(dates: readonly string[]): AsyncGenerator<SourceBatch> {
  for (const [i, date] of dates.entries()) yield batchOf([date], i);
}

interface HandedOn {
  readonly atMs: number;
  readonly batch: SourceBatch;
}

async function collect(batches: AsyncIterable<SourceBatch>, after: (all: HandedOn[]) => void = () => {}) {
  const all: HandedOn[] = [];
  for await (const batch of batches) {
    all.push({ atMs: nowMs - 1000, batch });
    after(all);
  }
  return all;
}

const invoicesOf = (handedOn: readonly HandedOn[]) =>
  handedOn.flatMap(({ batch }) => ordersIn(batch.orders).map(({ invoiceNo }) => Number(invoiceNo)));
const countOf = (handedOn: readonly HandedOn[]) => handedOn.reduce((total, { batch }) => total + batch.orders.count, 0);

describe('at once', () => {
  test('hands on what comes, as it comes', async () => {
    const handedOn = await collect(atOnce().due(listed(['1/1/2011 8:00', '1/2/2011 8:00']), stop.signal));
    expect(handedOn.map(({ atMs, batch }) => [atMs, batch.position])).toEqual([
      [0, { at: 1 }],
      [0, { at: 2 }],
    ]);
  });
});

describe('at a rate', () => {
  test.each([0.5, 1, 3, 20, 150, 1000, 12_345])(
    'of %d orders a second, ten seconds bring ten times as many',
    async (perSecond) => {
      stopAtMs = 11_000;
      const { due, batchSize } = atRate(perSecond);
      const handedOn = await collect(due(endless(batchSize), stop.signal));
      // The first batch is due at once; in the interval [0, 10 s) that is at most one batch more.
      expect(Math.abs(countOf(handedOn) - 10 * perSecond)).toBeLessThanOrEqual(batchSize());
      expect(batchSize()).toBeLessThanOrEqual(Math.max(1, perSecond / 50));
      expect(invoicesOf(handedOn)).toEqual(Array.from({ length: countOf(handedOn) }, (_, i) => i));
    },
  );

  test('no tenth of a second brings more than its share and a batch', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1000 }), async (perSecond) => {
        nowMs = 1000;
        stopAtMs = 3000;
        stop = new AbortController();
        const { due, batchSize } = atRate(perSecond);
        const handedOn = await collect(due(endless(batchSize), stop.signal));
        for (const { atMs } of handedOn) {
          const within = handedOn.filter((of) => of.atMs >= atMs && of.atMs < atMs + 100);
          expect(countOf(within)).toBeLessThanOrEqual(perSecond / 10 + batchSize());
        }
      }),
      { numRuns: 40 },
    );
  });

  test('after a stall of ten seconds two are made up for, not ten', async () => {
    stopAtMs = 16_000;
    const { due, batchSize } = atRate(1000);
    const handedOn = await collect(due(endless(batchSize), stop.signal), (all) => {
      if (all.length === 200) nowMs += 10_000;
    });
    const stalledAt = handedOn[199]?.atMs as number;
    const after = handedOn.filter(({ atMs }) => atMs >= stalledAt + 10_000);
    const atOnce = after.filter(({ atMs }) => atMs === stalledAt + 10_000);
    expect(countOf(atOnce)).toBeGreaterThan(1900);
    expect(countOf(atOnce)).toBeLessThanOrEqual(2000 + 2 * batchSize());
    const nextSecond = after.filter(({ atMs }) => atMs < stalledAt + 11_000);
    expect(countOf(nextSecond)).toBeLessThanOrEqual(3000 + 2 * batchSize());
  });

  test.each([100, 1000, 50_000])(
    'of %d a second is held where each batch takes longer than its share of time',
    async (perSecond) => {
      stopAtMs = 6000;
      const { due, batchSize } = atRate(perSecond);
      const handedOn = await collect(due(endless(batchSize), stop.signal), () => {
        nowMs += 40;
        // Late by the time of a batch, it never waits.
        if (nowMs > 7000) stop.abort();
      });
      const count = countOf(handedOn.filter(({ atMs }) => atMs < 5000));
      expect(Math.abs(count - 5 * perSecond)).toBeLessThanOrEqual(0.02 * 5 * perSecond);
    },
  );

  test('a short stall is made up for in full', async () => {
    stopAtMs = 11_000;
    const { due, batchSize } = atRate(100);
    const handedOn = await collect(due(endless(batchSize), stop.signal), (all) => {
      if (all.length % 100 === 0) nowMs += 200;
    });
    expect(Math.abs(countOf(handedOn) - 1000)).toBeLessThanOrEqual(20);
  });

  test('told to stop, it hands on no more', async () => {
    const { due, batchSize } = atRate(10);
    const handedOn = await collect(due(endless(batchSize), stop.signal), (all) => {
      if (all.length === 3) stop.abort();
    });
    expect(invoicesOf(handedOn)).toEqual([0, 1, 2]);
  });
});

describe('at a speed', () => {
  const dates = ['1/1/2011 8:00', '1/1/2011 8:00', '1/1/2011 8:06', '1/1/2011 9:00', '1/1/2011 9:00', '1/2/2011 8:00'];

  test('orders of one date go together, when their date is due', async () => {
    const waits: [string, number][] = [];
    const pace = atSpeed(3600, (date, waitMs) => waits.push([date, waitMs]));
    expect(pace.batchSize()).toBe(1);
    const handedOn = await collect(pace.due(listed(dates), stop.signal));
    expect(handedOn.map(({ batch }) => ordersIn(batch.orders).map(({ invoiceNo }) => invoiceNo))).toEqual([
      ['0', '1'],
      ['2'],
      ['3', '4'],
      ['5'],
    ]);
    // 6 minutes are 0.1 s, an hour is 1 s, a day 24 s.
    expect(handedOn.map(({ atMs }) => Math.round(atMs))).toEqual([0, 100, 1000, 24_000]);
    expect(waits.map(([date, waitMs]) => [date, Math.round(waitMs)])).toEqual([
      ['2011-01-01T08:00:00', 0],
      ['2011-01-01T08:06:00', 100],
      ['2011-01-01T09:00:00', 900],
      ['2011-01-02T08:00:00', 23_000],
    ]);
  });

  test('nothing is lost or doubled on the way, whatever the dates', async () => {
    const anyDates = fc.array(fc.constantFrom(...dates, '12/1/2010 8:26'), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(anyDates, fc.array(fc.nat(20)), async (of, badAt) => {
        async function* withRejected() {
          for await (const batch of listed(of)) {
            const at = batch.position['at'] as number;
            if (badAt.includes(at))
              yield { ...batchOf([], at, [{ line: at, reason: 'bad', text: '' }]), position: { at, bad: 1 } };
            yield batch;
          }
        }
        const handedOn = await collect(atSpeed(3600, () => {}).due(withRejected(), stop.signal));
        expect(invoicesOf(handedOn)).toEqual(of.map((_, i) => i));
        expect(handedOn.flatMap(({ batch }) => batch.rejected.map(({ line }) => line))).toEqual(
          of.map((_, i) => i + 1).filter((at) => badAt.includes(at)),
        );
        expect(handedOn.flatMap(({ batch }) => [...batch.invoices.keys()])).toEqual(of.map((_, i) => String(i)));
        // Each position stands behind the orders it is handed on with.
        let read = 0;
        for (const { batch } of handedOn) {
          read += batch.orders.count;
          if (batch.orders.count > 0) expect(batch.position['at']).toBeGreaterThanOrEqual(read);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('a new pass is still told where its first orders are put together', async () => {
    async function* passes(): AsyncGenerator<SourceBatch> {
      yield { ...batchOf(['1/1/2011 8:00'], 0), isNewPass: true };
      yield { ...batchOf(['1/1/2011 8:00'], 1), isNewPass: false };
      yield { ...batchOf(['1/1/2011 8:06'], 2), isNewPass: false };
    }
    const handedOn = await collect(atSpeed(3600, () => {}).due(passes(), stop.signal));
    expect(handedOn.map(({ batch }) => batch.isNewPass === true)).toEqual([true, false]);
  });

  test('each pass has a time base of its own', async () => {
    const passes = [...batchesOf(['1/1/2011 8:00', '1/1/2011 9:00']), ...batchesOf(['1/1/2011 8:00', '1/1/2011 9:00'])];
    async function* source() {
      for (const [i, batch] of passes.entries()) yield { ...batch, isNewPass: i === 2 };
    }
    const handedOn = await collect(atSpeed(3600, () => {}).due(source(), stop.signal));
    expect(handedOn.map(({ atMs }) => atMs)).toEqual([0, 1000, 1000, 2000]);
  });

  test('months are waited for', async () => {
    const handedOn = await collect(atSpeed(1, () => {}).due(listed(['1/1/2011 8:00', '7/1/2011 8:00']), stop.signal));
    expect(handedOn.map(({ atMs }) => atMs)).toEqual([0, 181 * 86_400_000]);
  });

  test('all orders may have one date', async () => {
    const [batch] = batchesOf(['1/1/2011 8:00']);
    async function* source() {
      for (let i = 0; i < 60_000; i++) yield batch as SourceBatch;
    }
    const handedOn = await collect(atSpeed(1, () => {}).due(source(), stop.signal));
    expect(countOf(handedOn)).toBe(60_000);
    expect(handedOn.every(({ atMs, batch: { orders } }) => atMs === 0 && orders.count < 8192)).toBe(true);
  });

  test('told to stop while it waits, it keeps back what is not due', async () => {
    stopAtMs = 1000 + 5000;
    const handedOn = await collect(atSpeed(3600, () => {}).due(listed(dates), stop.signal));
    expect(invoicesOf(handedOn)).toEqual([0, 1, 2, 3, 4]);
    expect(handedOn.at(-1)?.batch.position).toEqual({ at: 5 });
    expect(nowMs).toBe(6000);
  });
});
