/**
 * A Lambda event source mapping on a Kinesis shard, by its documentation: batches in order, one at a time; a batch item
 * failure takes up again at the lowest failed sequence number, an error of the function halves the batch; what was tried too
 * often is given up, and goes whole to the destination for failures.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
 * https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
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
  readonly retriesMax: number;
  /** Time a call of the function may take. */
  readonly timeoutMs?: number;
}

export interface Outcome {
  readonly invocations: number;
  /** What was given up, whole. */
  readonly givenUp: KinesisRecord[];
}

let requests = 0;

export async function runMapping(
  records: readonly KinesisRecord[],
  handler: Handler,
  { batchSize, retriesMax, timeoutMs = 60_000 }: Mapping,
): Promise<Outcome> {
  const givenUp: KinesisRecord[] = [];
  let invocations = 0;

  /** Sequence number to take up again at, 'error', or undefined if all went well. */
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

  async function deliver(batch: readonly KinesisRecord[], retries: number): Promise<void> {
    if (batch.length === 0) return;
    const failed = await invoke(batch);
    if (failed === undefined) return;
    const rest = failed === 'error' ? batch : batch.slice(failed);
    if (retries === retriesMax) {
      givenUp.push(...rest);
      return;
    }
    if (failed === 'error' && batch.length > 1) {
      const half = Math.ceil(batch.length / 2);
      await deliver(batch.slice(0, half), retries + 1);
      await deliver(batch.slice(half), retries + 1);
      return;
    }
    await deliver(rest, retries + 1);
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
