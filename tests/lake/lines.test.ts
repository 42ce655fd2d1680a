/** Any order, through DuckDB and back: the values are those of the stream. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/engines/duckdb/database.js';
import { sqlText } from '../../src/engines/duckdb/sql-text.js';
import { asLakeLines, blockOfRows, LAKE_LINE } from '../../src/lake/lake-line.js';
import { numberedLines } from '../../src/lake/numbered-lines.js';
import { ordersOfCsv } from '../../src/lake/order-columns.js';
import { createBlockBuilder } from '../../src/orders/block-builder.js';
import { plainDecimal } from '../../src/orders/money.js';
import { GUEST, lineOf, type OrderBlock, orderIdOf } from '../../src/orders/order-block.js';
import { FIELD_CHARACTERS_MAX, formatLine, splitLine, whyNotAnOrder } from '../../src/orders/order-line.js';
import { temporaryDirectory } from '../run-cli.js';

const directory = temporaryDirectory();
let database: Database;
beforeAll(async () => {
  database = await openDatabase({ spillTo: join(directory, 'spill') });
});
afterAll(() => database.close());

interface Typed {
  readonly line: string;
  readonly occurrence: number;
}

const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`;
const digits = (min: number, max: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: min, maxLength: max });
/** Any character but NUL, most often one that CSV, SQL or a terminal takes for something. */
const anyText = (maxLength: number) =>
  fc.string({
    unit: fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(...'",;|\\\'\r\n\t #$%&{}[]()-', 'a', '0', 'É', '🎁', '\u2028', '\ufeff', '\u001b'),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((c) => c !== '\0') },
    ),
    maxLength,
  });
const anyKey = anyText(20).map((text) => text.replaceAll(/\p{Cc}/gu, '') || '-');
const two = (value: number) => String(value).padStart(2, '0');
const anyDate = fc
  .record({
    year: fc.oneof(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 2009, max: 2012 })),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.integer({ min: 1, max: 31 }),
    hour: fc.integer({ min: 0, max: 23 }),
    minute: fc.integer({ min: 0, max: 59 }),
    second: fc.option(fc.integer({ min: 0, max: 59 })),
    form: fc.constantFrom('us', 'US', 'T', ' '),
  })
  .map(({ year, month, day, hour, minute, second, form }) => {
    const tail = `:${two(minute)}${second === null ? '' : `:${two(second)}`}`;
    const yyyy = String(year).padStart(4, '0');
    if (form === 'us') return `${month}/${day}/${yyyy} ${hour}${tail}`;
    if (form === 'US') return `${two(month)}/${two(day)}/${yyyy} ${two(hour)}${tail}`;
    return `${yyyy}-${two(month)}-${two(day)}${form}${two(hour)}${tail}`;
  });
const anyPrice = fc
  .tuple(fc.constantFrom('', '-'), digits(1, 12), fc.option(fc.tuple(digits(1, 6), fc.integer({ min: 0, max: 9 }))))
  .map(([sign, whole, rest]) => `${sign}${whole}${rest ? `.${rest[0]}${'0'.repeat(rest[1])}` : ''}`);
