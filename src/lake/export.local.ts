/** Copies the table `orders` out of the lake, for other programs. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { csvText } from '../engines/duckdb/csv-text.js';
import type { Database } from '../engines/duckdb/database.js';
import { sqlText } from '../engines/duckdb/sql-text.js';
import { AlakazamError } from '../errors.js';
import { COLUMNS } from './order-columns.js';

/** As `query` writes the same columns. */
const TEXTS = Object.entries(COLUMNS).map(([name, type]) => {
  const [of = ''] = type.split('(');
  return `${csvText(of as Parameters<typeof csvText>[0], name) ?? name} AS ${name}`;
});

const FORMATS: Readonly<Record<string, (to: string) => string>> = {
  '.parquet': (to) => `COPY orders TO ${to} (FORMAT parquet, COMPRESSION zstd)`,
  '.csv': (to) => `COPY (SELECT ${TEXTS.join(', ')} FROM orders) TO ${to} (FORMAT csv, HEADER)`,
  // A directory a month of the order date, as Hive, Spark and Athena have it.
  '': (to) => `COPY (SELECT *, strftime(order_date, '%Y-%m') AS month FROM orders)
    TO ${to} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (month))`,
};

/**
 * To a file that ends in .parquet or .csv, or to a directory. It is there whole or not at all. Gives the number of orders. Throws
 * an `AlakazamError` if there is something in its place.
 */
export async function exportOrders(database: Database, to: string): Promise<number> {
  const statement = FORMATS[extname(to)];
  if (!statement) {
    throw new AlakazamError('usage', `--to is ${JSON.stringify(to)}; valid: a .parquet file, a .csv file, a directory`);
  }
  if (existsSync(to) && !(statSync(to).isDirectory() && readdirSync(to).length === 0)) {
    throw new AlakazamError('usage', `${to} is there already`, { hint: 'choose another place, or move it away' });
  }
  if (!existsSync(dirname(to))) {
    throw new AlakazamError('usage', `there is no directory ${dirname(to)}`, {
      hint: 'make it, or choose another place',
    });
  }
  const temporary = `${to}.${randomBytes(6).toString('hex')}`;
  try {
    const rows = await database.run(statement(sqlText(temporary)));
    if (existsSync(temporary)) renameSync(temporary, to);
    return rows;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
