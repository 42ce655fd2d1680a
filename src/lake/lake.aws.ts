/** The lake of a stack: Parquet files on S3 that Firehose writes. Athena counts and reads their orders. */
import type { AwsSession } from '../engines/aws/session.js';
import type { View } from '../stage.js';
import type { ArrivalLog } from '../stream/kinesis/arrived-orders.js';
import { blockOfDelivered, latestSince, MONTHS, repeatedSince } from './delivered-orders.js';
import { countsIn, statusOf } from './delivered-status.js';
import { awsLakeView } from './delivered-view.aws.js';
import type { Delivery } from './delivery.aws.js';
import { filesByMonth } from './files.aws.js';
import type { Lake } from './lake.js';
import { REFUSED } from './refused.aws.js';
import { LAKE_PREFIX } from './resources.js';

/** Asks one question about the table `delivered_orders` as it is now. */
export type AskLake = (
  sql: string,
  signal: AbortSignal,
) => Promise<{
  readonly rows: AsyncIterable<readonly (readonly unknown[])[]>;
  /** For people, once all rows were read. */
  cost(): string;
}>;

export interface AwsLakeOptions {
  readonly session: AwsSession;
  readonly bucket: string;
  readonly ask: AskLake;
  /** The first month that questions read: `2009-12`. */
  readonly firstMonth: string;
  readonly delivery: () => Promise<Delivery>;
  /** The stream, with the place of each order in it. */
  readonly arrivals: () => Promise<ArrivalLog>;
  /** When the stream was made, in milliseconds since 1970: a stack that adopted a bucket holds orders of an older stream. */
  readonly streamCreatedMs: () => Promise<number>;
  /** See `OrderStream`. */
  readonly heldSinceMs: () => Promise<number>;
  readonly clock: () => number;
}

export interface AwsLake extends Lake {
  /** As a view of the stream. */
  view(): View;
  /** What each question cost whose rows were read, for people. */
  costs(): readonly string[];
}

export function openAwsLake(options: AwsLakeOptions): AwsLake {
  const { session, bucket, ask } = options;
  const costs: string[] = [];

  async function* rowsOf(sql: string, signal = new AbortController().signal) {
    const { rows, cost } = await ask(sql, signal);
    yield* rows;
    costs.push(`Athena: ${cost()}`);
  }

  async function* blocksOf(sql: string, signal: AbortSignal | undefined) {
    for await (const rows of rowsOf(sql, signal)) yield blockOfDelivered(rows);
  }

  const lake: AwsLake = {
    view: () => awsLakeView(lake, options),
    // Firehose does it.
    update: async () => ({ arrivalMs: Number.POSITIVE_INFINITY }),
    async status(signal) {
      const [files, counts] = await Promise.all([
        filesByMonth(session, bucket, signal),
        countsIn(rowsOf(MONTHS, signal)),
      ]);
      const { notes, ...status } = statusOf(files, counts);
      return { place: `s3://${bucket}/${LAKE_PREFIX}`, ...status, notes: [...notes, ...costs.splice(0)] };
    },
    all: (sinceMs = 0, signal) => blocksOf(latestSince(sinceMs), signal),
    replacing: (sinceMs = 0, signal) => blocksOf(repeatedSince(sinceMs), signal),
    ...REFUSED,
    async backfill(progress) {
      const { backfill } = await import('./backfill.aws.js');
      return backfill(options, rowsOf, progress);
    },
    costs: () => costs,
    async close() {},
  };
  return lake;
}