const anyOrder: fc.Arbitrary<Typed> = fc
  .record({
    fields: fc.tuple(
      anyKey,
      anyKey,
      anyText(30),
      fc.tuple(fc.constantFrom('', '-'), digits(1, 15)).map((parts) => parts.join('')),
      anyDate,
      anyPrice,
      fc.oneof(
        fc.constant(''),
        fc.tuple(digits(1, 15), fc.constantFrom('', '.0', '.000')).map((parts) => parts.join('')),
      ),
      anyText(10),
    ),
    form: fc.constantFrom('as needed', 'all quoted', 'bare carriage returns'),
    occurrence: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 999_999_999 })),
  })
  .filter(({ fields }) => whyNotAnOrder(fields) === undefined)
  .map(({ fields, form, occurrence }) => {
    const line =
      form === 'as needed'
        ? formatLine(fields)
        : fields.map((field) => (form === 'all quoted' || /[",\n]/.test(field) ? quoted(field) : field)).join(',');
    return { line, occurrence };
  });

function blockOf(orders: readonly Typed[]): OrderBlock {
  const builder = createBlockBuilder();
  for (const { line, occurrence } of orders) {
    const customer = (splitLine(line) as string[])[6] as string;
    builder.add(line, customer === '' ? GUEST : Number(customer), occurrence);
  }
  return builder.take();
}

/** Ids and lines as the lake gives them, by sequence number. */
async function throughDuckDb(orders: OrderBlock): Promise<OrderBlock> {
  const path = join(directory, 'orders.csv');
  writeFileSync(path, numberedLines({ first: 7, arrivalMs: 1_322_700_000_123, orders }));
  const rows: unknown[][] = [];
  for await (const some of database.stream(
    `SELECT ${LAKE_LINE} FROM (${ordersOfCsv(sqlText(path))}) ORDER BY sequence`,
  )) {
    rows.push(...some);
  }
  return blockOfRows(rows as string[][]);
}

const shown = (block: OrderBlock) =>
  Array.from({ length: block.count }, (_, i) => [orderIdOf(block, i), block.customers[i], lineOf(block, i)]);

test('any order comes back as the lake is held to give it', async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyOrder, { minLength: 1, maxLength: 60 }), async (orders) => {
      const block = blockOf(orders);
      count += block.count;
      expect(shown(await throughDuckDb(block))).toEqual(shown(asLakeLines(block)));
    }),
    { numRuns: 150 },
  );
  expect(count).toBeGreaterThan(500);
});

test('the longest fields come back, over all buffers of DuckDB, and so do many lines with line feeds', async () => {
  // DuckDB cuts the file at 32 MiB, wherever in a line that is.
  const text = (unit: string, length: number) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
  const units = ['"', '\n', '",\n', '\n1,2,3,a,"', 'é', '\r\n,1\r', '\u4e00'];
  const long = Array.from({ length: 260 }, (_, n): Typed => {
    const field = text(units[n % units.length] as string, FIELD_CHARACTERS_MAX);
    return { line: formatLine([`${n}`, 'A', field, '1', '2011-01-01T00:00:00', '1', '1', field]), occurrence: 1 };
  });
  const short = Array.from({ length: 100_000 }, (_, n): Typed => {
    const field = text(units[n % 6] as string, n % 7);
    return { line: formatLine([`${n}`, 'B', field, '1', '2011-01-01T00:00:00', '1', '1', field]), occurrence: 1 };
  });
  for (const orders of [long, short]) {
    const block = blockOf(orders);
    const back = await throughDuckDb(block);
    expect(back.count).toBe(orders.length);
    expect(Buffer.compare(back.lines, asLakeLines(block).lines)).toBe(0);
  }
});

test('a plain decimal is the same number, and the same for every way to write it', () => {
  const exact = (decimal: string) => {
    const [whole = '', fraction = ''] = decimal.replace('-', '').split('.');
    const scaled = BigInt(whole + fraction.padEnd(20, '0'));
    return decimal.startsWith('-') ? -scaled : scaled;
  };
  fc.assert(
    fc.property(anyPrice, fc.nat(5), fc.nat(5), (price, before, after) => {
      const plain = plainDecimal(price);
      expect(plain).toMatch(/^(0|-?(0\.\d*[1-9]|[1-9]\d*(\.\d*[1-9])?))$/);
      expect(exact(plain)).toBe(exact(price));
      const padded = price.replace(/\d/, `${'0'.repeat(before)}$&`) + (price.includes('.') ? '0'.repeat(after) : '');
      expect(plainDecimal(padded)).toBe(plain);
      expect(plainDecimal(plain)).toBe(plain);
    }),
    { numRuns: 2000 },
  );
});
