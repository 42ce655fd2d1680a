import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { OrderHistory } from '../../src/order-history/history.js';
import { openFileSource } from '../../src/sources/order-source.file.js';
import type { OrderSource } from '../../src/sources/order-source.js';
import { atOnce, type Pace } from '../../src/sources/pacing.js';
import { type Load, load } from '../../src/stream/load.js';
import type { BookmarkedStream } from '../../src/stream/stream.js';
import { localFixture } from '../fixtures/local-pipeline.js';
import { collect, collectAll, idsOf } from '../fixtures/orders.js';
import { temporaryDirectory } from '../run-cli.js';

const directory = temporaryDirectory();
let files = 0;

function file(count: number, faulty: readonly number[] = []): string {
  const path = join(directory, `${files++}.csv`);
  const lines = Array.from({ length: count }, (_, n) =>
    faulty.includes(n) ? 'nonsense' : `${Math.floor(n / 4)},P${n % 2},MUG,1,12/1/2010 8:26,2.55,${n % 5 || ''},EIRE`,
  );
  writeFileSync(
    path,
    `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n${lines.join('\n')}\n`,
  );
  return path;
}

/** Small batches, with a turn of the event loop between them so that others get theirs. */
const inTens: Pace = {
  batchSize: () => 10,
  isAhead: false,
  async *due(batches) {
    for await (const batch of batches) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      yield batch;
    }
  },
};

function run(source: OrderSource, stream: BookmarkedStream, more: Partial<Load> = {}) {
  const signal = new AbortController().signal;
  const all: Load = {
    source,
    stream,
    bookmarks: stream.bookmarks,
    views: [],
    isRestart: false,
    count: 1e9,
    pace: atOnce(),
    signal,
    onProgress() {},
  };
  return load({ ...all, ...more });
}

const viewOf = (history: OrderHistory) => ({ name: 'order history', update: history.update });

describe('load', () => {
  test('streams a source to its end and says so', async () => {
    const fixture = await localFixture();
    const stream = await fixture.open();
    const history = await fixture.openHistory(stream);
    const progress: number[] = [];
    const source = await openFileSource(file(100, [7, 51]));
    const loaded = await run(source, stream, { views: [viewOf(history)], onProgress: (n) => progress.push(n) });
    expect(loaded).toMatchObject({ streamed: 98, rejected: 2, isExhausted: true, behind: [] });
    expect(progress.at(-1)).toBe(98);
    expect(await collectAll(history)).toHaveLength(78);
  });

  test('goes on where it was left, with ids that go on too', async () => {
    const fixture = await localFixture();
    const stream = await fixture.open();
    const path = file(40);
    for (const count of [1, 2, 3, 10]) {
      expect(await run(await openFileSource(path), stream, { count })).toMatchObject({
        streamed: count,
        isExhausted: false,
      });
    }
    expect(await run(await openFileSource(path), stream)).toMatchObject({ streamed: 24, isExhausted: true });
    expect(await run(await openFileSource(path), stream)).toMatchObject({ streamed: 0, isExhausted: true });
    const ids = idsOf(await collect(stream.read({ from: 'first' })));
    const whole = await localFixture();
    const undisturbed = await whole.open();
    await run(await openFileSource(path), undisturbed);
    expect(ids).toEqual(idsOf(await collect(undisturbed.read({ from: 'first' }))));
    expect(new Set(ids).size).toBe(40);
  });

  test('reads from the start again when told to, to the same ids', async () => {
    const fixture = await localFixture();
    const stream = await fixture.open();
    const history = await fixture.openHistory(stream);
    const path = file(40);
    await run(await openFileSource(path), stream, { count: 30, views: [viewOf(history)] });
    const loaded = await run(await openFileSource(path), stream, {
      isRestart: true,
      pace: inTens,
      views: [viewOf(history)],
    });
    expect(loaded).toMatchObject({ streamed: 40, isExhausted: true });
    expect(await collect(stream.read({ from: 'first' }))).toHaveLength(70);
    expect(new Set(idsOf(await collectAll(history))).size).toBe(32);
    expect(await collectAll(history)).toHaveLength(32);
  });

  test('two of one source at a time share the work, without repeating or leaving out a line', async () => {
    const fixture = await localFixture();
    const path = file(1000);
    const loads = await Promise.all(
      [0, 1].map(async () => run(await openFileSource(path), await fixture.open(), { pace: inTens })),
    );
    expect(loads.map(({ streamed }) => streamed).reduce((a, b) => a + b)).toBe(1000);
    const ids = idsOf(await collect((await fixture.open()).read({ from: 'first' })));
    expect([ids.length, new Set(ids).size]).toEqual([1000, 1000]);
  });

  test('a view that fails is named, and in nobody’s way', async () => {
    const fixture = await localFixture();
    const stream = await fixture.open();
    const history = await fixture.openHistory(stream);
    let updates = 0;
    const views = [
      { name: 'lake', update: () => Promise.reject(new Error('no space left\n    at a place')) },
      viewOf(history),
      { name: 'alarm', update: async () => ({ arrivalMs: updates++ }) },
    ];
    const loaded = await run(await openFileSource(file(100)), stream, { views, pace: inTens });
    expect(loaded.behind).toEqual([{ name: 'lake', reason: 'no space left' }]);
    expect(loaded.streamed).toBe(100);
    expect(await collectAll(history)).toHaveLength(80);
    expect(updates).toBe(10);
  });

  test('a view that fails for a while is not behind in the end', async () => {
    const fixture = await localFixture();
    let calls = 0;
    const update = async () => {
      if (++calls < 3) throw new Error('not yet');
      return { arrivalMs: 0 };
    };
    const loaded = await run(await openFileSource(file(100)), await fixture.open(), {
      views: [{ name: 'lake', update }],
      pace: inTens,
    });
    expect(loaded.behind).toEqual([]);
  });

  test('stops when it is told to, between two batches', async () => {
    const fixture = await localFixture();
    const stream = await fixture.open();
    const stop = new AbortController();
    const path = file(100);
    const loaded = await run(await openFileSource(path), stream, {
      pace: inTens,
      signal: stop.signal,
      onProgress: (streamed) => streamed === 30 && stop.abort(),
    });
    expect(loaded).toMatchObject({ streamed: 30, isExhausted: false });
    expect(await run(await openFileSource(path), stream)).toMatchObject({ streamed: 70, isExhausted: true });
    expect(new Set(idsOf(await collect(stream.read({ from: 'first' })))).size).toBe(100);
  });

  test('keeps nothing of standard input but its orders and rejected lines', async () => {
    const fixture = await localFixture();
    const stream = await fixture.open();
    const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n';
    async function* stdin() {
      yield Buffer.from(`${header}1,A,MUG,1,12/1/2010 8:26,2.55,5,EIRE\nnonsense\n`);
    }
    const source = await openFileSource('-', { stdin: stdin() });
    expect(await run(source, stream)).toMatchObject({ streamed: 1, rejected: 1, isExhausted: true });
    let rejected = 0;
    for await (const _ of stream.bookmarks.rejected()) rejected++;
    expect(rejected).toBe(1);
  });
});
