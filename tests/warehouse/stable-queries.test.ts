/** The named queries have the same answer for as long as the lake stays the same: that is why an answer may be kept. */
import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { findQueries } from '../../src/warehouse/query-files.js';
import { outlineOf } from '../../src/warehouse/statement.js';

/** Words of a statement that DuckDB knows as functions whose answer may change from call to call, or from day to day. */
async function changingIn(sql: string): Promise<string[]> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const known = await connection.runAndReadAll(
    "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE stability <> 'CONSISTENT'",
  );
  const names = new Set(known.getRows().map(([name]) => name as string));
  connection.closeSync();
  instance.closeSync();
  return outlineOf(sql)
    .toLowerCase()
    .split(/\W+/)
    .filter((word) => names.has(word) || word.startsWith('current_') || word === 'tablesample');
}

test.each([...findQueries(undefined).values()])('$name asks for no time and no random number', async ({ path }) => {
  expect(await changingIn(readFileSync(path, 'utf8'))).toEqual([]);
});

test.each(['now()', 'random()', 'current_date', 'uuid()', 'today()'])('one with %s would be found', async (call) => {
  expect(await changingIn(`SELECT ${call} -- not in the comment: now()`)).toHaveLength(1);
});
