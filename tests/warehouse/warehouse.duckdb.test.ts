import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stampOf } from '../../src/engines/lmdb/file.js';
import { openStore } from '../../src/engines/lmdb/store.js';
import { freshVersion } from '../../src/lake/freshness.local.js';
import { openLocalLake } from '../../src/lake/lake.local.js';
import { LOCK_STORE } from '../../src/lake/writer-lock.local.js';
import { openKeptAnswers } from '../../src/warehouse/kept-answers.duckdb.js';
import { openDuckDbWarehouse } from '../../src/warehouse/warehouse.duckdb.js';
import { localFixture } from '../fixtures/local-pipeline.js';
import { type Line, putter } from '../fixtures/orders.js';
import { testWarehouse } from './warehouse.contract.js';

async function start(lines: readonly Line[]) {
  const { home, open } = await localFixture();
  const stream = await open();
  const put = putter(stream);
  // Each by itself: of an order that comes twice, the second replaces the first.
  for (const line of lines) await put([line]);
  const directory = join(home, 'lake');
  const lake = openLocalLake(directory, stream, openStore(directory, 'writer', LOCK_STORE));
  return openDuckDbWarehouse({
    lake: async () => lake,
    knownVersion: () => freshVersion(directory, stampOf(stream.path)),
    answers: openKeptAnswers(join(directory, 'answers')),
    spillTo: () => join(directory, 'spill'),
  });
}

testWarehouse('duckdb', start);

test('duckdb: numbers that JSON lacks, and values that are no single one', async () => {
  const warehouse = await start([]);
  const sql = `SELECT 'NaN'::double AS nan, '-inf'::double AS inf, 170141183460469231731687303715884105727::hugeint AS huge,
    [1, 2] AS list, {'a': 1} AS struct, DATE '2011-02-03' AS day, 1.5::float AS real, uuid '00000000-0000-0000-0000-000000000001' AS id`;
  const { columns, rows } = await warehouse.ask({ sql, values: [] }, { signal: new AbortController().signal });
  const found = [];
  for await (const some of rows) found.push(...some);
  expect(JSON.parse(JSON.stringify(found[0]))).toEqual([
    null,
    null,
    '170141183460469231731687303715884105727',
    '[1,2]',
    '{"a":1}',
    '2011-02-03',
    1.5,
    '00000000-0000-0000-0000-000000000001',
  ]);
  expect(columns.map(({ type }) => type)).toEqual([
    'number',
    'number',
    'integer',
    'other',
    'other',
    'date',
    'number',
    'other',
  ]);
});
