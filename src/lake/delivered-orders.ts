/** The orders as they are in the lake of a stack, in the table `delivered_orders`: one row each time one was delivered. */
import { createBlockBuilder } from '../orders/block-builder.js';
import type { OrderBlock } from '../orders/order-block.js';
import { addOrder } from '../stream/order-record.js';
import { asLakeLines } from './lake-line.js';

/** Name and type in DuckDB of each column, in the order of the table in Glue. */
export const DELIVERED_COLUMNS = {
  order_id: 'VARCHAR',
  invoice_no: 'VARCHAR',
  stock_code: 'VARCHAR',
  description: 'VARCHAR',
  quantity: 'BIGINT',
  order_date: 'VARCHAR',
  unit_price: 'VARCHAR',
  customer_id: 'BIGINT',
  country: 'VARCHAR',
  arrived_at: 'VARCHAR',
  sequence: 'VARCHAR',
} as const;

/** Where the table has the files of a month, below its prefix. */
export const folderOf = (month: string) => `month=${month}/`;

/** Milliseconds since 1970 as `arrived_at` has them: `2011-11-27T14:50:04.123`. Compares as text. */
export const arrivedAt = (ms: number) => new Date(ms).toISOString().replace('Z', '');

const IDENTITY = 'order_id, invoice_no, stock_code';
const ORDER = `${IDENTITY}, description, quantity, order_date, unit_price, customer_id, country`;
/** Latest first; the same as in the view `orders`. */
const LATEST = 'ORDER BY sequence DESC NULLS LAST, arrived_at DESC NULLS LAST';
// A comparison with the column itself: an engine may skip a part of a file whose least and greatest value it knows.
const since = (ms: number) => `FROM delivered_orders WHERE arrived_at >= '${arrivedAt(ms)}'`;

/** SQL for what `blockOf` reads: each order once, in its latest version. */
export const latestSince = (ms: number) => `
  SELECT ${ORDER} FROM (
    SELECT *, row_number() OVER (PARTITION BY ${IDENTITY} ${LATEST}) AS version ${since(ms)}
  ) AS versions WHERE version = 1`;

/** Likewise, for orders that were delivered more than once: the latest version for each customer whom they had. */
export const repeatedSince = (ms: number) => `
  SELECT ${ORDER} FROM (
    SELECT *, row_number() OVER (PARTITION BY ${IDENTITY}, customer_id ${LATEST}) AS version,
      count(*) OVER (PARTITION BY ${IDENTITY}) AS deliveries ${since(ms)}
  ) AS versions WHERE version = 1 AND deliveries > 1`;

/** SQL for the place in the stream of each order, of those that arrived since. */
export const sequencesSince = (ms: number) => `SELECT sequence ${since(ms)} AND sequence IS NOT NULL`;

/** SQL for each month with its orders, and those of them that are there more than once. */
export const MONTHS = `
  SELECT month, count(*) AS arrivals, sum(CASE WHEN version > 1 THEN 1 ELSE 0 END) AS replaced FROM (
    SELECT month, row_number() OVER (PARTITION BY ${IDENTITY} ORDER BY arrived_at) AS version FROM delivered_orders
  ) AS versions GROUP BY month`;

/** Orders as a block, with the lines of `asLakeLines`. */
export function blockOfDelivered(rows: readonly (readonly unknown[])[]): OrderBlock {
  const builder = createBlockBuilder();
  for (const [
    orderId,
    invoiceNo,
    stockCode,
    description,
    quantity,
    orderDate,
    unitPrice,
    customerId,
    country,
  ] of rows) {
    addOrder(builder, {
      orderId: String(orderId),
      invoiceNo: String(invoiceNo),
      stockCode: String(stockCode),
      // A null is none of an order's, and would be a difference.
      description: String(description),
      quantity: Number(quantity),
      orderDate: String(orderDate),
      unitPrice: String(unitPrice),
      customerId: customerId === null ? null : Number(customerId),
      country: String(country),
    });
  }
  return asLakeLines(builder.take());
}
