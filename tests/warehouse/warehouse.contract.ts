/** What every driver of the warehouse promises; each driver's test is one call of this. */
import { describe, expect, test } from 'vitest';
import { GUEST } from '../../src/orders/order-block.js';
import type { AnswerValue, QuestionValue, Warehouse } from '../../src/warehouse/warehouse.js';
import type { Line } from '../fixtures/orders.js';

/** Opens a warehouse over these orders, which arrived in this order. */
export type StartWarehouse = (lines: readonly Line[]) => Promise<Warehouse>;

const LINES: readonly Line[] = [
  { stockCode: 'A', description: "O'Brien; DROP", quantity: 2, unitPrice: '0.10', date: '12/1/2010 8:26' },
  { stockCode: 'B', description: 'NULL', quantity: -1, unitPrice: '0.3', date: '2011-06-30 23:59:59' },
  { stockCode: 'C', description: '', quantity: 999_999_999_999_999, unitPrice: '999999999999.999999', customer: GUEST },
];

export function testWarehouse(name: string, start: StartWarehouse) {
  const signal = new AbortController().signal;

  async function ask(warehouse: Warehouse, sql: string, values: readonly QuestionValue[] = []) {
    const { columns, rows } = await warehouse.ask({ sql, values }, { signal });
    const all: (readonly AnswerValue[])[] = [];
    for await (const some of rows) all.push(...some);
    return { columns, rows: all };
  }

  const fault = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error: { code: string; message: string; hint?: string }) => error,
    );

  describe(`${name}: warehouse`, () => {
    test('gives numbers, decimals and texts as they are, and says what they are', async () => {
      const warehouse = await start(LINES);
      const { columns, rows } = await ask(
        warehouse,
        'SELECT stock_code, description, quantity, unit_price, customer_id, order_date, quantity < 0 AS is_return FROM orders ORDER BY stock_code',
      );
      expect(columns).toEqual([
        { name: 'stock_code', type: 'text' },
        { name: 'description', type: 'text' },
        { name: 'quantity', type: 'integer' },
        { name: 'unit_price', type: 'decimal' },
        { name: 'customer_id', type: 'integer' },
        { name: 'order_date', type: 'timestamp' },
        { name: 'is_return', type: 'boolean' },
      ]);
      expect(rows).toEqual([
        ['A', "O'Brien; DROP", 2, '0.1', 17850, '2010-12-01T08:26:00', false],
        ['B', 'NULL', -1, '0.3', 17850, '2011-06-30T23:59:59', true],
        ['C', '', 999_999_999_999_999, '999999999999.999999', null, '2010-12-01T08:26:00', false],
      ]);
    });

    test('sums money to the last digit, beyond what a double or a 64-bit number holds', async () => {
      const warehouse = await start(LINES);
      expect((await ask(warehouse, 'SELECT sum(quantity * unit_price) AS revenue FROM orders')).rows).toEqual([
        // Python's decimal: 999999999999999 × 999999999999.999999 + 0.2 − 0.3
        ['999999999999998998999999999.900001'],
      ]);
    });

    test('binds parameters, whatever is in them', async () => {
      const warehouse = await start(LINES);
      const sql = `SELECT stock_code FROM orders
        WHERE (description = :description OR :description IS NULL)
          AND (order_date >= CAST(:since AS timestamp) OR :since IS NULL) ORDER BY 1`;
      const found = async (description: string | null, since: string | null) => {
        const values: QuestionValue[] = [
          { name: 'description', type: 'text', value: description },
          { name: 'since', type: 'date', value: since },
        ];
        return (await ask(warehouse, sql, values)).rows.flat();
      };
      expect(await found("O'Brien; DROP", null)).toEqual(['A']);
      expect(await found("' OR 1=1 --", null)).toEqual([]);
      expect(await found('NULL', null)).toEqual(['B']);
      expect(await found('', null)).toEqual(['C']);
      expect(await found(null, '2011-01-01')).toEqual(['B']);
      expect(await found(null, null)).toEqual(['A', 'B', 'C']);
    });

    test('says which parameter has no value', async () => {
      const warehouse = await start(LINES);
      expect(await fault(ask(warehouse, 'SELECT :country'))).toMatchObject({
        code: 'usage',
        message: 'the SQL has a parameter :country, and it has no value',
        hint: '--param country=…',
      });
    });

    test.each([
      ['SELECT stok_code FROM orders', /stok_code/],
      ['SELECT * FROM order', /order/],
      ['SELEC 1', /SELEC/],
    ])('shows what is wrong with %s', async (sql, shown) => {
      const error = await fault(ask(await start(LINES), sql));
      expect(error).toMatchObject({ code: 'usage' });
      expect(`${error?.message}\n${error?.hint}`).toMatch(shown);
    });

    test.each([
      'SELECT 1; SELECT 2',
      'CREATE TABLE x AS SELECT 1',
      'DROP VIEW orders',
      "INSERT INTO orders (order_id) VALUES ('x')",
      'DELETE FROM orders',
      '',
      '-- nothing',
    ])('is asked one question, and not %j', async (sql) => {
      expect(await fault(ask(await start(LINES), sql))).toMatchObject({
        code: expect.stringMatching(/^(usage|access)$/),
      });
    });

    test.each(['SELECT 7 AS n;', 'SELECT 7 AS n; -- that is all', 'SELECT 7 AS n -- ;\n'])(
      'takes a semicolon at the end: %j',
      async (sql) => {
        expect((await ask(await start([]), sql)).rows).toEqual([[7]]);
      },
    );

    test('has the columns of an answer without rows', async () => {
      const { columns, rows } = await ask(await start([]), 'SELECT order_id, sequence FROM orders');
      expect([columns.map((column) => column.name), rows]).toEqual([['order_id', 'sequence'], []]);
    });

    test('has each order once, and every arrival', async () => {
      const warehouse = await start([...LINES, { ...LINES[0], quantity: 5 }]);
      const sql = `SELECT (SELECT count(*) FROM orders) AS latest, (SELECT count(*) FROM order_arrivals) AS arrivals,
        (SELECT quantity FROM orders WHERE stock_code = 'A') AS quantity`;
      expect((await ask(warehouse, sql)).rows).toEqual([[3, 4, 5]]);
    });

    test('explains itself', async () => {
      const warehouse = await start(LINES);
      expect(await warehouse.explain({ sql: 'SELECT count(*) FROM orders', values: [] }, { signal })).toMatch(/\w+/);
    });
  });
}
