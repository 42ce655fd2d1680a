/** A question reads the tables, and nothing else of the machine; it changes nothing. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/engines/lmdb/store.js';
import { LOCK_STORE } from '../../src/engines/lmdb/writer-lock.js';
import type { Lake } from '../../src/lake/lake.js';
import { openLocalLake } from '../../src/lake/lake.local.js';
import { spillPath } from '../../src/lake/spill.local.js';
import { BOOKMARK_STORE, openBookmarks } from '../../src/stream/bookmarks.lmdb.js';
import { openLocalStream, STREAM_STORE } from '../../src/stream/stream.local.js';
import { openKeptAnswers } from '../../src/warehouse/kept-answers.duckdb.js';
import { openDuckDbWarehouse } from '../../src/warehouse/warehouse.duckdb.js';
import { manyLines, putter } from '../fixtures/orders.js';
import { temporaryDirectory } from '../run-cli.js';

const CANARY = 'canary-41421356';
const home = temporaryDirectory();
const directory = join(home, 'lake');
const outside = temporaryDirectory();
const secret = join(outside, 'secret.csv');
let lake: Lake;
let file = '';
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  process.env['ALAKAZAM_CANARY'] = CANARY;
  writeFileSync(secret, `a,b\n${CANARY},1\n`);
  writeFileSync(join(outside, 'secret.json'), JSON.stringify({ a: CANARY }));
  const store = openStore(home, 'stream', {
    ...STREAM_STORE,
    tables: [...STREAM_STORE.tables, ...BOOKMARK_STORE.tables],
  });
  const stream = openLocalStream(store, openBookmarks(store), Date.now);
  await putter(stream)(manyLines(9));
  lake = openLocalLake(directory, { stream, openLock: async () => openStore(directory, 'writer', LOCK_STORE) });
  closing.push(
    () => lake.close(),
    () => stream.close(),
  );
  await lake.update();
  const tables = lake.tables();
  tables.release();
  file = tables.paths[0] as string;
  symlinkSync(secret, join(directory, 'link.csv'));
  mkdirSync(join(directory, 'spill'));
  symlinkSync(outside, join(directory, 'spill', 'out'));
});
afterAll(async () => {
  delete process.env['ALAKAZAM_CANARY'];
  for (const close of closing) await close();
});

async function ask(sql: string, isExplained = false): Promise<string> {
  const warehouse = openDuckDbWarehouse({
    currentTables: async () => lake.tables(),
    knownVersion: () => undefined,
    answers: openKeptAnswers(join(directory, 'answers')),
    spillTo: () => spillPath(directory),
  });
  const options = { signal: new AbortController().signal };
  if (isExplained) return warehouse.explain({ sql, values: [] }, options);
  const { rows } = await warehouse.ask({ sql, values: [] }, options);
  const all = [];
  for await (const some of rows) all.push(...some);
  return JSON.stringify(all);
}

/** Every file that a statement might have written or changed. */
function disk(): Record<string, string> {
  const files = [home, outside].flatMap((root) =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.includes('.mdb'))
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name)),
  );
  return Object.fromEntries(files.map((path) => [path, readFileSync(path, 'latin1')]));
}

/** `$OUT` is a directory outside, with a secret; `$LAKE` and `$FILE` the lake's and one of its files. */
const READS = [
  "FROM '$OUT/secret.csv'",
  "FROM read_csv('$OUT/secret.csv')",
  "FROM read_csv(['$FILE', '$OUT/secret.csv'])",
  "FROM read_csv('file://$OUT/secret.csv')",
  "FROM read_csv_auto('$OUT/*.csv')",
  "FROM sniff_csv('$OUT/secret.csv')",
  "FROM read_text('$OUT/secret.csv')",
  "FROM read_blob('$OUT/secret.csv')",
  "FROM read_json('$OUT/secret.json')",
  "FROM read_ndjson_objects('$OUT/secret.json')",
  "FROM read_parquet('$OUT/secret.csv')",
  "FROM parquet_metadata('$OUT/secret.csv')",
  "FROM read_duckdb('$OUT/secret.csv')",
  "FROM glob('$OUT/*')",
  "FROM glob('$LAKE/*')",
  "FROM glob('/proc/self/*')",
  "FROM read_text('/proc/self/environ')",
  "FROM read_text('/dev/stdin')",
  "FROM read_text('$LAKE/manifest.json')",
  "FROM read_text('$FILE/../../../manifest.json')",
  "FROM read_blob('$LAKE/orders/../manifest.json')",
  "FROM read_blob('$LAKE/*/*/*.parquet')",
  "FROM read_blob('$LAKE/../stream.mdb')",
  "FROM read_csv('$LAKE/link.csv')",
  "FROM read_csv('$LAKE/spill/out/secret.csv')",
  "FROM glob('$LAKE/spill/*')",
  "FROM query('FROM read_text(''$OUT/secret.csv'')')",
  "FROM query('FROM read_t' || 'ext(''$OUT/secret.csv'')')",
  "FROM json_execute_serialized_sql(json_serialize_sql('FROM read_text(''$OUT/secret.csv'')'))",
  "SELECT getenv('ALAKAZAM_CANARY')",
  "FROM 'https://127.0.0.1:9/a.csv'",
  "FROM 's3://bucket/a.parquet'",
  "FROM iceberg_scan('$OUT')",
  "FROM sqlite_scan('$OUT/secret.csv', 'a')",
  'FROM duckdb_secrets()',
];

