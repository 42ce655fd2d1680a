/**
 * A Lambda event source mapping on a Kinesis shard, with BisectBatchOnFunctionError and ReportBatchItemFailures, by its
 * documentation. Batches come in order and one at a time.
 *
 * - A reported failure: Lambda retries from the lowest failed sequence number on
 *   (https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html).
 * - An error of the function: the batch is split in two, each half is tried, and the split uses up no retry
 *   (https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html, "During invocation").
 * - A batch whose retries are used up goes whole to the destination for failures, and the mapping goes on behind it (same page).
 * - A record over the maximum age goes there without being tried: MaximumRecordAgeInSeconds holds before an invocation too
 *   (same page, "Before invocation").
 *
 * What the documentation leaves open is strict here: a batch that shrinks by a reported failure keeps the count of its retries,
 * and so does each half of a split.
 */

export interface KinesisRecord {
  readonly eventID: string;
  readonly eventSourceARN: string;
  readonly kinesis: {
    readonly data: string;
    readonly sequenceNumber: string;
    readonly partitionKey: string;
    readonly approximateArrivalTimestamp: number;
  };
}

export type Handler = (
  event: { Records: KinesisRecord[] },
  context: LambdaContext,
) => Promise<{ batchItemFailures: readonly { itemIdentifier: string }[] }>;

export interface LambdaContext {
  readonly functionName: string;
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

export interface Mapping {
  readonly batchSize: number;
  /** MaximumRetryAttempts */
  readonly retriesMax: number;
  /** MaximumRecordAgeInSeconds, in milliseconds; no limit where it is left out. */
  readonly ageMaxMs?: number;
  /** Tells the age of records. */
  readonly clock?: () => number;
  /** Time a call of the function may take. */
  readonly timeoutMs?: number;
}

export interface Outcome {
  readonly invocations: number;
  /** Records that went to the destination for failures, whole. */
  readonly givenUp: KinesisRecord[];
}

let requests = 0;

export async function runMapping(
  records: readonly KinesisRecord[],
  handler: Handler,
  { batchSize, retriesMax, ageMaxMs = Number.POSITIVE_INFINITY, clock = Date.now, timeoutMs = 60_000 }: Mapping,
): Promise<Outcome> {
  const givenUp: KinesisRecord[] = [];
  let invocations = 0;

  /** Number of the record to retry from, 'error', or undefined if the whole batch succeeded. */
  async function invoke(batch: readonly KinesisRecord[]): Promise<number | 'error' | undefined> {
    invocations++;
    const endMs = Date.now() + timeoutMs;
    const context: LambdaContext = {
      functionName: 'process-orders',
      awsRequestId: `request-${++requests}`,
      getRemainingTimeInMillis: () => endMs - Date.now(),
    };
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('Task timed out')), timeoutMs);
    });
    try {
      // The function gets the event as JSON, and its own copy each time.
      const event = JSON.parse(JSON.stringify({ Records: batch }));
      const { batchItemFailures } = await Promise.race([handler(event, context), timeout]);
      const places = batchItemFailures.map(({ itemIdentifier }) =>
        batch.findIndex(({ kinesis }) => kinesis.sequenceNumber === itemIdentifier),
      );
      // An identifier that is not of the batch makes all of it a failure.
      if (places.includes(-1)) return 0;
      return places.length > 0 ? Math.min(...places) : undefined;
    } catch {
      return 'error';
    } finally {
      clearTimeout(timer);
    }
  }

  async function deliver(records: readonly KinesisRecord[], retries: number): Promise<void> {
    const oldestMs = clock() - ageMaxMs;
    const isTooOld = ({ kinesis }: KinesisRecord) => kinesis.approximateArrivalTimestamp * 1000 < oldestMs;
    givenUp.push(...records.filter(isTooOld));
    const batch = records.filter((record) => !isTooOld(record));
    if (batch.length === 0) return;
    const failed = await invoke(batch);
    if (failed === undefined) return;
    if (failed === 'error' && batch.length > 1) {
      const half = Math.ceil(batch.length / 2);
      await deliver(batch.slice(0, half), retries);
      await deliver(batch.slice(half), retries);
      return;
    }
    const rest = failed === 'error' ? batch : batch.slice(failed);
    if (retries === retriesMax) givenUp.push(...rest);
    else await deliver(rest, retries + 1);
  }

  for (let at = 0; at < records.length; at += batchSize) await deliver(records.slice(at, at + batchSize), 0);
  return { invocations, givenUp };
}

/** Records of one shard, as an event carries them. */
export function shardRecords(
  data: readonly (string | Uint8Array)[],
  shardId = 'shardId-000000000000',
): KinesisRecord[] {
  return data.map((each, i) => {
    const sequenceNumber = `495903382714902566085596925383615710959215759891${String(36_588_898 + i)}`;
    return {
      eventID: `${shardId}:${sequenceNumber}`,
      eventSourceARN: 'arn:aws:kinesis:eu-central-1:123456789012:stream/orders',
      kinesis: {
        data: Buffer.from(each).toString('base64'),
        sequenceNumber,
        partitionKey: 'key',
        approximateArrivalTimestamp: 1_764_000_000.123 + i / 1000,
      },
    };
  });
}
