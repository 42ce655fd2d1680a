/** What a customer bought and kept: the rule is stated twice, in SQL for all customers and in TypeScript for one. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/engines/duckdb/database.js';
import type { Order } from '../../src/orders/order.js';
import { basketOfOrders } from '../../src/product-recommendations/customer-basket.js';
import { basketOf, type CustomerPurchases, type NamedProduct } from '../../src/product-recommendations/purchases.js';
import { type Period, readPurchases } from '../../src/product-recommendations/read-purchases.duckdb.js';
import { temporaryDirectory } from '../run-cli.js';

type Line = Pick<Order, 'customerId' | 'invoiceNo' | 'stockCode' | 'quantity' | 'orderDate'> & { description?: string };

let database: Database;
beforeAll(async () => {
  database = await openDatabase({ spillTo: temporaryDirectory() });
});
afterAll(() => database?.close());

async function readAll(lines: readonly Line[], period?: Period) {
  const rows = lines.map(({ customerId, invoiceNo, stockCode, quantity, orderDate, description = '' }) => {
    const texts = [invoiceNo, stockCode, description, orderDate].map((text) => `'${text}'`);
    return `(${customerId ?? 'NULL'}, ${quantity}, ${texts.join(', ')})`;
  });
  await database.run(`
    CREATE OR REPLACE TABLE orders (customer_id BIGINT, quantity BIGINT, invoice_no TEXT, stock_code TEXT, description TEXT,
      order_date TIMESTAMP);
    ${rows.length > 0 ? `INSERT INTO orders VALUES ${rows.join(', ')}` : ''}`);
  return readPurchases(database, period);
}

/** A line for each invoice: its day, and the products. */
function shown({ days, starts, items }: CustomerPurchases, products: readonly Pick<NamedProduct, 'stockCode'>[]) {
  return [...days].map((day, i) => {
    const codes = [...items.subarray(starts[i], starts[i + 1])].map((item) => products[item]?.stockCode);
    return [new Date(day * 86_400_000).toISOString().slice(0, 10), ...codes].join(' ');
  });
}

async function bySql(lines: readonly Line[], period?: Period): Promise<Record<number, string[]>> {
  const purchases = await readAll(lines, period);
  const entries = Array.from(purchases.customers, (id, i) => [id, shown(basketOf(purchases, i), purchases.products)]);
  return Object.fromEntries(entries);
}

/** The same of each customer with an order that is no return. */
function byTypeScript(lines: readonly Line[]): Record<number, string[]> {
  const codes = [...new Set(lines.map(({ stockCode }) => stockCode))].sort();
  const products = codes.map((stockCode) => ({ stockCode }));
  const customers = new Set(lines.filter(({ quantity }) => quantity > 0).map(({ customerId }) => customerId));
  customers.delete(null);
  const entries = [...customers].map((id) => {
    const orders = lines.filter(({ customerId }) => customerId === id) as Order[];
    return [
      id,
      shown(
        basketOfOrders(orders, (code) => codes.indexOf(code)),
        products,
      ),
    ];
  });
  return Object.fromEntries(entries);
}

/** `day` is of December 2010. */
function line(invoiceNo: string, stockCode: string, quantity: number, day: number, more: Partial<Line> = {}): Line {
  const orderDate = `2010-12-${String(day).padStart(2, '0')}T08:26:00`;
  return { customerId: 1, invoiceNo, stockCode, quantity, orderDate, ...more };
}

