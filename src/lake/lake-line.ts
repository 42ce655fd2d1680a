/** An order line as the lake can give it back: the lake keeps values, not how a source wrote them. */

import { createBlockBuilder } from '../orders/block-builder.js';
import { plainDecimal } from '../orders/money.js';
import { occurrenceOf } from '../orders/order.js';
import { GUEST, lineOf, type OrderBlock } from '../orders/order-block.js';
import { formatLine, isoDate, parseLine } from '../orders/order-line.js';

/** The same orders with lines as the lake gives them: `02.50` is `2.5`, and a date is ISO 8601. */
export function asLakeLines(orders: OrderBlock): OrderBlock {
  const builder = createBlockBuilder();
  for (let i = 0; i < orders.count; i++) {
    const [invoiceNo, stockCode, description, quantity, date, price, , country] = parseLine(lineOf(orders, i));
    const customer = orders.customers[i] as number;
    const fields = [
      invoiceNo,
      stockCode,
      description,
      String(Number(quantity) || 0),
      isoDate(date) as string,
      plainDecimal(price),
      customer === GUEST ? '' : String(customer),
      country,
    ];
    builder.add(formatLine(fields), customer, orders.occurrences[i] as number);
  }
  return builder.take();
}

const quotedIfNeeded = (column: string) =>
  `CASE WHEN regexp_matches(${column}, '[",\\r\\n]') THEN '"' || replace(${column}, '"', '""') || '"' ELSE ${column} END`;

/** SQL for what `blockOf` reads of an order: id, invoice number, stock code, customer, and the line of `asLakeLines`. */
export const LAKE_LINE = `order_id, invoice_no, stock_code, customer_id, concat_ws(',', ${[
  quotedIfNeeded('invoice_no'),
  quotedIfNeeded('stock_code'),
  quotedIfNeeded('description'),
  'quantity',
  "strftime(order_date, '%Y-%m-%dT%H:%M:%S')",
  "rtrim(rtrim(CAST(unit_price AS VARCHAR), '0'), '.')",
  "coalesce(CAST(customer_id AS VARCHAR), '')",
  quotedIfNeeded('country'),
].join(', ')})`;

/** Rows of `LAKE_LINE` as a block. */
export function blockOfRows(rows: readonly (readonly unknown[])[]): OrderBlock {
  const builder = createBlockBuilder();
  for (const row of rows) {
    const [id, invoiceNo, stockCode, customer, line] = row as [string, string, string, string | null, string];
    builder.add(line, customer === null ? GUEST : Number(customer), occurrenceOf(id, invoiceNo, stockCode) as number);
  }
  return builder.take();
}
