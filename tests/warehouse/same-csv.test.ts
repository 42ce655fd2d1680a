/** CSV is the same whether DuckDB writes it or this program: which one does it depends on where the answer goes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../src/engines/duckdb/database.js';
import { sqlName, sqlText } from '../../src/engines/duckdb/sql-text.js';
import { GUEST } from '../../src/orders/order-block.js';
import { openAnswer } from '../../src/terminal/answer.js';
import type { Terminal } from '../../src/terminal/terminal.js';
import { columnsOf, rowOf } from '../../src/warehouse/answer-columns.js';
import type { Warehouse } from '../../src/warehouse/warehouse.js';
import { temporaryDirectory } from '../run-cli.js';
import { openedWarehouse } from './opened-warehouse.js';

const signal = new AbortController().signal;
const directory = temporaryDirectory();
let files = 0;

async function byEngine({ ask }: Warehouse, sql: string, isDefused = false): Promise<string> {
  const path = join(directory, `${files++}.csv`);
  const { write } = await ask({ sql, values: [] }, { signal, writeTo: { path, format: 'csv', isDefused } });
  if (!write) throw new Error(`DuckDB does not write ${sql}`);
  await write();
  return readFileSync(path, 'utf8');
}

async function byProgram({ ask }: Warehouse, sql: string, isDefused = false): Promise<string> {
  const { columns, rows } = await ask({ sql, values: [] }, { signal });
  const text: string[] = [];
  const write = async (some: Parameters<Terminal['write']>[0]) => void text.push(...[some].flat(2).map(String));
  const open = openAnswer({ isInteractive: false, isDefused, write } as Terminal, 'csv', columnsOf(columns));
  for await (const some of rows) await open.write(some.map((values) => rowOf(columns, values)));
  await open.end();
  return text.join('');
}

const anyText = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(..."\"',;\t\r\n #|\\=+@-.'`", '\u0001', '\u00a0', '\ufeff', '\u2028', 'é', 'İ', '🎁', 'a', 'A'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 8,
  })
  .filter((text) => !text.includes('\0'));
const whole = (type: string, min: bigint, max: bigint) =>
  fc.tuple(fc.constant(type), fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n)).map(String));
const decimal = (digits: number, places: number) =>
  fc
    .tuple(fc.bigInt({ min: -(10n ** BigInt(digits)) + 1n, max: 10n ** BigInt(digits) - 1n }), fc.boolean())
    .map(([n, isRound]) => {
      const value = isRound ? n - (n % 10n ** BigInt(places)) : n;
      const digitsOf = String(value < 0 ? -value : value).padStart(places + 1, '0');
      const text = `${digitsOf.slice(0, digitsOf.length - places)}.${digitsOf.slice(digitsOf.length - places)}`;
      return [`DECIMAL(${digits},${places})`, `${value < 0 ? '-' : ''}${text.replace(/\.$/, '')}`] as [string, string];
    });

/** A type, and a text that it is cast from. */
const anyValue = fc.oneof(
  anyText.map((text) => ['VARCHAR', text] as [string, string]),
  whole('TINYINT', -128n, 127n),
  whole('SMALLINT', -(2n ** 15n), 2n ** 15n - 1n),
  whole('INTEGER', -(2n ** 31n), 2n ** 31n - 1n),
  whole('BIGINT', -(2n ** 63n), 2n ** 63n - 1n),
  whole('HUGEINT', -(2n ** 127n), 2n ** 127n - 1n),
  whole('UTINYINT', 0n, 255n),
  whole('USMALLINT', 0n, 2n ** 16n - 1n),
  whole('UINTEGER', 0n, 2n ** 32n - 1n),
  whole('UBIGINT', 0n, 2n ** 64n - 1n),
  whole('UHUGEINT', 0n, 2n ** 128n - 1n),
  decimal(4, 0),
  decimal(4, 4),
  decimal(9, 2),
  decimal(18, 6),
  decimal(38, 10),
  fc.tuple(fc.constant('BOOLEAN'), fc.constantFrom('true', 'false')),
  fc.tuple(
    fc.constant('DATE'),
    fc.constantFrom(
      '2011-12-09',
      '0001-01-01',
      '9999-12-31',
      '0044-03-15 (BC)',
      '12345-01-02',
      'infinity',
      '-infinity',
    ),
  ),
  fc.tuple(
    fc.constant('TIMESTAMP'),
    fc.constantFrom(
      '2011-12-09 08:26:00',
      '2011-12-09 08:26:00.5',
      '1969-12-31 23:59:59.999999',
      '2011-12-09 08:26:00.000001',
      '0044-03-15 (BC) 01:02:03',
      '12345-01-02 00:00:00',
      'infinity',
      '-infinity',
    ),
  ),
);

const anyAnswer = fc.record({
  columns: fc.array(
    fc.record({
      name: fc
        .oneof(anyText, fc.constantFrom('a', 'A', 'a_2', 'A_2', '__proto__', '1', '#c'))
        .filter((name) => name !== ''),
      value: anyValue,
      isNull: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  ),
  rows: fc.constantFrom(0, 1, 3),
  isDefused: fc.boolean(),
});

test('of any values and names', async () => {
  const { warehouse } = await openedWarehouse([]);
  await fc.assert(
    fc.asyncProperty(anyAnswer, async ({ columns, rows, isDefused }) => {
      const values = columns.map(({ name, value: [type, text], isNull }) => {
        const value = `CAST(${sqlText(text)} AS ${type})`;
        return `${isNull ? `CASE WHEN n <> 1 THEN ${value} END` : value} AS ${sqlName(name)}`;
      });
      const sql = `SELECT ${values.join(', ')} FROM range(${rows}) AS numbers(n)`;
      expect(await byEngine(warehouse, sql, isDefused)).toBe(await byProgram(warehouse, sql, isDefused));
    }),
    { numRuns: 60 },
  );
});

test('of all orders, which lake export writes too', async () => {
  const { lake, warehouse } = await openedWarehouse([
    { stockCode: 'A#1', description: '#1 "HI", TWICE', unitPrice: '-11062.06', quantity: -3 },
    { stockCode: 'B', description: ' two\r\nlines\n', country: '', unitPrice: '0', customer: GUEST },
    { stockCode: 'C', description: '', date: '2011-10-31T23:59:59', unitPrice: '100.000001' },
  ]);
  await lake.update();
  const path = join(directory, 'exported.csv');
  expect(await lake.export(path)).toBe(3);
  expect(readFileSync(path, 'utf8')).toBe(await byEngine(warehouse, 'FROM orders'));
  expect(readFileSync(path, 'utf8')).toBe(await byProgram(warehouse, 'FROM orders'));
});

test('a and A are no names of two columns, whatever the format', async () => {
  const { warehouse } = await openedWarehouse([]);
  const sql = 'SELECT 1 AS a, 2 AS "A", 3 AS a, 4 AS "A_2"';
  expect(await byProgram(warehouse, sql)).toBe('a,A_2,a_3,A_2_2\n1,2,3,4\n');
  const path = join(directory, 'names.parquet');
  const { write } = await warehouse.ask({ sql, values: [] }, { signal, writeTo: { path, format: 'parquet' } });
  await write?.();
  const database = await openDatabase({ spillTo: join(directory, 'spill') });
  onTestFinished(() => database.close());
  const columns = `SELECT string_agg(name, ',') FROM parquet_schema(${sqlText(path)}) WHERE type IS NOT NULL`;
  expect(await database.rows(columns)).toEqual([['a,A_2,a_3,A_2_2']]);
});