describe('what customers bought and kept', () => {
  const moment = fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom('00:00', '23:59'))
    .map(([day, time]) => `2010-12-0${day}T${time}:00`);
  const order: fc.Arbitrary<Line> = fc.record({
    customerId: fc.constantFrom(1, 1, 1, 2, null),
    invoiceNo: fc.constantFrom('500', '501', '502', 'C503', 'C504', '60'),
    stockCode: fc.constantFrom(...new Array<string>(8).fill('10001'), '10002', '10001A', '10001a', 'POST', '1234'),
    quantity: fc.oneof(fc.integer({ min: -6, max: 6 }), fc.constantFrom(74_215, -74_215)),
    orderDate: moment,
  });

  test('is the same in SQL and in TypeScript', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(order, { maxLength: 40 }), async (lines) => {
        expect(await bySql(lines)).toEqual(byTypeScript(lines));
      }),
      { numRuns: 150 },
    );
  });

  test('does not depend on the order in which the orders came', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(order, { maxLength: 40 }), async (lines) => {
        const other = [...lines].reverse();
        expect(byTypeScript(other)).toEqual(byTypeScript(lines));
      }),
    );
  });

  const cases: Record<string, readonly [readonly Line[], readonly string[]]> = {
    'a return of a part leaves the purchase': [
      [line('500', '10001', 6, 1), line('C501', '10001', -5, 2)],
      ['2010-12-01 10001'],
    ],
    'a return of all takes it off': [[line('500', '10001', 6, 1), line('C501', '10001', -6, 2)], []],
    'two returns together take it off': [
      [line('500', '10001', 6, 1), line('C501', '10001', -2, 2), line('C502', '10001', -4, 3)],
      [],
    ],
    'a return before the purchase takes off nothing': [
      [line('C500', '10001', -6, 1), line('501', '10001', 6, 2)],
      ['2010-12-02 10001'],
    ],
    'a return of more than was bought leaves later purchases alone': [
      [line('500', '10001', 2, 1), line('C501', '10001', -9, 2), line('502', '10001', 1, 3)],
      ['2010-12-03 10001'],
    ],
    'a return takes off the latest purchase first': [
      [line('500', '10001', 3, 1), line('501', '10001', 3, 2), line('C502', '10001', -3, 3)],
      ['2010-12-01 10001'],
    ],
    'a return that is larger than the latest purchase reaches the one before': [
      [
        line('500', '10001', 3, 1),
        line('501', '10001', 3, 2),
        line('C502', '10001', -4, 3),
        line('C503', '10001', -2, 4),
      ],
      [],
    ],
    'a purchase between two returns is not touched by the earlier one': [
      [
        line('500', '10001', 3, 1),
        line('C501', '10001', -1, 2),
        line('502', '10001', 3, 3),
        line('C503', '10001', -3, 4),
      ],
      ['2010-12-01 10001'],
    ],
    'a purchase and its return at the same moment cancel': [
      [line('500', '10001', -3, 1), line('501', '10001', 3, 1)],
      [],
    ],
    'a return of one product leaves another': [
      [line('500', '10001', 3, 1), line('500', '10002', 3, 1), line('C501', '10001', -3, 2)],
      ['2010-12-01 10002'],
    ],
    'a return takes nothing off a variant in another colour': [
      [line('500', '10001A', 3, 1), line('500', '10001B', 3, 1), line('C501', '10001A', -3, 2)],
      ['2010-12-01 10001B'],
    ],
    'two lines of one product in an invoice are one purchase': [
      [line('500', '10001', 2, 1), line('500', '10001', 3, 1), line('C501', '10001', -4, 2)],
      ['2010-12-01 10001'],
    ],
    'and go back together': [
      [line('500', '10001', 2, 1), line('500', '10001', 3, 1), line('C501', '10001', -5, 2)],
      [],
    ],
    'an invoice with lines of two days is of the first, whichever came first': [
      [line('500', '10002', 1, 3), line('500', '10001', 1, 2), line('500', '10002', 1, 1)],
      ['2010-12-01 10001 10002'],
    ],
    'a return between the two days of an invoice comes after its purchase': [
      [line('500', '10001', 1, 3), line('500', '10001', 1, 1), line('C501', '10001', -2, 2)],
      [],
    ],
    'an order for nothing is no purchase': [
      [line('500', '10001', 0, 1), line('501', '10002', 1, 2)],
      ['2010-12-02 10002'],
    ],
    'codes that are no products are left out': [
      ['POST', 'M', 'BANK CHARGES', '1234', 'A10001', ' 10001', '10001', '10001BR'].map((code) =>
        line('500', code, 1, 1),
      ),
      ['2010-12-01 10001 10001BR'],
    ],
  };

  test.each(Object.entries(cases))('%s', async (_, [lines, expected]) => {
    const found = await bySql(lines);
    expect(found).toEqual({ 1: expected });
    expect(byTypeScript(lines)).toEqual(found);
  });

  test('12346 bought and returned 74,215 pieces within minutes, and kept nothing', async () => {
    const bought = line('541431', '23166', 74_215, 1, { customerId: 12346 });
    const back = line('C541433', '23166', -74_215, 1, { customerId: 12346, orderDate: '2010-12-01T08:43:00' });
    expect(await bySql([bought, back])).toEqual({ 12346: [] });
  });

  test('an invoice number that two customers share is an invoice of each; a guest has none', async () => {
    const lines = [1, 2, null].map((customerId) => line('500', `1000${customerId ?? 9}`, 1, 1, { customerId }));
    expect(await bySql(lines)).toEqual({ 1: ['2010-12-01 10001'], 2: ['2010-12-01 10002'] });
  });

  test('invoices of one moment come by their number, and invoices of one day are two', async () => {
    const numbers = [7, 2, 9, 4, 1, 8, 3, 6, 5];
    const lines = numbers.map((n) => line(`50${n}`, `1000${n}`, 1, 2));
    const days = [...numbers].sort().map((n) => `2010-12-02 1000${n}`);
    const expected = { 1: ['2010-12-01 20000', ...days] };
    const all = [...lines, line('510', '20000', 1, 1)];
    expect(await bySql(all)).toEqual(expected);
    expect(byTypeScript(all)).toEqual(expected);
  });

  test('of a period, returns after it are not known', async () => {
    const lines = [line('500', '10001', 1, 1), line('501', '10002', 1, 2), line('C502', '10001', -1, 3)];
    const day = Date.UTC(2010, 11, 3) / 86_400_000;
    expect(await bySql(lines)).toEqual({ 1: ['2010-12-02 10002'] });
    expect(await bySql(lines, { until: day })).toEqual({ 1: ['2010-12-01 10001', '2010-12-02 10002'] });
    expect(await bySql(lines, { since: day - 1, until: day })).toEqual({ 1: ['2010-12-02 10002'] });
    expect(await bySql(lines, { since: day })).toEqual({});
    expect(await bySql(lines, { withReturned: true })).toEqual({ 1: ['2010-12-01 10001', '2010-12-02 10002'] });
  });

  test('a product is called as most orders call it, and else by the first name of the alphabet', async () => {
    const names = ['MUG', 'CUP', 'CUP', '', '', ''];
    const lines = names.map((description, i) => line(`${i}`, '10001', 1, 1, { description }));
    const ties = ['WRONG', 'BOWL'].map((description, i) => line(`${i}`, '10002', 1, 1, { description }));
    const { products } = await readAll([...lines, ...ties, line('1', '10003', 1, 1)]);
    expect(products).toEqual([
      { stockCode: '10001', description: 'CUP' },
      { stockCode: '10002', description: 'BOWL' },
      { stockCode: '10003', description: '' },
    ]);
  });
});
