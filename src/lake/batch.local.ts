/** Writes a batch of orders as Parquet files, one a month, and finds which arrivals the batch replaces. */
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Database } from '../engines/duckdb/database.js';
import { orSparing, SMALL_ROW_GROUPS } from '../engines/duckdb/little-memory.js';
import { patternOf, sqlText } from '../engines/duckdb/sql-text.js';
import type { NumberedBlock } from '../stream/numbered-stream.js';
import { ORDERS, REPLACED, TEMPORARY } from './folder.local.js';
import {
  checkFile,
  damagedLake,
  type InvoiceSpan,
  type LakeFile,
  type Manifest,
  type ReplacedFile,
  type StoredFile,
  storeFile,
} from './manifest.local.js';
import { numberedLines } from './numbered-lines.js';
import { ordersOfCsv } from './order-columns.js';

const PARQUET = 'FORMAT parquet, COMPRESSION zstd';
/** What tells an order from others. An id alone may be the same for two: `1-2` + `3`, and `1` + `2-3`. */
export const IDENTITY = 'order_id, invoice_no, stock_code';

/** The lines of a batch on disk, where DuckDB reads them with all cores. */
export interface Batch {
  readonly path: string;
  /** Sequence numbers. */
  readonly first: number;
  readonly last: number;
  /** The block with the last order. */
  readonly end: NumberedBlock;
}

/** So many orders become durable together, or fewer whose lines are long: DuckDB holds a batch in memory. */
const ORDERS_A_BATCH = 1 << 18;
const BYTES_A_BATCH = 1 << 25;

/**
 * Reads blocks until there are enough orders, and writes their lines to a temporary file. Undefined if there are none, or if the
 * signal ended it.
 */
export async function writeLines(
  directory: string,
  blocks: AsyncIterator<NumberedBlock>,
  signal?: AbortSignal,
): Promise<Batch | undefined> {
  const path = temporaryPath(directory, 'csv');
  const file = openSync(path, 'wx', 0o600);
  let first = 0;
  let last = 0;
  let bytes = 0;
  let end: NumberedBlock | undefined;
  try {
    while (!end || (last - first + 1 < ORDERS_A_BATCH && bytes < BYTES_A_BATCH)) {
      const { value: block, done } = await blocks.next();
      // Blocks that are read without a wait would let no signal through.
      await turn();
      if (signal?.aborted) end = undefined;
      if (done || signal?.aborted) break;
      first ||= block.first;
      last = block.first + block.orders.count - 1;
      end = block;
      bytes += block.orders.lines.length;
      writeAll(file, numberedLines(block));
    }
  } finally {
    closeSync(file);
    if (!end) rmSync(path);
  }
  return end && { path, first, last, end };
}

/** Brings a batch into tables of the database and files of the lake; no manifest names the files yet. */
export async function writeFiles(
  database: Database,
  directory: string,
  { path, first, last }: Batch,
  manifest: Manifest,
): Promise<{ files: LakeFile[]; replaced: ReplacedFile[] }> {
  const name = fileName(first, last, manifest.version + 1);
  await database.run(`CREATE OR REPLACE TABLE batch AS ${ordersOfCsv(sqlText(patternOf(path)))}`);
  rmSync(path);
  const months = new Map<string, { rows: number; invoices: InvoiceSpan[] }>();
  let rows = 0;
  for (const [date, min, max, count] of (await database.rows(`
    SELECT CAST(date_trunc('month', order_date) AS VARCHAR), min(invoice_no), max(invoice_no), count(*)
    FROM batch GROUP BY 1, left(invoice_no, 1) ORDER BY 1, 2`)) as [string, string, string, string][]) {
    const month = months.get(date.slice(0, 7)) ?? { rows: 0, invoices: [] };
    months.set(date.slice(0, 7), { rows: month.rows + Number(count), invoices: [...month.invoices, [min, max]] });
    rows += Number(count);
  }
  if (rows !== last - first + 1) throw damagedLake(`${rows} of the orders ${first} to ${last} could be read`);

  const files = await Promise.all(
    [...months].map(async ([month, { rows, invoices }]): Promise<LakeFile> => {
      const select = `SELECT * FROM batch WHERE date_trunc('month', order_date) = DATE '${month}-01'`;
      const stored = await store(database, directory, join(ORDERS, `month=${month}`, name), select, rows);
      return { ...stored, month, first, last, invoices };
    }),
  );
  return { files, replaced: await replacedBy(database, directory, name, { files, first, last }, manifest) };
}

