/**
 * The tables of the warehouse on AWS, on the engine inside Athena: records go through the function, lie in Parquet by the columns
 * of the template, and are read through the views of the template, in the form in which Glue keeps a view.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseQuery } from '../../src/warehouse/named-queries.js';
import { valuesFor } from '../../src/warehouse/query-files.js';
import { athenaStatement } from '../../src/warehouse/question.athena.js';
import type { Question } from '../../src/warehouse/warehouse.js';
import { type AthenaTables, startAthenaTables } from '../engines/trino/athena-tables.js';
import { type TrinoEnvironment, trinoEnvironment } from '../engines/trino/environment.js';
import { describeUnless } from '../missing.js';
import { ROOT } from '../run-cli.js';

const ORDER = {
  orderId: '536365-85123A',
  invoiceNo: '536365',
  stockCode: '85123A',
  description: 'WHITE HANGING HEART T-LIGHT HOLDER',
  quantity: 6,
  orderDate: '2010-12-01T08:26:00',
  unitPrice: '2.5500',
  customerId: 17850 as number | null,
  country: 'United Kingdom',
};
type Order = typeof ORDER;

/** In the order of the stream. Arrival times of Kinesis are approximate: they may go back. */
const ARRIVALS: readonly { readonly order: Partial<Order>; readonly second: number; readonly times?: number }[] = [
  // Delivered three times.
  { order: {}, second: 10, times: 3 },
  // Corrected: another price, and a date in another month. By its time, it came before what it corrects.
  { order: { orderId: '536366-22138', invoiceNo: '536366', stockCode: '22138', unitPrice: '1.25' }, second: 30 },
  {
    order: {
      orderId: '536366-22138',
      invoiceNo: '536366',
      stockCode: '22138',
      unitPrice: '1.45',
      orderDate: '2011-01-04T10:00:00',
    },
    second: 20,
  },
  // A guest, with an odd price and no description.
  {
    order: {
      orderId: '581587-21730',
      invoiceNo: '581587',
      stockCode: '21730',
      customerId: null,
      unitPrice: '-0.001',
      description: '',
      country: "Côte d'Or",
      orderDate: '2011-12-09T12:50:59',
    },
    second: 40,
  },
  // The second line of a code in its invoice is an order of its own.
  { order: { orderId: '536365-85123A-2', quantity: -1 }, second: 50 },
];

const sequenceOf = (n: number) => `495903382714902566085596925383615710959215759891365888${10 + n}`;
const placeOf = (n: number) => sequenceOf(n).padStart(64, '0');

/** As Firehose hands them to the function. */
const RECORDS = ARRIVALS.flatMap(({ order, second, times = 1 }, n) =>
  Array.from({ length: times }, () => ({
    recordId: `${n}`,
    data: Buffer.from(JSON.stringify({ ...ORDER, ...order })).toString('base64'),
    approximateArrivalTimestamp: 0,
    kinesisRecordMetadata: {
      sequenceNumber: sequenceOf(n),
      approximateArrivalTimestamp: Date.UTC(2026, 10, 27, 14, 0, second, 500),
    },
  })),
);

const trino = await trinoEnvironment().catch((error: Error) => error.message);

