import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openedLake } from '../fixtures/opened-lake.js';
import { manyLines, putter } from '../fixtures/orders.js';
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
