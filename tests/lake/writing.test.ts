/** Several processes at once, and what those leave behind that end in the middle. */
import { once } from 'node:events';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/engines/lmdb/store.js';
import { LOCK_STORE } from '../../src/engines/lmdb/writer-lock.js';
import { leaseManifest } from '../../src/lake/leases.local.js';
import type { NumberedStream } from '../../src/stream/numbered-stream.js';
import { latestIn, openedLake, pathsIn } from '../fixtures/opened-lake.js';
import { idsOf, manyLines, putter } from '../fixtures/orders.js';
import { endedProcess, otherProcess } from '../fixtures/processes.js';

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^(writer\.mdb|fresh\.json$)/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

test('a lake that is made again is seen as a whole, and as it was until then', async () => {
  const { stream, openLake, lake } = await openedLake();
  await putter(stream)(manyLines(30));
  await lake.update();
  const seen: number[] = [];
  const look = async () => void seen.push((await lake.status()).arrivals);
  const slow: NumberedStream = {
    ...stream,
    async *from(sequence) {
      await look();
      for await (const block of stream.from(sequence)) {
        yield block;
        await look();
      }
    },
  };
  await openLake(slow).rebuild();
  expect(seen).toEqual([30, 30]);
  // Ended early, it changes nothing.
  const before = pathsIn(lake);
  const stop = new AbortController();
  const stopped: NumberedStream = {
    ...stream,
    async *from(sequence) {
      stop.abort();
      yield* stream.from(sequence);
    },
  };
  await openLake(stopped).rebuild({ signal: stop.signal });
  expect(pathsIn(lake)).toEqual(before);
  expect(await latestIn(lake)).toHaveLength(30);
});

test('a lake that another process has brought further than this one saw the stream is not made again', async () => {
  const { stream, openLake, lake } = await openedLake();
  const put = putter(stream);
  await put(manyLines(4));
  await lake.update();
  const paths = pathsIn(lake);
  // Like a transaction of LMDB, which sees what there was when it began: the first look was before the others wrote.
  let last = stream.last();
  let looks = 0;
  const behind: NumberedStream = {
    ...stream,
    last: () => last,
    refresh() {
      looks++;
      if (looks > 1) last = stream.last();
    },
  };
  await put(manyLines(4, 4));
  await lake.update();
  await openLake(behind).update();
  expect(pathsIn(lake)).toEqual(expect.arrayContaining([...paths]));
  expect((await lake.status()).arrivals).toBe(8);
});

test('a stream that is emptied while its orders are brought in leaves none of them', async () => {
  const { stream, openLake } = await openedLake();
  await putter(stream)(manyLines(30));
  const emptied: NumberedStream = {
    ...stream,
    async *from(sequence) {
      yield* stream.from(sequence);
      if (stream.last() !== 30) return;
      await stream.clear();
      await putter(stream, 'other')([{ stockCode: 'NEW' }]);
    },
  };
  const lake = openLake(emptied);
  await lake.update();
  expect(idsOf(await latestIn(lake))).toEqual(['536365-NEW']);
});

test('only one of several processes writes at a time, and none writes an order twice', async () => {
  const { stream, openLake, lake } = await openedLake();
  const put = putter(stream);
  const lakes = [lake, openLake(), openLake()];
  for (let n = 0; n < 6; n++) {
    await put(manyLines(5, n * 5));
    await Promise.all(lakes.map((each, i) => (n % 3 === 2 && i === 2 ? each.compact() : each.update())));
  }
  expect(await lake.status()).toMatchObject({ arrivals: 30, replaced: 0 });
  expect(await latestIn(lake)).toHaveLength(30);
});

test('the lock of a process that ended is free, and that of a stopped one is waited for', async () => {
  const { stream, directory, lake } = await openedLake();
  await putter(stream)(manyLines(3));
  const store = openStore(directory, 'writer', LOCK_STORE);
  onTestFinished(() => store.close());
  const hold = (name: object) =>
    store.write(() => void store.table('meta').putSync('writer', Buffer.from(JSON.stringify(name))));
  await hold(endedProcess());
  await lake.update();
  expect((await lake.status()).arrivals).toBe(3);

  const { child, name } = await otherProcess();
  // A process has the number of one that held the lock.
  await hold({ ...name, started: String(Number(name.started) - 1) });
  await putter(stream, 'second')(manyLines(3, 3));
  await lake.update();
  expect((await lake.status()).arrivals).toBe(6);

  await hold(name);
  child.kill('SIGSTOP');
  await putter(stream, 'third')(manyLines(3, 6));
  const stop = new AbortController();
  const waiting = lake.update({ signal: stop.signal });
  stop.abort();
  await waiting;
  expect((await lake.status()).arrivals).toBe(6);
  const patient = lake.update();
  child.kill('SIGKILL');
  await patient;
  expect((await lake.status()).arrivals).toBe(9);
});

