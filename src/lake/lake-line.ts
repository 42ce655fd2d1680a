/** An order line as the lake can give it back: the lake keeps values, not how a source wrote them. */
import { createBlockBuilder } from '../orders/block-builder.js';
import { plainDecimal } from '../orders/money.js';
import { GUEST, lineOf, type OrderBlock, startOf } from '../orders/order-block.js';
import { formatLine, isoDate, parseLine } from '../orders/order-line.js';

/**
 * A line that the lake gives back byte for byte: no quotes, no zeros that say nothing, a date as in the real file. A line of a
 * shop is of this form as a rule, so that hardly any is written anew.
 */
const AS_IT_IS =
  /[^",\r\n]+,[^",\r\n]+,[^",\r\n]*,(?:0|-?[1-9]\d*),(?:[1-9]|1[0-2])\/[1-9]\d?\/\d{4} (?:1?\d|2[0-3]):\d\d,(?!-0,)-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?,(?:0|[1-9]\d*|),[^",\r\n]*\n/y;

/** The same orders with lines as the lake gives them: `02.50` is `2.5`, and a date is as in the real file: `12/1/2010 8:26`. */
export function asLakeLines(orders: OrderBlock): OrderBlock {
  const { count, lines, ends, customers, occurrences } = orders;
  const text = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength).toString('latin1');
  const isAsItIs = (i: number) => {
    AS_IT_IS.lastIndex = startOf(ends, i);
    return AS_IT_IS.test(text) && AS_IT_IS.lastIndex === ends[i];
  };
  let first = 0;
  while (first < count && isAsItIs(first)) first++;
  if (first === count) return orders;

  const builder = createBlockBuilder();
  for (let i = 0; i < count; i++) {
    const [customer, occurrence] = [customers[i] as number, occurrences[i] as number];
    if (i < first || isAsItIs(i)) builder.addBytes(lines, startOf(ends, i), ends[i] as number, customer, occurrence);
    else builder.add(lakeLine(lineOf(orders, i), customer), customer, occurrence);
  }
  return builder.take();
}

function lakeLine(line: string, customer: number): string {
  const [invoiceNo, stockCode, description, quantity, date, price, , country] = parseLine(line);
  const [year, month, day, hour, minute, second] = (isoDate(date) as string).split(/[-T:]/) as string[];
  return formatLine([
    invoiceNo,
    stockCode,
    description,
    String(Number(quantity) || 0),
    `${Number(month)}/${Number(day)}/${year} ${Number(hour)}:${minute}${second === '00' ? '' : `:${second}`}`,
    plainDecimal(price),
    customer === GUEST ? '' : String(customer),
    country,
  ]);
}

const quotedIfNeeded = (column: string) =>
  `CASE WHEN regexp_matches(${column}, '[",\\r\\n]') THEN '"' || replace(${column}, '"', '""') || '"' ELSE ${column} END`;

/** An id is `invoice_no-stock_code`, or that and `-n` for the n-th line of the pair. */
const OCCURRENCE = `CAST(coalesce(nullif(substr(order_id, length(invoice_no) + length(stock_code) + 3), ''), '1') AS INTEGER)`;

/** SQL for what `blockOfRows` reads of an order: customer, occurrence, and the line of `asLakeLines`. */
export const LAKE_LINE = `customer_id, ${OCCURRENCE}, concat_ws(',', ${[
  quotedIfNeeded('invoice_no'),
  quotedIfNeeded('stock_code'),
  quotedIfNeeded('description'),
  'quantity',
  "strftime(order_date, '%-m/%-d/%Y %-H:%M') || CASE WHEN second(order_date) > 0 THEN strftime(order_date, ':%S') ELSE '' END",
  "rtrim(rtrim(CAST(unit_price AS VARCHAR), '0'), '.')",
  "coalesce(CAST(customer_id AS VARCHAR), '')",
  quotedIfNeeded('country'),
].join(', ')})`;

/** Rows of `LAKE_LINE` as a block. */
export function blockOfRows(rows: readonly (readonly unknown[])[]): OrderBlock {
  const builder = createBlockBuilder();
  for (const row of rows) {
    const [customer, occurrence, line] = row as [string | null, number, string];
    builder.add(line, customer === null ? GUEST : Number(customer), occurrence);
  }
  return builder.take();
}
