import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checksumOf } from '../../src/durable-file.js';
import { latestIn, openedLake } from '../fixtures/opened-lake.js';
import { blockOf, idsOf, manyLines, ordersIn, putter } from '../fixtures/orders.js';
import { testLake, testOwnFiles } from './lake.contract.js';

testLake('local', openedLake);
testOwnFiles('local', openedLake);

test('local: a lake that reads the stream itself needs no backfill', async () => {
  const { lake } = await openedLake();
  await expect(lake.backfill()).rejects.toMatchObject({ code: 'failed', hint: /lake rebuild/ });
});

describe('local: an export', () => {
  const hidden = (directory: string) => readdirSync(directory).filter((name) => name.startsWith('.'));

  test('that is interrupted leaves nothing', async () => {
    const { stream, directory, lake } = await openedLake();
    await putter(stream)(manyLines(9));
    await lake.update();
    const to = join(directory, 'exported.parquet');
    for (const abort of [(end: () => void) => end(), (end: () => void) => setImmediate(end)]) {
      const controller = new AbortController();
      const exported = lake.export(to, { signal: controller.signal });
      abort(() => controller.abort());
      // The second may be done before it is cut off: then all of it is there.
      expect(await exported).toBe(existsSync(to) ? 9 : 0);
    }
    expect(hidden(directory)).toEqual([]);
  });

  test('removes what one left that was killed, and nothing of one that runs', async () => {
    const { stream, directory, lake } = await openedLake();
    await putter(stream)(manyLines(9));
    await lake.update();
    const child = spawn('sleep', ['1000']);
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'spawn');
    const ofMachine = checksumOf(hostname());
    const started = readFileSync(`/proc/${child.pid}/stat`, 'latin1').split(' ')[21];
    const ended = `${spawnSync('true').pid}-1-0123456789ab`;
    const kept = [
      `.alakazam-export-${ofMachine}-${child.pid}-${started}-0123456789ab`,
      // Of another machine that writes to the same disk, and of somebody else.
      `.alakazam-export-00000000-${ended}`,
      `.alakazam-export-${ofMachine}-${ended}.txt`,
    ];
    const left = [
      `.alakazam-export-${ofMachine}-${ended}`,
      // A later process has the same number.
      `.alakazam-export-${ofMachine}-${child.pid}-1-0123456789ab`,
    ];
    for (const name of [...kept, ...left]) {
      mkdirSync(join(directory, name));
      writeFileSync(join(directory, name, 'month.parquet'), 'x');
    }
    expect(await lake.export(join(directory, 'exported.csv'))).toBe(9);
    expect(hidden(directory).sort()).toEqual(kept.sort());
  });

  test('goes to a directory, whatever its name, unless that ends in .csv or .parquet', async () => {
    const { stream, directory, lake } = await openedLake();
    await putter(stream)(manyLines(9));
    await lake.update();
    for (const name of ['orders.2026', 'a.b.c', 'csv', '.csv']) {
      expect(await lake.export(join(directory, name))).toBe(9);
      expect(readdirSync(join(directory, name))).toEqual(['month=2010-12']);
    }
    for (const name of ['A.CSV', 'a.Parquet']) {
      expect(await lake.export(join(directory, name))).toBe(9);
      expect(statSync(join(directory, name)).isFile()).toBe(true);
    }
  });

  test('of two to one directory at once, one is refused', async () => {
    const { stream, directory, lake, openLake } = await openedLake();
    await putter(stream)(manyLines(9));
    await lake.update();
    const to = join(directory, 'exported');
    const ended = await Promise.allSettled([lake, openLake(), openLake()].map((each) => each.export(to)));
    const is = { code: 'usage', message: `${to} is there already` };
    expect(ended.filter(({ status }) => status === 'fulfilled')).toEqual([{ status: 'fulfilled', value: 9 }]);
    for (const each of ended) if (each.status === 'rejected') expect(each.reason).toMatchObject(is);
    expect(hidden(directory)).toEqual([]);
  });
});

describe('local: a home whose name DuckDB takes for a pattern', () => {
  test('holds its own orders, and none of its neighbours', async () => {
    for (const neighbour of ['x1', 'x2', 'xx', 'x!']) {
      const { stream, lake } = await openedLake(neighbour);
      await putter(stream)(manyLines(9, 30));
      await lake.update();
    }
    for (const name of ['x*', 'x?', 'x[12]', 'x[!1]', '[x]2', '**', 'x]', '{x1,x2}', "x'1", 'x\\1']) {
      const { stream, lake, directory } = await openedLake(name);
      const put = putter(stream);
      for (let n = 0; n < 2; n++) {
        await put(manyLines(9));
        await lake.update();
      }
      await lake.compact();
      expect([name, idsOf(await latestIn(lake))]).toEqual([name, idsOf(ordersIn([blockOf(manyLines(9))]))]);
      for (const to of ['all.parquet', 'all.csv', 'all']) expect(await lake.export(join(directory, to))).toBe(9);
      expect(readdirSync(join(directory, 'all'))).toEqual(['month=2010-12']);
    }
  });

  test('is refused if no pattern means it alone', async () => {
    const { stream, lake } = await openedLake('a\\b*');
    await putter(stream)(manyLines(3));
    await expect(lake.update()).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('a\\b*') });
  });
});
