/** Writes lists of recommendations as Parquet, by DuckDB. */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { diskError } from '../engines/disk-errors.js';
import { openDatabase } from '../engines/duckdb/database.js';
import { patternOf, sqlText } from '../engines/duckdb/sql-text.js';
import { reasonOf } from '../errors.js';
import type { ListRow } from './recommender.js';

/** As the columns of CSV, in their order. */
const COLUMNS = {
  customer_id: 'BIGINT',
  list: 'VARCHAR',
  rank: 'INTEGER',
  stock_code: 'VARCHAR',
  description: 'VARCHAR',
  because: 'VARCHAR',
} as const;

/** Memory does not grow with the number of rows: they wait in a temporary file, which is removed. */
export async function writeLists(
  lists: AsyncIterable<readonly ListRow[]>,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'alakazam-lists-'));
  const rows = join(directory, 'rows.ndjson');
  try {
    await pipeline(Readable.from(linesOf(lists)), createWriteStream(rows, { flags: 'wx', mode: 0o600 }));
    // A part of the lists would look like all of them.
    if (signal.aborted) return;
    const database = await openDatabase({ spillTo: join(directory, 'spill') });
    try {
      const types = Object.entries(COLUMNS).map(([name, type]) => `${name}: '${type}'`);
      await database.run(`
        COPY (FROM read_json(${sqlText(patternOf(rows))}, format = 'newline_delimited', columns = {${types.join(', ')}}))
        TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd)`);
    } catch (error) {
      // Whoever reads the lists has seen enough.
      if (!/Broken pipe/.test(reasonOf(error))) throw error;
    } finally {
      database.close();
    }
  } catch (error) {
    throw diskError(error, directory) ?? error;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function* linesOf(lists: AsyncIterable<readonly ListRow[]>): AsyncGenerator<string> {
  for await (const rows of lists) {
    yield rows
      .map(({ customerId, list, rank, stockCode, description, because }) => {
        const row = { customer_id: customerId, list, rank, stock_code: stockCode, description };
        return `${JSON.stringify({ ...row, because: because.join('; ') })}\n`;
      })
      .join('');
  }
}
