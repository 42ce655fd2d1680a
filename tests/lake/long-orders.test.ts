/** Orders with long fields need more memory than DuckDB may take, unless it spares it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/engines/duckdb/database.js';
import { store } from '../../src/lake/batch.local.js';
import { exportOrders } from '../../src/lake/export.local.js';
import { temporaryDirectory } from '../run-cli.js';

const ROWS = 2400;

test('files of long orders are joined in their order, and exported', async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'tmp'));
  const opened = async (memoryMib?: number) => {
    const database = await openDatabase({
      spillTo: join(directory, 'spill'),
      ...(memoryMib !== undefined && { memoryMib }),
    });
    onTestFinished(() => database.close());
    return database;
  };
  const wide = await opened();
  // 60 KB of text an order that no compression makes small.
  const long = `(SELECT string_agg(md5(concat(n, '-', i)), '') FROM range(1900) AS parts(i))`;
  for (let from = 0; from < ROWS; from += 100) {
    await wide.run(`COPY (SELECT n AS sequence, ${long} AS description FROM range(${from}, ${from + 100}) AS numbers(n))
      TO '${join(directory, `${10_000 + from}.parquet`)}' (FORMAT parquet)`);
  }
  const small = await opened(128);
  const all = `SELECT * FROM read_parquet('${join(directory, '1*.parquet')}')`;
  await expect(small.run(`COPY (${all}) TO '${join(directory, 'x.parquet')}' (FORMAT parquet)`)).rejects.toThrow(
    /not enough memory/,
  );
  const { rows } = await store(small, directory, 'joined.parquet', all, ROWS);
  expect(rows).toBe(ROWS);
  const read = (from: string) => wide.rows(`SELECT count(*), bool_and(sequence = file_row_number) FROM ${from}`);
  expect(await read(`read_parquet('${join(directory, 'joined.parquet')}', file_row_number = true)`)).toEqual([
    [String(ROWS), true],
  ]);

  const other = await opened(128);
  await other.run(`CREATE VIEW orders AS ${all}`);
  expect(await exportOrders(other, join(directory, 'exported.parquet'))).toBe(ROWS);
});