describeUnless(typeof trino === 'string' ? trino : undefined, 'the views on Trino', () => {
  let tables: AthenaTables;
  let schema: string;

  beforeAll(async () => {
    tables = await startAthenaTables(trino as TrinoEnvironment);
    schema = await tables.deliver(RECORDS);
  }, 300_000);
  afterAll(() => tables?.close());

  const ask = (sql: string) => tables.ask(sql, schema);

  /** As Athena does: the statement and its literals. */
  const asAthena = (question: Question) => {
    const { text, parameters } = athenaStatement(question);
    return ask(`EXECUTE IMMEDIATE '${text.replaceAll("'", "''")}' USING ${parameters.join(', ')}`);
  };

  test('have the columns of the warehouse, of their types', async () => {
    const expected = [
      ['order_id', 'varchar'],
      ['invoice_no', 'varchar'],
      ['stock_code', 'varchar'],
      ['description', 'varchar'],
      ['quantity', 'bigint'],
      ['order_date', 'timestamp(3)'],
      ['unit_price', 'decimal(18,6)'],
      ['customer_id', 'bigint'],
      ['country', 'varchar'],
      ['arrived_at', 'timestamp(3)'],
      ['sequence', 'varchar'],
    ];
    for (const view of ['orders', 'order_arrivals']) {
      const { rows } = await ask(`DESCRIBE ${view}`);
      expect(rows.map(([name, type]) => [name, type])).toEqual(expected);
    }
  });

  test('have every delivered row, and every order once in its latest version', async () => {
    const arrivals = await ask('SELECT order_id, count(*) FROM order_arrivals GROUP BY order_id ORDER BY order_id');
    expect(arrivals.rows).toEqual([
      ['536365-85123A', '3'],
      ['536365-85123A-2', '1'],
      ['536366-22138', '2'],
      ['581587-21730', '1'],
    ]);
    const { rows } = await ask('SELECT * FROM orders ORDER BY order_id');
    const rest = ['WHITE HANGING HEART T-LIGHT HOLDER', '6', '2010-12-01 08:26:00.000', '2.550000', '17850'];
    expect(rows).toEqual([
      ['536365-85123A', '536365', '85123A', ...rest, 'United Kingdom', '2026-11-27 14:00:10.500', placeOf(0)],
      [
        ...['536365-85123A-2', '536365', '85123A', rest[0], '-1', ...rest.slice(2), 'United Kingdom'],
        ...['2026-11-27 14:00:50.500', placeOf(4)],
      ],
      [
        ...['536366-22138', '536366', '22138', rest[0], '6', '2011-01-04 10:00:00.000', '1.450000', '17850'],
        ...['United Kingdom', '2026-11-27 14:00:20.500', placeOf(2)],
      ],
      [
        ...['581587-21730', '581587', '21730', '', '6', '2011-12-09 12:50:59.000', '-0.001000', null, "Côte d'Or"],
        ...['2026-11-27 14:00:40.500', placeOf(3)],
      ],
    ]);
  });

  test('answer a named query, in the form in which Athena gets it', async () => {
    const query = parseQuery('top-products', readFileSync(join(ROOT, 'sql', 'top-products.sql'), 'utf8'));
    const { rows } = await asAthena({ sql: query.sql, values: valuesFor(query, [['until', '2011-12-01']]) });
    // 6 × 2.55 - 1 × 2.55, and 6 × 1.45 of the corrected order.
    expect(rows.map(([code, , orders, units, revenue]) => [code, orders, units, Number(revenue)])).toEqual([
      ['85123A', '2', '5', 12.75],
      ['22138', '1', '6', 8.7],
    ]);
  });

  test('take a text of any kind as a parameter, and nothing else of it', async () => {
    const country = (value: string) =>
      asAthena({
        sql: 'SELECT order_id, :country FROM orders WHERE country = :country',
        values: [{ name: 'country', type: 'text', value }],
      });
    expect((await country("Côte d'Or")).rows).toEqual([['581587-21730', "Côte d'Or"]]);
    for (const text of ["O'Brien; DROP", "'", "' OR '1' = '1", '\\', '?', '--', '/*', '', '😀\n']) {
      expect((await country(text)).rows).toEqual([]);
      const { rows } = await asAthena({ sql: 'SELECT :a AS a', values: [{ name: 'a', type: 'text', value: text }] });
      expect(rows).toEqual([[text]]);
    }
  });

  test('take typed parameters, and null', async () => {
    const values = [
      { name: 'n', type: 'integer', value: '-5' },
      { name: 'd', type: 'decimal', value: '2.55' },
      { name: 'b', type: 'boolean', value: 'true' },
      { name: 'day', type: 'date', value: '2011-06-01' },
      { name: 'none', type: 'date', value: null },
    ] as const;
    const sql =
      'SELECT typeof(:n), :n + 1, :d * 2, NOT :b, CAST(:day AS timestamp), coalesce(:none, :day), typeof(:none)';
    expect((await asAthena({ sql, values })).rows).toEqual([
      ['bigint', '-4', '5.100000', 'false', '2011-06-01 00:00:00.000', '2011-06-01', 'date'],
    ]);
  });
});
