/** The columns of the lake, and how DuckDB makes them of order lines. */
import { FIELDS } from '../orders/order.js';

/** Name and type of each column, in their order, as DuckDB has them. */
export const COLUMNS = {
  order_id: 'VARCHAR',
  invoice_no: 'VARCHAR',
  stock_code: 'VARCHAR',
  description: 'VARCHAR',
  quantity: 'BIGINT',
  // Local time of the shop.
  order_date: 'TIMESTAMP',
  // Every price that is an order's fits: see `PRICE` in orders/order-line.ts.
  unit_price: 'DECIMAL(18,6)',
  // Null for a guest.
  customer_id: 'BIGINT',
  country: 'VARCHAR',
  // UTC.
  arrived_at: 'TIMESTAMP',
  sequence: 'BIGINT',
} as const;

/** What stands before the order line in a line that `ordersOfCsv` reads: its place in the stream, arrival time in ms, occurrence. */
const BEFORE = { sequence: 'BIGINT', arrived_ms: 'BIGINT', occurrence: 'BIGINT' };

/**
 * A SELECT that reads the orders of a CSV file: of each line, what `BEFORE` names and then the order line as the stream has
 * it. DuckDB parses it on all cores. `path` is SQL text of a pattern.
 */
export function ordersOfCsv(path: string): string {
  const types = { ...BEFORE, ...Object.fromEntries(FIELDS.map((name) => [name, 'VARCHAR'])), Quantity: 'BIGINT' };
  const struct = Object.entries(types).map(([name, type]) => `'${name}': '${type}'`);
  const texts = FIELDS.filter((name) => name !== 'Quantity').map((name) => `'${name}'`);
  // The stream holds valid lines alone: RFC 4180, ended by line feeds.
  return `
    SELECT
      InvoiceNo || '-' || StockCode || CASE WHEN occurrence > 1 THEN '-' || occurrence ELSE '' END AS order_id,
      InvoiceNo AS invoice_no,
      StockCode AS stock_code,
      Description AS description,
      Quantity AS quantity,
      CASE
        WHEN contains(InvoiceDate, '/') THEN strptime(InvoiceDate, ['%m/%d/%Y %H:%M', '%m/%d/%Y %H:%M:%S'])
        ELSE CAST(InvoiceDate AS TIMESTAMP)
      END AS order_date,
      CAST(UnitPrice AS ${COLUMNS.unit_price}) AS unit_price,
      CASE WHEN CustomerID <> '' THEN CAST(split_part(CustomerID, '.', 1) AS BIGINT) END AS customer_id,
      Country AS country,
      make_timestamp(arrived_ms * 1000) AS arrived_at,
      sequence
    FROM read_csv(${path}, columns = {${struct.join(', ')}}, auto_detect = false, header = false, delim = ',',
      quote = '"', escape = '"', new_line = '\\n', strict_mode = true, force_not_null = [${texts.join(', ')}])`;
}