const WRITES = [
  "COPY orders TO '$OUT/made.csv'",
  "COPY orders TO '$FILE'",
  "COPY orders FROM '$OUT/secret.csv'",
  "COPY (SELECT 1) TO '/dev/stdout'",
  "EXPORT DATABASE '$OUT/made'",
  "IMPORT DATABASE '$OUT'",
  "ATTACH '$OUT/made.db'",
  "ATTACH ':memory:' AS other",
  'DETACH memory',
  'INSTALL httpfs',
  'LOAD httpfs',
  "LOAD '$OUT/secret.csv'",
  'FORCE INSTALL httpfs',
  'SET threads = 1',
  'SET GLOBAL enable_external_access = true',
  "SET allowed_directories = ['$OUT']",
  'SET lock_configuration = false',
  'RESET enable_external_access',
  'SET VARIABLE a = 1',
  "SET VARIABLE a = (SELECT content FROM read_text('$OUT/secret.csv'))",
  'PRAGMA enable_profiling',
  'PRAGMA enable_external_access = true',
  "PRAGMA import_database('$OUT')",
  "PRAGMA copy_database('memory', 'other')",
  'CALL enable_logging()',
  'CALL pragma_version()',
  "CREATE SECRET (TYPE s3, KEY_ID 'a', SECRET 'b')",
  'CREATE TABLE made (a INTEGER)',
  'CREATE TEMP TABLE made AS FROM orders',
  'CREATE OR REPLACE VIEW orders AS SELECT 1',
  'CREATE MACRO made() AS 1',
  'CREATE SCHEMA made',
  'CREATE SEQUENCE made',
  "CREATE TYPE made AS ENUM ('a')",
  'INSERT INTO orders (order_id) VALUES (1)',
  'UPDATE orders SET quantity = 1',
  'DELETE FROM orders',
  'TRUNCATE orders',
  'DROP VIEW orders',
  'ALTER VIEW orders RENAME TO other',
  "COMMENT ON VIEW orders IS 'a'",
  'WITH a AS (DELETE FROM orders RETURNING *) FROM a',
  'VACUUM',
  'ANALYZE',
  'CHECKPOINT',
  'BEGIN',
  'COMMIT',
  'USE memory',
  'PREPARE a AS SELECT 1',
  'DEALLOCATE a',
  'EXPLAIN ANALYZE SELECT 1',
  "EXPLAIN ANALYZE COPY (SELECT 1) TO '$OUT/made.csv'",
  'SELECT 1; SELECT 2',
  "SELECT 1; COPY (SELECT 1) TO '$OUT/made.csv'",
  '',
  '-- nothing',
  // Functions that act, though they stand in a SELECT.
  'FROM enable_logging()',
  'FROM "enable_logging"()',
  "WITH a AS MATERIALIZED (FROM enable_logging('FileSystem', storage = 'stdout')) SELECT count(*), (SELECT count(*) FROM a) FROM orders",
  "WITH a AS MATERIALIZED (FROM enable_logging(storage = 'file', storage_config = {'path': '$OUT/made.csv', 'buffer_size': 0})) SELECT count(*), (SELECT count(*) FROM a) FROM orders",
  "FROM query('FROM enable_' || 'logging(storage = ''stdout'')')",
  "FROM json_execute_serialized_sql(json_serialize_sql('FROM enable_logging()'))",
  "SELECT * FROM orders, enable_profiling(format = 'json', save_location = '$OUT/made.json')",
  'SELECT (SELECT count(*) FROM disable_logging())',
  'FROM checkpoint()',
  'FROM force_checkpoint()',
  'FROM truncate_duckdb_logs()',
];

const placed = (sql: string) =>
  sql.replaceAll('$OUT', outside).replaceAll('$LAKE', directory).replaceAll('$FILE', file);

describe.each([
  ['reads', READS],
  ['changes', WRITES],
])('a question that %s what it may not', (_, statements) => {
  test.each(statements)('%s', async (statement) => {
    const before = disk();
    const error = await ask(placed(statement)).catch((error: unknown) => error);
    expect(error).toMatchObject({ name: 'AlakazamError', code: expect.stringMatching(/^(usage|access|failed)$/) });
    expect(JSON.stringify(error) + String(error)).not.toContain(CANARY);
    expect(disk()).toEqual(before);
    // A plan may be shown of what only reads, and is not run; nor does a word before the question run it.
    const plan = await ask(placed(statement), true).catch((error: unknown) => String(error));
    expect(plan).not.toContain(CANARY);
    await expect(ask(placed(`ANALYZE ${statement}`), true)).rejects.toMatchObject({ name: 'AlakazamError' });
    expect(disk()).toEqual(before);
  });
});

test.each([
  ['SELECT count(*) FROM orders', '[[9]]'],
  ["FROM query('SELECT 1')", '[[1]]'],
  ["SELECT 'enable_logging', 'checkpoint'", '[["enable_logging","checkpoint"]]'],
  ["SELECT size > 0 FROM read_blob('$FILE')", '[[true]]'],
  ['SHOW TABLES', '[["order_arrivals"],["orders"]]'],
])('what reads the tables alone is answered: %s', async (sql, expected) => {
  expect(await ask(placed(sql))).toBe(expected);
  if (!sql.startsWith('SHOW')) expect(await ask(placed(sql), true)).toContain('──');
});
