import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Question, Warehouse } from '../../src/warehouse/warehouse.js';
import { manyLines } from '../fixtures/orders.js';
import { openedWarehouse } from './opened-warehouse.js';
import { testWarehouse } from './warehouse.contract.js';

const start = async (lines: Parameters<typeof openedWarehouse>[0]) => (await openedWarehouse(lines)).warehouse;

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

test('duckdb: a home whose name is a pattern is read alone, and can be read', async () => {
  await openedWarehouse(manyLines(6, 30), 'home-1').then(({ lake }) => lake.update());
  const { warehouse } = await openedWarehouse(manyLines(6), 'home-[1]');
  const options = { signal: new AbortController().signal };
  const { rows } = await warehouse.ask({ sql: 'SELECT count(*), max(quantity) FROM orders', values: [] }, options);
  for await (const some of rows) expect(some).toEqual([[6, 6]]);
});

describe('duckdb: an answer that was given before', () => {
  const signal = new AbortController().signal;
  const question = { sql: 'SELECT count(*) AS n, sum(quantity) AS units FROM orders', values: [], isStable: true };

  async function answered({ ask }: Warehouse, asked: Question = question) {
    const { rows, cost } = await ask(asked, { signal });
    const all: unknown[] = [];
    for await (const some of rows) all.push(...some);
    return { rows: all, isKept: cost() === 'asked before' };
  }

  test('is given again, until an order arrives', async () => {
    const { put, warehouse } = await openedWarehouse(manyLines(3));
    expect(await answered(warehouse)).toEqual({ rows: [[3, 6]], isKept: false });
    expect(await answered(warehouse)).toEqual({ rows: [[3, 6]], isKept: true });
    await put([{ stockCode: 'NEW', quantity: 10 }]);
    expect(await answered(warehouse)).toEqual({ rows: [[4, 16]], isKept: false });
    expect(await answered(warehouse)).toEqual({ rows: [[4, 16]], isKept: true });
  });

  test('is of the same question, with the same values, and of one whose answer stays', async () => {
    const { warehouse } = await openedWarehouse(manyLines(3));
    const withValue = (value: string): Question => ({
      sql: 'SELECT CAST(:n AS bigint) AS n',
      values: [{ name: 'n', type: 'integer', value }],
      isStable: true,
    });
    expect(await answered(warehouse, withValue('1'))).toEqual({ rows: [[1]], isKept: false });
    expect(await answered(warehouse, withValue('2'))).toEqual({ rows: [[2]], isKept: false });
    expect(await answered(warehouse, withValue('1'))).toEqual({ rows: [[1]], isKept: true });
    const own = { ...question, isStable: false };
    await answered(warehouse, own);
    expect((await answered(warehouse, own)).isKept).toBe(false);
  });

  test('is asked again where it can not be read', async () => {
    const { directory, warehouse } = await openedWarehouse(manyLines(3));
    await answered(warehouse);
    const [file = ''] = readdirSync(join(directory, 'answers'));
    const path = join(directory, 'answers', file);
    for (const text of ['', 'x', readFileSync(path, 'utf8').replace('[[3,', '[[4,')]) {
      writeFileSync(path, text);
      expect(await answered(warehouse)).toEqual({ rows: [[3, 6]], isKept: false });
    }
  });

  test('is not that of a lake which was made again from another stream', async () => {
    const { lake, directory, warehouse } = await openedWarehouse(manyLines(3));
    await answered(warehouse);
    const kept = readFileSync(join(directory, 'fresh.json'), 'utf8');
    await lake.rebuild();
    writeFileSync(join(directory, 'fresh.json'), kept);
    expect((await answered(warehouse)).isKept).toBe(false);
  });
});
