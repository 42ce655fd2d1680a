/** The warehouse on AWS: Athena over the lake, in the work group of the stack. */
import { AthenaClient, GetWorkGroupCommand, type QueryExecution } from '@aws-sdk/client-athena';
import type { AwsSession } from '../engines/aws/session.js';
import { amountOf, type ListPrice, sourceOf } from '../stack/list-price.js';
import { bytes } from '../terminal/numbers.js';
import { athenaStatement, checkQuestion, explainStatement } from './question.athena.js';
import { readResults } from './results.athena.js';
import { REUSE_MINUTES_MAX, runQuery } from './run.athena.js';
import type { Warehouse } from './warehouse.js';

/** Each query is billed for at least so much. https://aws.amazon.com/athena/pricing/ */
const BILLED_BYTES_MIN = 10_000_000;
/** AWS does not say which kind of TB it bills; in this kind, the price comes out higher. */
const TERABYTE = 1e12;

export interface AthenaWarehouseOptions {
  readonly session: AwsSession;
  readonly workGroup: string;
  /** Name of the database in Glue. */
  readonly database: string;
  /** Of a terabyte read. */
  readonly price: ListPrice;
  /** See `QueryPlace`. */
  readonly isFresh?: boolean;
  /** An answer whose file is this large is read from the file; for tests. */
  readonly fileBytesMin?: number;
}

/** Answers over what Firehose has delivered to the lake: an order is in there some minutes after it was streamed. */
export function openAthenaWarehouse({
  session,
  workGroup,
  database,
  price,
  isFresh,
  fileBytesMin,
}: AthenaWarehouseOptions): Warehouse {
  const client = session.client(AthenaClient);

  const place = { client, workGroup, database, isFresh };

  return {
    engine: 'athena',
    async ask(question, { signal, isUnsafe }) {
      if (!isUnsafe) checkQuestion(question.sql);
      const execution = await runQuery(place, athenaStatement(question), signal);
      if (!execution) return { columns: [], rows: none(), cost: () => 'stopped' };
      const results = await readResults({ session, client, execution, signal, fileBytesMin });
      return { ...results, cost: () => costOf(execution, price) };
    },
    async explain(question, { signal, isUnsafe }) {
      if (!isUnsafe) checkQuestion(question.sql);
      const execution = await runQuery(place, explainStatement(question), signal);
      if (!execution) return '';
      const [{ rows }, { WorkGroup: found }] = await Promise.all([
        readResults({ session, client, execution, signal }),
        client.send(new GetWorkGroupCommand({ WorkGroup: workGroup })),
      ]);
      let text = '';
      for await (const some of rows) for (const [line] of some) text += `${line}\n`;
      return `${text}\n${limitOf(found?.Configuration?.BytesScannedCutoffPerQuery, price)}\n`;
    },
    async close() {},
  };
}

async function* none() {}

function costOf({ Statistics: statistics }: QueryExecution, price: ListPrice): string {
  if (statistics?.ResultReuseInformation?.ReusedPreviousResult) {
    return `the answer of the last ${REUSE_MINUTES_MAX} minutes again, at no cost`;
  }
  const scanned = statistics?.DataScannedInBytes ?? 0;
  return `${bytes(scanned)} read, ${priceOf(scanned, price)}`;
}

function limitOf(bytesMax: number | undefined, price: ListPrice): string {
  if (bytesMax === undefined) return `the work group has no limit: each TB read costs $${price.perUnit}`;
  return `It may cost ${priceOf(Number(bytesMax), price)} at most: Athena stops a query that reads over ${bytes(Number(bytesMax))}.`;
}

/** `$0.00005 (list price of us-east-1 on 2025-06-01)` */
function priceOf(scanned: number, price: ListPrice): string {
  return `${amountOf(Math.max(scanned, BILLED_BYTES_MIN) / TERABYTE, price)} (${sourceOf(price)})`;
}
