/** Copies the table `orders` out of the lake, for other programs. */
import { accessSync, constants, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, extname } from 'node:path';
import { checksumOf } from '../durable-file.js';
import { csvText } from '../engines/duckdb/csv-text.js';
import type { Database } from '../engines/duckdb/database.js';
import { orSparing, SMALL_ROW_GROUPS } from '../engines/duckdb/little-memory.js';
import { sqlText } from '../engines/duckdb/sql-text.js';
import { AlakazamError } from '../errors.js';
import { ownPath, removeAbandoned } from './abandoned.local.js';
import { COLUMNS } from './order-columns.js';

/** As `query` writes the same columns. */
const TEXTS = Object.entries(COLUMNS).map(([name, type]) => {
  const [of = ''] = type.split('(');
  return `${csvText(of as Parameters<typeof csvText>[0], name) ?? name} AS ${name}`;
});

/** `options` are for Parquet. */
type Copy = (to: string, options: string) => string;

const FILES: Readonly<Record<string, Copy>> = {
  '.parquet': (to, options) => `COPY orders TO ${to} (FORMAT parquet, COMPRESSION zstd${options})`,
  '.csv': (to) => `COPY (SELECT ${TEXTS.join(', ')} FROM orders) TO ${to} (FORMAT csv, HEADER)`,
};

/** A directory a month of the order date, as Hive, Spark and Athena have it. */
const months: Copy = (to, options) => `COPY (SELECT *, strftime(order_date, '%Y-%m') AS month FROM orders)
  TO ${to} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (month)${options})`;

/**
 * To a file that ends in .parquet or .csv, or else to a directory. It is there whole or not at all. Gives the number of orders.
 * Throws an `AlakazamError` if there is something in its place.
 */
export async function exportOrders(database: Database, to: string): Promise<number> {
  const statement = FILES[extname(to).toLowerCase()] ?? months;
  if (existsSync(to) && !(statSync(to).isDirectory() && readdirSync(to).length === 0)) throw isThere(to);
  checkDirectory(dirname(to));
  const kind = `.alakazam-export-${checksumOf(hostname())}`;
  removeAbandoned(dirname(to), kind);
  const temporary = ownPath(dirname(to), kind);
  try {
    const rows = await orSparing(database, (isSparing) => {
      rmSync(temporary, { recursive: true, force: true });
      return database.run(statement(sqlText(temporary), isSparing ? `, ${SMALL_ROW_GROUPS}` : ''));
    });
    if (existsSync(temporary)) giveItsPlace(temporary, to);
    return rows;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function checkDirectory(directory: string): void {
  const other = 'choose another place';
  if (!existsSync(directory) || !statSync(directory).isDirectory()) {
    throw new AlakazamError('usage', `there is no directory ${directory}`, { hint: `make it, or ${other}` });
  }
  try {
    accessSync(directory, constants.W_OK);
  } catch (cause) {
    const hint = `give yourself write access to it, or ${other}`;
    throw new AlakazamError('access', `no permission to write in ${directory}`, { hint, cause });
  }
}

function giveItsPlace(temporary: string, to: string): void {
  try {
    renameSync(temporary, to);
  } catch (error) {
    // Somebody else has put something there meanwhile, as another export does.
    if (existsSync(to)) throw isThere(to, error);
    throw error;
  }
}

function isThere(to: string, cause?: unknown): AlakazamError {
  return new AlakazamError('usage', `${to} is there already`, {
    hint: 'choose another place, or move it away',
    cause,
  });
}