/** Writes the answer of a query as a file of the lake, in the order of its rows: one thread, too, takes them in that order. */
export async function store(
  database: Database,
  directory: string,
  path: string,
  select: string,
  rows: number,
): Promise<StoredFile> {
  const temporary = temporaryPath(directory, 'parquet');
  const copied = await orSparing(database, (isSparing) =>
    database.run(`COPY (${select}) TO ${sqlText(temporary)} (${PARQUET}${isSparing ? `, ${SMALL_ROW_GROUPS}` : ''})`),
  );
  if (copied !== rows) throw damagedLake(`${copied} of ${rows} orders could be read for ${path}`);
  return { path, rows, ...storeFile(temporary, directory, path) };
}

/** Arrivals of which the batch holds a later one: in the batch itself, and in files that share invoices with it. */
async function replacedBy(
  database: Database,
  directory: string,
  name: string,
  batch: { readonly files: readonly LakeFile[]; readonly first: number; readonly last: number },
  manifest: Manifest,
): Promise<ReplacedFile[]> {
  const [repeated] = await database.rows(
    `SELECT 1 FROM (SELECT hash(order_id) AS fingerprint FROM batch) GROUP BY fingerprint HAVING count(*) > 1 LIMIT 1`,
  );
  const invoices = batch.files.flatMap((file) => file.invoices);
  const older = manifest.files.filter((file) =>
    file.invoices.some((span) => invoices.some((other) => isShared(span, other))),
  );
  for (const file of [...older, ...manifest.replaced]) checkFile(directory, file);
  const known =
    manifest.replaced.length > 0 ? `ANTI JOIN ${parquet(directory, manifest.replaced)} USING (sequence)` : '';
  const selects = [
    ...(repeated
      ? [`FROM batch QUALIFY lead(sequence) OVER (PARTITION BY ${IDENTITY} ORDER BY sequence) IS NOT NULL`]
      : []),
    ...(older.length > 0
      ? [`FROM (FROM ${parquet(directory, older)} SEMI JOIN batch USING (${IDENTITY})) ${known}`]
      : []),
  ].map((from) => `SELECT sequence ${from}`);
  if (selects.length === 0) return [];
  await database.run(
    `CREATE OR REPLACE TABLE replaced AS SELECT sequence FROM (${selects.join(' UNION ALL ')}) ORDER BY sequence`,
  );
  const [[count] = []] = await database.rows('SELECT count(*) FROM replaced');
  if (Number(count) === 0) return [];
  const stored = await store(database, directory, join(REPLACED, name), 'SELECT sequence FROM replaced', Number(count));
  return [{ ...stored, first: batch.first, last: batch.last }];
}

/** A relation of the rows of these files, in the order of the files. */
export function parquet(directory: string, files: readonly StoredFile[]): string {
  const paths = files.map(({ path }) => sqlText(patternOf(join(directory, path))));
  return `read_parquet([${paths.join(', ')}], hive_partitioning = false)`;
}

/** A retry makes the same name, and no file of an earlier manifest has it. */
export function fileName(first: number, last: number, version: number): string {
  return `${[first, last].map((number) => String(number).padStart(12, '0')).join('-')}-${version}.parquet`;
}

/** Whether two spans may share an invoice number. DuckDB compares strings by their bytes. */
function isShared([min, max]: InvoiceSpan, [otherMin, otherMax]: InvoiceSpan): boolean {
  const isUpTo = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b)) <= 0;
  return isUpTo(min, otherMax) && isUpTo(otherMin, max);
}

export function temporaryPath(directory: string, extension: string): string {
  mkdirSync(join(directory, TEMPORARY), { recursive: true, mode: 0o700 });
  return join(directory, TEMPORARY, `${randomBytes(8).toString('hex')}.${extension}`);
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
