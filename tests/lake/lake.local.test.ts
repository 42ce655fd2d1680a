import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { latestIn, openedLake } from '../fixtures/opened-lake.js';
import { blockOf, idsOf, manyLines, ordersIn, putter } from '../fixtures/orders.js';
import { testLake } from './lake.contract.js';

testLake('local', openedLake);

test('local: an export that is interrupted leaves nothing', async () => {
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
  expect(readdirSync(directory).filter((name) => name.startsWith('exported.parquet.'))).toEqual([]);
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
