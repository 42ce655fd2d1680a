/** An engine that answers SQL over the tables of orders, as tests see it. */

/** Cells as text, so that an exact decimal stays exact; null is SQL's NULL. */
export interface SqlAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Values of parameters as somebody types them; null where nothing was given. */
export type SqlValues = Readonly<Record<string, string | null>>;

/** `real` has the tables with the real file's orders, `empty` the same tables without a row. */
export type SqlSchema = 'real' | 'empty';

export interface SqlEngine {
  /** Gives the statement its parameters in the way of the engine, never as part of the text. */
  query(sql: string, values: SqlValues, schema: SqlSchema): Promise<SqlAnswer>;
  close(): Promise<void>;
}

/** Columns of both tables, as the types that every engine has. */
export const ORDER_COLUMNS = [
  ['order_id', 'varchar'],
  ['invoice_no', 'varchar'],
  ['stock_code', 'varchar'],
  ['description', 'varchar'],
  ['quantity', 'bigint'],
  ['order_date', 'timestamp'],
  ['unit_price', 'decimal(18, 6)'],
  ['customer_id', 'bigint'],
  ['country', 'varchar'],
  ['arrived_at', 'timestamp'],
  ['sequence', 'bigint'],
] as const;

/** Column definitions of CREATE TABLE. */
export function columnDefinitions(timestamp: string): string {
  return ORDER_COLUMNS.map(([name, type]) => `${name} ${type === 'timestamp' ? timestamp : type}`).join(', ');
}

export const TABLES = ['orders', 'order_arrivals'] as const;

/** Where the rows of both tables lie: `<directory>/<table>/rows.parquet` and `<directory>/<table>.csv`, with \N for NULL. */
export interface OrderFiles {
  readonly directory: string;
}
