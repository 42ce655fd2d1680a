/** Reads what a query of Athena answered: from the API, or a large answer from its file on S3. */
import { type AthenaClient, GetQueryResultsCommand, type QueryExecution, type Row } from '@aws-sdk/client-athena';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { isDenied, nameOf } from '../engines/aws/errors.js';
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import { readResultFile, UnknownForm } from './result-file.athena.js';
import { type AthenaCell, columnOf, rowMaker } from './values.athena.js';
import type { AnswerColumn, AnswerValue } from './warehouse.js';

/**
 * The API gives a thousand rows a call, and takes a tenth of a second for it: fine for an answer that somebody reads. An answer
 * of which the file has more bytes than this, about 30 calls, is read from the file, which S3 gives in one go.
 */
const FILE_BYTES_MIN = 4_000_000;

export interface AthenaResults {
  readonly columns: readonly AnswerColumn[];
  readonly rows: AsyncIterable<readonly AnswerValue[][]>;
}

export interface ResultsOptions {
  readonly session: AwsSession;
  readonly client: AthenaClient;
  readonly execution: QueryExecution;
  readonly signal: AbortSignal;
  /** See `FILE_BYTES_MIN`. */
  readonly fileBytesMin?: number | undefined;
}

export async function readResults(options: ResultsOptions): Promise<AthenaResults> {
  const first = await readPage(options, undefined);
  const columns = first.columns;
  const toValues = rowMaker(columns);
  async function* rows() {
    for await (const cells of cellsOf(options, first)) yield cells.map(toValues);
  }
  return { columns, rows: rows() };
}

interface Page {
  readonly columns: readonly AnswerColumn[];
  readonly rows: readonly AthenaCell[][];
  readonly next: string | undefined;
}

async function readPage({ client, execution }: ResultsOptions, token: string | undefined): Promise<Page> {
  const { ResultSet, NextToken } = await client.send(
    new GetQueryResultsCommand({ QueryExecutionId: execution.QueryExecutionId, NextToken: token }),
  );
  const columns = (ResultSet?.ResultSetMetadata?.ColumnInfo ?? []).map(columnOf);
  const rows = (ResultSet?.Rows ?? []).map(cellsIn);
  // The first row of a SELECT's first page is the names of its columns; EXPLAIN and DDL have no such row.
  const isHeader = (row: readonly AthenaCell[] = []) => columns.every(({ name }, i) => row[i] === name);
  const skipped = token === undefined && execution.StatementType === 'DML' && isHeader(rows[0]) ? 1 : 0;
  return { columns, rows: rows.slice(skipped), next: NextToken };
}

const cellsIn = ({ Data = [] }: Row): AthenaCell[] => Data.map(({ VarCharValue }) => VarCharValue ?? null);

async function* cellsOf(options: ResultsOptions, first: Page): AsyncGenerator<readonly AthenaCell[][]> {
  yield first.rows;
  if (first.next === undefined || options.signal.aborted) return;
  const rest = await openFile(options, first);
  if (rest) {
    yield* rest;
    return;
  }
  const seen = new Set<string>();
  for (let token: string | undefined = first.next; token !== undefined && !options.signal.aborted; ) {
    if (seen.has(token)) throw new AlakazamError('failed', 'Athena gives the same page of its answer again and again');
    seen.add(token);
    const page: Page = await readPage(options, token);
    yield page.rows;
    token = page.next;
  }
}

/**
 * The rows of the file after those of the first page; undefined if the file is small, may not be read, or is not written as
 * expected. Whether it is, the first page says, in which the API tells NULL from an empty text: the file's first rows must be
 * the same.
 */
async function openFile(
  { session, execution, signal, fileBytesMin = FILE_BYTES_MIN }: ResultsOptions,
  first: Page,
): Promise<AsyncGenerator<AthenaCell[][]> | undefined> {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+\.csv)$/.exec(execution.ResultConfiguration?.OutputLocation ?? '') ?? [];
  if (bucket === undefined || key === undefined) return undefined;
  const found = await session
    .client(S3Client)
    .send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    .catch((error) => {
      if (isDenied(error) || ['NoSuchKey', 'NoSuchBucket'].includes(nameOf(error))) return undefined;
      throw error;
    });
  const body = found?.Body as (AsyncIterable<Uint8Array> & { destroy?(): void }) | undefined;
  if (!body) return undefined;
  const stop = () => body.destroy?.();
  if ((found?.ContentLength ?? 0) < fileBytesMin) {
    stop();
    return undefined;
  }
  const rows = readResultFile(body, first.columns.length);
  const begun = await firstRows(rows, first.rows.length);
  if (!begun || !isSame(begun.slice(0, first.rows.length), first.rows)) {
    stop();
    return undefined;
  }
  return (async function* () {
    try {
      yield begun.slice(first.rows.length);
      for await (const some of rows) {
        if (signal.aborted) return;
        yield some;
      }
    } finally {
      stop();
    }
  })();
}

/** At least so many rows; undefined if the file has another form. */
async function firstRows(rows: AsyncIterator<AthenaCell[][]>, count: number): Promise<AthenaCell[][] | undefined> {
  const found: AthenaCell[][] = [];
  try {
    while (found.length < count) {
      const { value, done } = await rows.next();
      if (done) return undefined;
      found.push(...value);
    }
    return found;
  } catch (error) {
    if (error instanceof UnknownForm) return undefined;
    throw error;
  }
}

function isSame(some: readonly AthenaCell[][], others: readonly AthenaCell[][]): boolean {
  return some.every((row, i) => row.every((cell, column) => cell === others[i]?.[column]));
}
