/**
 * Brings into the lake of a stack what the stream still has and Firehose has not delivered: orders from before it began, and those
 * that it rejected or lost. A Firehose stream that reads from Kinesis takes no records from anybody else. So this writes Parquet
 * files as Firehose does. S3 shows a file whole or not at all, so a run that is killed has lost nothing: the next run brings in what
 * is still missing.
 */
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { readShards } from '../engines/aws/shards.js';
import { type Database, openDatabase } from '../engines/duckdb/database.js';
import { sqlText } from '../engines/duckdb/sql-text.js';
import { ordersIn } from '../stream/kinesis/arrived-orders.js';
import { csvOf, readCsv } from './delivered-csv.js';
import { DELIVERED_COLUMNS, folderOf, sequencesSince } from './delivered-orders.js';
import type { AwsLakeOptions } from './lake.aws.js';
import type { BackfillOptions } from './lake.js';
import { readMonths } from './read-months.js';
import { LAKE_PREFIX } from './resources.js';

type Rows = AsyncIterable<readonly (readonly unknown[])[]>;

/** `heldSinceMs` leaves out the oldest hour of the stream, and the clocks of the stream and of this machine may differ. */
const EARLIER_MS = 2 * 3_600_000;

/** `ask` gives the rows of a question about the lake. */
export async function backfill(
  lake: AwsLakeOptions,
  ask: (sql: string, signal: AbortSignal | undefined) => Rows,
  { signal, onProgress }: BackfillOptions = {},
): Promise<number> {
  const nowMs = lake.clock();
  const [{ latestMs }, log, createdMs, heldSinceMs] = await Promise.all([
    lake.delivery(),
    lake.arrivals(),
    lake.streamCreatedMs(),
    lake.heldSinceMs(),
  ]);
  const directory = await mkdtemp(join(tmpdir(), 'alakazam-backfill-'));
  const [streamed, delivered] = [join(directory, 'streamed.csv'), join(directory, 'delivered.csv')];
  try {
    const isRead = readMonths(lake.firstMonth, nowMs);
    // The stream first: what is delivered meanwhile is not missing.
    let read = 0;
    await writeText(streamed, async function* () {
      for await (const { records } of readShards(log, { from: 'first' })) {
        const arrived = ordersIn(records);
        yield csvOf(arrived, (month, ms) => ms <= nowMs - latestMs && isRead(month));
        read += arrived.orders.count;
        onProgress?.(read);
        if (signal?.aborted) return;
      }
    });
    await writeText(delivered, async function* () {
      const sinceMs = Math.max(createdMs, heldSinceMs - EARLIER_MS);
      for await (const rows of ask(sequencesSince(sinceMs), signal))
        yield rows.map(([sequence]) => `${sequence}\n`).join('');
    });
    return signal?.aborted ? 0 : await bringIn(lake, { directory, streamed, delivered, signal });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function writeText(path: string, texts: () => AsyncIterable<string>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const text of texts()) await file.appendFile(text);
  } finally {
    await file.close();
  }
}

interface Comparison {
  readonly directory: string;
  /** Paths of CSV files: the orders of the stream, and the places in the stream of those in the lake. */
  readonly streamed: string;
  readonly delivered: string;
  readonly signal: AbortSignal | undefined;
}

async function bringIn(lake: AwsLakeOptions, { directory, streamed, delivered, signal }: Comparison): Promise<number> {
  const database = await openDatabase({ spillTo: join(directory, 'spill') });
  const interrupt = () => database.interrupt();
  signal?.addEventListener('abort', interrupt);
  let count = 0;
  try {
    for (const { month, orders, name } of await missingMonths(database, streamed, delivered)) {
      const file = join(directory, 'month.parquet');
      const columns = Object.keys(DELIVERED_COLUMNS).join(', ');
      await database.run(`COPY (SELECT ${columns} FROM missing WHERE month = ${sqlText(month)} ORDER BY sequence)
        TO ${sqlText(file)} (FORMAT parquet, COMPRESSION snappy)`);
      const Key = `${LAKE_PREFIX}${folderOf(month)}${name}`;
      await lake.session
        .client(S3Client)
        .send(new PutObjectCommand({ Bucket: lake.bucket, Key, Body: await readFile(file) }));
      count += orders;
      if (signal?.aborted) break;
    }
    return count;
  } catch (error) {
    if (!signal?.aborted) throw error;
    return count;
  } finally {
    signal?.removeEventListener('abort', interrupt);
    database.close();
  }
}

/** Makes the table `missing`. The name of a month's file follows from the places of its orders, so the same orders have one file. */
async function missingMonths(database: Database, streamed: string, delivered: string) {
  await database.run(`CREATE TABLE missing AS SELECT streamed.* FROM ${readCsv(sqlText(streamed))} AS streamed
    ANTI JOIN ${readCsv(sqlText(delivered), { sequence: 'VARCHAR' })} AS delivered USING (sequence)`);
  const rows = await database.rows(`
    SELECT month, count(*), CAST(bit_xor(md5_number(sequence)) AS VARCHAR) FROM missing GROUP BY month ORDER BY month`);
  return (rows as [string, string, string][]).map(([month, orders, hash]) => ({
    month,
    orders: Number(orders),
    name: `backfill-${hash}.parquet`,
  }));
}
