/** Reads purchases out of the table `orders`, by `spark/purchases.sql`. */
import { readFileSync } from 'node:fs';
import { assetOf } from '../assets.js';
import type { Database } from '../engines/duckdb/database.js';
import { indexesBelow } from './indexes.js';
import type { Purchases } from './purchases.js';

export interface Period {
  /** Orders dated before this day alone, in days since 1970. */
  readonly until?: number | undefined;
  readonly since?: number | undefined;
  /** Purchases that were given back later stay. */
  readonly withReturned?: boolean;
}

/** `database` has the table `orders`. Its memory does not grow with the number of orders, that of the purchases does. */
export async function readPurchases(database: Database, period: Period = {}): Promise<Purchases> {
  await database.run(`
    CREATE OR REPLACE TABLE purchases AS
      WITH orders AS (FROM main.orders WHERE ${conditionOf(period)})
      SELECT * FROM (${readFileSync(assetOf('spark/purchases.sql'), 'utf8')});
    CREATE OR REPLACE TABLE customers AS
      SELECT customer_id, CAST(row_number() OVER (ORDER BY customer_id) - 1 AS INTEGER) AS customer
      FROM (SELECT DISTINCT customer_id FROM main.orders WHERE customer_id IS NOT NULL AND quantity > 0 AND ${conditionOf(period)});
    CREATE OR REPLACE TABLE products AS
      SELECT stock_code, CAST(row_number() OVER (ORDER BY stock_code) - 1 AS INTEGER) AS product
      FROM (SELECT DISTINCT stock_code FROM purchases);
    CREATE OR REPLACE TABLE invoices AS
      SELECT invoice_no, customer_id, customer, CAST(floor(epoch(MIN(order_date)) / 86400) AS INTEGER) AS day,
        CAST(row_number() OVER (ORDER BY customer, MIN(order_date), invoice_no) - 1 AS INTEGER) AS invoice
      FROM purchases JOIN customers USING (customer_id)
      GROUP BY invoice_no, customer_id, customer;`);
  const [customerIds, products, invoices, items] = await Promise.all([
    database.rows('SELECT CAST(customer_id AS DOUBLE) FROM customers ORDER BY customer'),
    database.rows(DESCRIBED),
    database.integers('SELECT customer, day FROM invoices ORDER BY invoice'),
    database.integers(`
      SELECT invoice, product
      FROM purchases JOIN products USING (stock_code) JOIN invoices USING (invoice_no, customer_id)
      ORDER BY invoice, product`),
  ]);
  const [customerOf, days] = invoices as [Int32Array, Int32Array];
  const [invoiceOf, productOf] = items as [Int32Array, Int32Array];
  const ofInvoices = indexesBelow(products.length, productOf.length);
  ofInvoices.set(productOf);
  return {
    customers: Float64Array.from(customerIds, ([id]) => Number(id)),
    products: products.map(([stockCode, description]) => ({
      stockCode: String(stockCode),
      description: String(description ?? ''),
    })),
    invoices: startsOf(customerOf, customerIds.length),
    days,
    starts: startsOf(invoiceOf, days.length),
    items: ofInvoices,
  };
}

/** Ids of customers whose last invoice holds no product, only codes such as POST. `readPurchases` has read all orders before. */
export async function readEndingWithoutProduct(database: Database): Promise<Set<number>> {
  const rows = await database.rows(`
    WITH dated AS (
      SELECT customer_id, invoice_no, MIN(order_date) AS order_date
      FROM main.orders WHERE customer_id IS NOT NULL AND quantity > 0
      GROUP BY customer_id, invoice_no
    ), ranked AS (
      SELECT *, row_number() OVER (PARTITION BY customer_id ORDER BY order_date DESC, invoice_no DESC) AS place FROM dated
    )
    SELECT CAST(customer_id AS DOUBLE) FROM ranked ANTI JOIN purchases USING (customer_id, invoice_no) WHERE place = 1`);
  return new Set(rows.map(([id]) => Number(id)));
}

/** The description that most orders of a product have; of equally frequent ones, the first by alphabet. */
const DESCRIBED = `
  WITH counted AS (
    SELECT stock_code, description, COUNT(*) AS orders FROM main.orders WHERE description <> '' GROUP BY ALL
  ), ranked AS (
    SELECT stock_code, description,
      row_number() OVER (PARTITION BY stock_code ORDER BY orders DESC, description) AS place
    FROM counted
  )
  SELECT products.stock_code, description
  FROM products LEFT JOIN ranked ON ranked.stock_code = products.stock_code AND place = 1
  ORDER BY product`;

/** In SQL, of an order. */
export function conditionOf({ since, until, withReturned }: Period): string {
  const day = (days: number) => `DATE '1970-01-01' + ${days}`;
  return [
    'true',
    ...(since === undefined ? [] : [`order_date >= ${day(since)}`]),
    ...(until === undefined ? [] : [`order_date < ${day(until)}`]),
    ...(withReturned ? ['quantity > 0'] : []),
  ].join(' AND ');
}

/** Where each of `count` groups begins in a column of ascending group numbers. */
function startsOf(groups: Int32Array, count: number): Uint32Array {
  const starts = new Uint32Array(count + 1);
  for (const group of groups) starts[group + 1] = (starts[group + 1] as number) + 1;
  for (let i = 0; i < count; i++) starts[i + 1] = (starts[i + 1] as number) + (starts[i] as number);
  return starts;
}