test('files that are read stay until their reader is done or has ended', async () => {
  const { stream, directory, lake } = await openedLake();
  const put = putter(stream);
  await put(manyLines(3));
  await lake.update();
  const { name, child } = await otherProcess();
  const paths = pathsIn(lake);
  // A lease as another process leaves it.
  const { manifest, release } = leaseManifest(directory);
  writeFileSync(join(directory, 'readers', `${manifest.version}-${name.pid}-${name.started}-0123456789ab`), '');
  const exist = () => paths.filter((path) => statSync(path, { throwIfNoEntry: false })).length;
  await lake.rebuild();
  release();
  await lake.rebuild();
  expect(exist()).toBe(paths.length);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await put(manyLines(3, 3));
  await lake.update();
  expect(exist()).toBe(0);
  expect(readdirSync(join(directory, 'readers'))).toEqual([]);
});

test('what killed processes left is deleted, and nothing that is none of the lake', async () => {
  const { stream, directory, lake } = await openedLake();
  await putter(stream)(manyLines(3));
  await lake.update();
  const { name } = await otherProcess();
  const { pid, started } = endedProcess();
  const left = [
    'manifest.json.0123456789ab',
    'fresh.json.0123456789ab',
    'orders/month=2010-12/000000000001-000000000009-7.parquet',
    'orders/month=1999-01/000000000001-000000000009-7.parquet',
    'replaced/000000000001-000000000009-7.parquet',
    'tmp/0123456789abcdef.csv',
    'tmp/0123456789abcdef.parquet',
    `readers/1-${pid}-${started}-0123456789ab`,
    `spill-${pid}-${started}-0123456789ab/duckdb_temp_storage_DEFAULT-0.tmp`,
  ];
  const foreign = [
    'manifest.json.bak',
    'orders/notes.txt',
    'orders/month=2010-12/my.parquet',
    'orders/2010/000000000001-000000000009-7.parquet',
    'replaced/README',
    'tmp/thesis.csv',
    'readers/list.txt',
    `spill-${name.pid}-${name.started}-0123456789ab/duckdb_temp_storage_DEFAULT-0.tmp`,
  ];
  for (const path of [...left, ...foreign]) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), 'x');
  }
  await putter(stream, 'second')(manyLines(3, 3));
  await lake.update();
  const expected = [
    join(directory, 'manifest.json'),
    ...pathsIn(lake),
    ...foreign.map((path) => join(directory, path)),
  ];
  expect(filesIn(directory)).toEqual(expected.sort());
});

test('a signal is heard while a batch is read, and leaves nothing of it', async () => {
  const { stream, openLake, directory } = await openedLake();
  await putter(stream)(manyLines(3));
  const controller = new AbortController();
  let blocks = 0;
  const endless: NumberedStream = {
    ...stream,
    async *from(sequence) {
      setImmediate(() => controller.abort());
      for await (const block of stream.from(sequence)) {
        for (; blocks < 10_000; blocks++) yield block;
      }
    },
  };
  await openLake(endless).update({ signal: controller.signal });
  expect(blocks).toBeLessThan(100);
  expect(readdirSync(join(directory, 'tmp'))).toEqual([]);
});

test('a batch of long lines has fewer of them', async () => {
  const { stream, lake } = await openedLake();
  const put = putter(stream);
  const long = '一'.repeat(65_536);
  for (let n = 0; n < 12; n++) {
    await put(manyLines(10, n * 10).map((line) => ({ ...line, description: long, country: long })));
  }
  const progress: number[] = [];
  await lake.update({ onProgress: (done) => progress.push(done) });
  // 47 MB, of which DuckDB holds 32 at once and no more.
  expect(progress).toEqual([90, 120]);
  expect((await latestIn(lake)).every(({ description, country }) => description === long && country === long)).toBe(
    true,
  );
});
