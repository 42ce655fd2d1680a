/** What the embedded stream and history promise beyond their ports: several handles, resets, damage, and any sequence of puts. */
import { appendFileSync, copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { open } from 'lmdb';
import { describe, expect, test } from 'vitest';
import { whatIsDamaged } from '../../../src/engines/lmdb/file.js';
import { openStore } from '../../../src/engines/lmdb/store.js';
import { orderId } from '../../../src/orders/order.js';
import { GUEST } from '../../../src/orders/order-block.js';
import { reconcile } from '../../../src/reconciliation/reconcile.js';
import type { SourcePosition } from '../../../src/sources/order-source.js';
import { localFixture, reconcilable } from '../../fixtures/local-pipeline.js';
import {
  blockOf,
  collect,
  collectAll,
  follow,
  idsOf,
  type Line,
  manyLines,
  progress,
  putter,
} from '../../fixtures/orders.js';
import { FIRST_BLOCK_OF_VERSION_1, FIRST_ORDER } from '../../fixtures/reading.js';
import { finish, spawnCli } from '../../run-cli.js';

const never = { signal: new AbortController().signal, onProgress() {} };

describe('several handles on one store', () => {
  test('two that read the same source share its orders, none twice and none left out', async () => {
    const fixture = await localFixture();
    const lines = manyLines(300);
    const handles = [await fixture.open(), await fixture.open()];
    const puts = [0, 0];
    async function work(of: number): Promise<void> {
      const stream = handles[of] as (typeof handles)[number];
      for (;;) {
        const from = (await stream.bookmarks.positionOf('source')) as { at: number } | undefined;
        const at = from?.at ?? 0;
        if (at === lines.length) return;
        if (await stream.put(blockOf(lines.slice(at, at + 10)), progress(from, { at: at + 10 })))
          puts[of] = (puts[of] ?? 0) + 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await Promise.all([work(0), work(1)]);
    const found = await collect((await fixture.open()).read({ from: 'first' }));
    expect(found.map(({ quantity }) => quantity)).toEqual(lines.map(({ quantity }) => quantity));
    expect((puts[0] as number) + (puts[1] as number)).toBe(30);
  });

  test('a reader sees what another process puts', async () => {
    const fixture = await localFixture();
    const stream = await fixture.open();
    const history = await fixture.openHistory(stream);
    const seen = follow((signal) => stream.read({ from: 'first', signal }));
    const tailed = follow((signal) => history.tail({ from: 'first', signal }));
    const csv = `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n${Array.from(
      { length: 2000 },
      (_, n) => `${n},A,MUG,1,12/1/2010 8:26,2.55,${n % 7 === 0 ? '' : n},EIRE\n`,
    ).join('')}`;
    const child = spawnCli(['generate', '--source', '-', '--count', '2000'], { home: fixture.home }, 'pipe');
    child.stdin?.end(csv);
    expect((await finish(child)).stderr).toMatch(/^2,000 orders streamed/m);
    await seen.until(2000);
    await tailed.until(1714);
    expect((await seen.stop()).map(({ invoiceNo }) => Number(invoiceNo))).toEqual(
      Array.from({ length: 2000 }, (_, n) => n),
    );
    expect(new Set(idsOf(await tailed.stop())).size).toBe(1714);
  });

  /** A stream that gets the products A, B, C at these times of its clock. */
  async function putAt(fixture: Awaited<ReturnType<typeof localFixture>>, timesMs: readonly number[]) {
    let nowMs = 0;
    const stream = await fixture.open(() => nowMs);
    const put = putter(stream);
    for (const [i, timeMs] of timesMs.entries()) {
      nowMs = timeMs;
      await put([{ stockCode: 'ABC'[i] as string }]);
    }
    return stream;
  }

  test('arrival times never fall, though a clock does', async () => {
    const stream = await putAt(await localFixture(), [5000, 1000, 9000]);
    const since = async (sinceMs: number) => idsOf(await collect(stream.read({ from: { sinceMs } })));
    expect(await since(5000)).toHaveLength(3);
    expect(await since(5001)).toEqual(['536365-C']);
  });

  test('a clock that was a day ahead does not hold up time for a day', async () => {
    const fixture = await localFixture();
    const stream = await putAt(fixture, [86_400_000, 1000, 9000]);
    const arrivals: number[] = [];
    for await (const { arrivalMs } of stream.read({ from: 'first' })) arrivals.push(arrivalMs);
    expect(arrivals).toEqual([86_400_000, 1000, 9000]);
    const history = await fixture.openHistory(stream);
    expect((await reconcile(reconcilable(stream, history), { ...never, through: [await history.update()] })).pass).toBe(
      true,
    );
  });

  test('a put that fails half-way leaves neither orders nor progress', async () => {
    const fixture = await localFixture();
    const stream = await fixture.open();
    const bad = { at: 1n } as unknown as SourcePosition;
    await expect(stream.put(blockOf(manyLines(600)), progress(undefined, bad))).rejects.toThrow();
    expect(stream.last()).toBe(0);
    expect(await stream.bookmarks.positionOf('source')).toBeUndefined();
    await putter(stream)([{}]);
    expect(stream.last()).toBe(1);
    expect(await collect((await fixture.open()).read({ from: 'first' }))).toHaveLength(1);
  });

  test('an invoice of a quarter of a million lines is read as any other', async () => {
    const fixture = await localFixture();
    const stream = await fixture.open();
    const history = await fixture.openHistory(stream);
    const put = putter(stream);
    for (let part = 0; part < 8; part++) {
      await put(Array.from({ length: 32_768 }, (_, i) => ({ invoiceNo: '1', stockCode: `${part * 32_768 + i}` })));
      await history.update();
    }
    expect(await history.ordersOf(17850)).toHaveLength(262_144);
  });
});

describe('reset', () => {
  test('is seen by a reader and a tail that are under way, and by the history', async () => {
    const fixture = await localFixture();
    const [stream, other] = [await fixture.open(), await fixture.open()];
    const history = await fixture.openHistory(stream);
    await putter(other)(manyLines(100));
    const seen = follow((signal) => stream.read({ from: 'first', signal }));
    const tailed = follow((signal) => history.tail({ from: 'first', signal }));
    await Promise.all([seen.until(100), tailed.until(100)]);
    await other.clear();
    await putter(other)(manyLines(40, 1000));
    await Promise.all([seen.until(140), tailed.until(140)]);
    const expected = [...idsOf(await collect(other.read({ from: 'first' })))];
    expect(expected).toHaveLength(40);
    expect(idsOf(await seen.stop()).slice(100)).toEqual(expected);
    expect(idsOf(await tailed.stop()).slice(100)).toEqual(expected);
    expect(idsOf(await collectAll(history)).sort()).toEqual(expected.sort());
    expect((await history.ordersWithId('600000-P0'))[0]).toBeUndefined();
  });

  test('in the middle of reading begins at the new first order, and shows each once', async () => {
    const fixture = await localFixture();
    const stream = await fixture.open();
    const other = await fixture.open();
    await putter(other)(manyLines(2000));
    const stop = new AbortController();
    const blocks = stream.read({ from: 'first', signal: stop.signal })[Symbol.asyncIterator]();
    await blocks.next();
    await other.clear();
    const after = manyLines(1500, 90_000);
    await putter(other)(after);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const ids: string[] = [];
    while (ids.length < 1500) ids.push(...idsOf(await collect(once((await blocks.next()).value))));
    stop.abort();
    expect(ids.slice(0, 3)).toEqual(['630000-P0', '630000-P1', '630000-P2']);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('empties positions, codes and rejected lines too', async () => {
    const stream = await (await localFixture()).open();
    const rejected = [{ line: 2, reason: 'no', text: '' }];
    await stream.put(blockOf([{}]), progress(undefined, { at: 1 }, { rejected, invoices: new Map([['1', ['A']]]) }));
    await stream.clear();
    expect(await stream.bookmarks.positionOf('source')).toBeUndefined();
    expect(stream.bookmarks.codesOf('source', '1')).toBeUndefined();
    expect([stream.last(), await stream.bookmarks.rejectedCount()]).toEqual([0, 0]);
    await putter(stream)([{}]);
    expect([stream.last(), await stream.bookmarks.rejectedCount()]).toEqual([1, 0]);
  });
});

describe('damage', () => {
  test('of a stored block is named', async () => {
    const fixture = await localFixture();
    const stream = await fixture.open();
    await putter(stream)(manyLines(1000));
    await stream.close();
    const path = join(fixture.home, 'stream.mdb');
    const bytes = readFileSync(path);
    // LMDB leaves pages behind that are no longer of the store.
    const last = Buffer.from('600333,P0,');
    for (let at = bytes.indexOf(last); at >= 0; at = bytes.indexOf(last, at + 1)) bytes[at] = 0x51;
    writeFileSync(path, bytes);
    const again = await fixture.open();
    const read = collect(again.read({ from: 'first' }));
    await expect(read).rejects.toThrow(/stream\.mdb is damaged: the orders up to number 1000 can't be read/);
    await expect(read).rejects.toMatchObject({ code: 'failed', hint: expect.stringContaining('backup') });
  });

  test('of a file is seen before it is mapped', async () => {
    const fixture = await localFixture();
    const stream = await fixture.open();
    await putter(stream)(manyLines(20_000));
    await stream.close();
    const whole = join(fixture.home, 'stream.mdb');
    const copy = join(fixture.home, 'copy.mdb');
    const damagedBy = (damage: (path: string) => void) => {
      copyFileSync(whole, copy);
      damage(copy);
      return whatIsDamaged(copy);
    };
    const size = readFileSync(whole).length;
    expect(damagedBy(() => {})).toBeUndefined();
    expect(damagedBy((path) => truncateSync(path, 0))).toBeUndefined();
    expect(damagedBy((path) => truncateSync(path, 100))).toBeDefined();
    expect(damagedBy((path) => truncateSync(path, 5000))).toBeDefined();
    expect(damagedBy((path) => truncateSync(path, size >> 1))).toMatch(/has \d+ of its \d+ bytes/);
    expect(damagedBy((path) => writeFileSync(path, Buffer.alloc(size)))).toMatch(/does not begin like a store/);
    expect(damagedBy((path) => writeFileSync(path, 'not a store'))).toMatch(/does not begin like a store/);
    expect(damagedBy((path) => appendFileSync(path, Buffer.alloc(4096)))).toBeUndefined();
    expect(whatIsDamaged(join(fixture.home, 'nowhere.mdb'))).toBeUndefined();
  });

  test('of the number of a transaction is seen, or begins with no older one', async () => {
    const fixture = await localFixture();
    const stream = await fixture.open();
    for (let i = 0; i < 4; i++) await putter(stream, `source ${i}`)([{ invoiceNo: `${i}` }]);
    await stream.close();
    const path = join(fixture.home, 'stream.mdb');
    const whole = readFileSync(path);
    const unseen: string[] = [];
    for (const page of [0, 4096]) {
      for (let bit = 0; bit < 64; bit++) {
        const bytes = Buffer.from(whole);
        const at = page + 152 + (bit >> 3);
        bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
        writeFileSync(path, bytes);
        const again = await fixture.open().catch((error: Error) => error);
        if (again instanceof Error) expect(again.message).toMatch(/stream\.mdb is damaged: /);
        else if (again.last() !== 4) unseen.push(`bit ${bit} of page ${page}`);
        if (!(again instanceof Error)) await again.close();
      }
    }
    expect(unseen).toEqual([]);
  });

  test('a store of version 1, whose values have no checksums, is brought up to date and loses nothing', async () => {
    const { home, open: openStream, openHistory } = await localFixture();
    const rejected = { source: 'a.csv', line: 2, reason: 'no', text: 'x' };
    const root = open<Buffer, string | number | (string | number)[]>({
      path: join(home, 'stream.mdb'),
      encoding: 'binary',
    });
    const put = (table: string, key: string | number | (string | number)[], value: string | Buffer) =>
      root.openDB<Buffer, typeof key>(table, { encoding: 'binary' }).putSync(key, Buffer.from(value));
    put('meta', 'version', '1');
    put('meta', 'identity', 'b9d5e7c4-0000-4000-8000-000000000000');
    put('orders', 1, Buffer.from(FIRST_BLOCK_OF_VERSION_1, 'base64'));
    put('sources', ['source'], JSON.stringify({ source: 'a.csv', position: { at: 7 } }));
    put('sources', ['source', '536365'], '85123A');
    put('rejected', ['source', 2], JSON.stringify(rejected));
    await root.close();
    const stream = await openStream();
    expect((await collect(stream.read({ from: 'first' }))).map((order) => JSON.stringify(order))).toEqual([
      FIRST_ORDER,
    ]);
    expect(await stream.bookmarks.positionOf('source')).toEqual({ at: 7 });
    expect(stream.bookmarks.codesOf('source', '536365')).toEqual(['85123A']);
    for await (const each of stream.bookmarks.rejected()) expect(each).toEqual(rejected);
    expect(await stream.bookmarks.rejectedCount()).toBe(1);
    await putter(stream, 'other')([{ invoiceNo: '536366' }]);
    const history = await openHistory(stream);
    await history.update();
    expect(idsOf(await history.ordersOf(17850))).toEqual(['536365-85123A', '536366-85123A']);
    // What was brought up to date is checked from now on.
    await Promise.all([stream.close(), history.close()]);
    const path = join(home, 'stream.mdb');
    const bytes = readFileSync(path);
    const at = (from: number) => bytes.indexOf('"at":7', from);
    for (let i = at(0); i >= 0; i = at(i + 1)) bytes[i + 5] = 0x38;
    writeFileSync(path, bytes);
    await expect((await openStream()).bookmarks.positionOf('source')).rejects.toThrow(/is not as it was stored/);
  });

  test('a store of a newer version is not opened', async () => {
    const fixture = await localFixture();
    await (await fixture.open()).close();
    const root = open<Buffer, string>({ path: join(fixture.home, 'stream.mdb'), encoding: 'binary' });
    root.openDB<Buffer, string>('meta', { encoding: 'binary' }).putSync('version', Buffer.from('99'));
    await root.close();
    expect(() => openStore(fixture.home, 'stream', { tables: [], remedy: '' })).toThrow(
      /newer alakazam \(store version 99, known is 2\)/,
    );
  });
});

describe('a customer with many invoices', () => {
  /** Runs are kept in values of 256: whatever the number of them, and however it falls, none is left over. */
  test.each([255, 256, 257, 258, 512, 513])('%i runs, of which changes make fewer', async (count) => {
    const fixture = await localFixture();
    const stream = await fixture.open();
    const history = await fixture.openHistory(stream);
    const put = putter(stream);
    const lines: Line[] = Array.from({ length: count - 2 }, (_, n) => ({ invoiceNo: `${n}` }));
    // One invoice in two places, so two runs; it comes again, changed, in one.
    const [x, y]: Line[] = [
      { invoiceNo: 'X', stockCode: 'A' },
      { invoiceNo: 'X', stockCode: 'B' },
    ];
    await put([x as Line, ...lines, y as Line]);
    await history.update();
    await put([
      { ...x, quantity: 5 },
      { ...y, quantity: 6 },
    ]);
    await history.update();
    const ids = idsOf(await history.ordersOf(17850));
    expect([ids.length, new Set(ids).size]).toEqual([count, count]);
    expect((await history.ordersWithId('X-B'))[0]?.quantity).toBe(6);
    expect((await reconcile(reconcilable(stream, history), never)).differences).toEqual([]);
  });
});

describe('any sequence of puts, repeats and changes', () => {
  /** The customer follows from the invoice, as it does in every source there is. */
  const INVOICES = { '536365': 17850, C536366: 17850, 'A-1': 5, '7': 0, guest: GUEST } as const;
  const lineOf = fc.record({
    invoiceNo: fc.constantFrom(...(Object.keys(INVOICES) as (keyof typeof INVOICES)[])),
    stockCode: fc.constantFrom('85123A', '22-752', 'POST'),
    occurrence: fc.constantFrom(1, 2),
    quantity: fc.constantFrom(1, 2, -3),
  });
  const batchOf = fc.record({
    // A source numbers its lines, so no id comes twice in one batch.
    lines: fc.uniqueArray(lineOf, {
      maxLength: 12,
      selector: ({ invoiceNo, stockCode, occurrence }) => orderId(invoiceNo, stockCode, occurrence),
    }),
    by: fc.constantFrom(0, 1),
    isUpdated: fc.boolean(),
  });

  test('leaves what a Map would hold, by every way of asking', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(batchOf, { maxLength: 12 }), async (batches) => {
        const fixture = await localFixture();
        const streams = [await fixture.open(), await fixture.open()] as const;
        const histories = [await fixture.openHistory(streams[0]), await fixture.openHistory(streams[1])] as const;
        const model = new Map<string, Line & { quantity: number }>();
        let at = 0;
        let guests = 0;
        for (const { lines, by, isUpdated } of batches) {
          const full = lines.map((line) => ({ ...line, customer: INVOICES[line.invoiceNo] }));
          const stream = streams[by as 0 | 1];
          expect(await stream.put(blockOf(full), progress(at === 0 ? undefined : { at }, { at: at + 1 }))).toBe(true);
          at++;
          for (const line of full) {
            if (line.customer === GUEST) guests++;
            else {
              const id = orderId(line.invoiceNo, line.stockCode, line.occurrence);
              if (model.get(id)?.quantity === line.quantity) continue;
              // What is replaced stands where its replacement stands.
              model.delete(id);
              model.set(id, line);
            }
          }
          if (isUpdated) await histories[by as 0 | 1].update();
        }
        await new Promise((resolve) => setImmediate(resolve));
        for (const [which, history] of histories.entries()) {
          await history.update();
          const expected = [...model].map(([id, { quantity }]) => [id, quantity]);
          const pairs = (orders: { orderId: string; quantity: number }[]) =>
            orders.map(({ orderId: id, quantity }) => [id, quantity]);
          expect(pairs(await collect(history.tail({ from: 'first' })))).toEqual(expected);
          expect(pairs(await collect(history.tail({ from: { last: 3 } })))).toEqual(expected.slice(-3));
          expect(pairs(await collectAll(history)).sort()).toEqual([...expected].sort());
          for (const [id, { quantity }] of model) expect((await history.ordersWithId(id))[0]?.quantity).toBe(quantity);
          for (const customer of [17850, 5, 0]) {
            const of = [...model].filter(([, line]) => line.customer === customer);
            expect(pairs(await history.ordersOf(customer)).sort()).toEqual(
              of.map(([id, { quantity }]) => [id, quantity]).sort(),
            );
          }
          const result = await reconcile(reconcilable(streams[which as 0 | 1], history), never);
          const streamed = batches.reduce((sum, { lines }) => sum + lines.length, 0);
          expect(result).toMatchObject({
            pass: true,
            streamed,
            guests,
            views: { history: { held: model.size, repeated: streamed - guests - model.size } },
            differences: [],
          });
        }
        for (const each of [...histories, ...streams]) await each.close();
      }),
      { numRuns: 60 },
    );
  });
});

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}
