/** The Lambda function between the stream and the order history: hands the records of an event to `process-orders.ts`. */
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { isDenied, isTransient } from '../engines/aws/errors.js';
import { isInvalid, type Retries, readItems, retried, writeItems } from '../engines/aws/items.js';
import type { LambdaContext } from '../engines/aws/lambda.js';
import { metricLine } from '../engines/aws/metric-line.js';
import type { BatchResponse, KinesisEvent } from '../stream/kinesis/event.js';
import { sequenceAt } from '../stream/kinesis/sequence.js';
import { checkpointKey } from './dynamodb/history-index.js';
import { type CustomerOrder, keyOf, orderIn, positionIn } from './dynamodb/order-item.js';
import { orderKey, type Processed, processOrders, type StreamRecord, type Tables } from './process-orders.js';
import { messagesOf } from './rejected-messages.js';

/** Time reserved at the end of an invocation to report failed records. A last wait between attempts fits into this time. */
const RESERVE_MS = 5000;
/** Number of index entries that the function remembers as written. Beyond this number it forgets all of them. */
const KNOWN_MAX = 100_000;

const dynamodb = new DynamoDBClient({});
const sqs = new SQSClient({});
const known = new Set<string>();

export async function handler({ Records }: KinesisEvent, context: LambdaContext): Promise<BatchResponse> {
  const startMs = performance.now();
  const records = Records.map(({ eventID, kinesis }) => ({
    shardId: eventID.slice(0, eventID.indexOf(':')),
    sequenceNumber: kinesis.sequenceNumber,
    partitionKey: kinesis.partitionKey,
    arrivalMs: kinesis.approximateArrivalTimestamp * 1000,
    data: Buffer.from(kinesis.data, 'base64'),
  }));
  if (known.size > KNOWN_MAX) known.clear();
  const processed = await processOrders(records, tablesOf(context, streamOf(Records)), known);
  report(records, processed, performance.now() - startMs, context);
  if (process.env['ARRIVALS_BY_SECOND'] === 'yes') reportArrivals(processed, context);
  const { failed } = processed;
  return { batchItemFailures: failed ? [{ itemIdentifier: failed.sequenceNumber }] : [] };
}

/** Name of the stream from which all records of a batch come; undefined for a replay. */
function streamOf([record]: KinesisEvent['Records']): string | undefined {
  return record?.eventSourceARN.split('/').at(-1);
}

function tablesOf(context: LambdaContext, stream: string | undefined): Tables {
  const table = setting('TABLE_NAME');
  const index = setting('INDEX_TABLE_NAME');
  const queue = setting('REJECTED_QUEUE_URL');
  const retries = retriesUntilLate(context);

  return {
    async storedOf(orders) {
      const keys = orders.map(({ customerId, orderId }) => keyOf(customerId, orderId));
      const found = (await readItems(dynamodb, table, keys, retries)).map((item) => ({
        order: orderIn(item) as CustomerOrder,
        ...positionIn(item),
      }));
      return new Map(found.map((stored) => [orderKey(stored.order), stored]));
    },
    async writeOrders(items) {
      const unwritten = await writeItems(dynamodb, table, items, 'CustomerId', retries);
      return unwritten.map(({ item, cause }) => ({ item, isFinal: isInvalid(cause), reason: (cause as Error).name }));
    },
    writeIndex: async (items) => (await writeItems(dynamodb, index, items, 'CustomerId', retries)).length === 0,
    checkpoint: async (record) => (stream ? checkpoint({ index, stream }, record, retries) : undefined),
    async reject(rejected) {
      const unsent: number[] = [];
      for (const { entries, numbers } of messagesOf(rejected)) {
        const answer = await sqs
          .send(new SendMessageBatchCommand({ QueueUrl: queue, Entries: entries }))
          .catch(() => ({ Failed: entries }));
        for (const { Id } of answer.Failed ?? []) unsent.push(numbers[Number(Id)] as number);
      }
      return unsent;
    },
  };
}

/**
 * The function itself waits for the end of an outage of DynamoDB, or for a missing permission, as long as it may run. Every
 * failed invocation uses up one of the batch's attempts. After the last attempt, Lambda discards the whole batch.
 */
function retriesUntilLate(context: LambdaContext): Retries {
  return {
    isRetried: (error) => isTransient(error) || isDenied(error),
    isOver: () => context.getRemainingTimeInMillis() < RESERVE_MS,
  };
}

/** A checkpoint only moves forwards: a batch that comes again late changes nothing. */
async function checkpoint(
  { index, stream }: { readonly index: string; readonly stream: string },
  record: StreamRecord,
  retries: Retries,
): Promise<string | undefined> {
  const { shardId, sequenceNumber, arrivalMs } = record;
  const update = new UpdateItemCommand({
    TableName: index,
    Key: checkpointKey(stream, shardId),
    UpdateExpression: 'SET #sequence = :sequence, SequenceNumber = :number, ArrivedMs = :arrived',
    ConditionExpression: 'attribute_not_exists(#sequence) OR #sequence < :sequence',
    ExpressionAttributeNames: { '#sequence': 'Sequence' },
    ExpressionAttributeValues: {
      ':sequence': { S: sequenceAt(sequenceNumber, 0) },
      ':number': { S: sequenceNumber },
      ':arrived': { N: String(arrivalMs) },
    },
  });
  try {
    await retried(() => dynamodb.send(update), retries);
    return undefined;
  } catch (error) {
    const { name } = error as Error;
    return name === 'ConditionalCheckFailedException' ? undefined : name;
  }
}

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

/** One line a batch. It names places in the stream, and nothing of an order. */
function report(
  records: readonly StreamRecord[],
  { stored, unchanged, guests, rejected, failed, failure }: Processed,
  durationMs: number,
  { functionName, awsRequestId }: LambdaContext,
): void {
  const line = metricLine({
    functionName,
    atMs: Date.now(),
    counts: { OrdersStored: stored, GuestOrders: guests, RejectedRecords: rejected },
    fields: {
      level: failed ? 'WARN' : 'INFO',
      requestId: awsRequestId,
      unchanged,
      records: records.length,
      shardId: records[0]?.shardId,
      first: records[0]?.sequenceNumber,
      last: records.at(-1)?.sequenceNumber,
      failedFrom: failed?.sequenceNumber,
      failure,
      durationMs: Math.round(durationMs),
    },
  });
  process.stdout.write(line);
}

/**
 * A line for each second in which orders arrived. The metrics of Kinesis itself are of a minute, in which a surge of a second is lost.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/publishingMetrics.html#high-resolution-metrics
 */
function reportArrivals({ arrived }: Processed, { functionName }: LambdaContext): void {
  for (const [atMs, OrdersArrived] of arrived) {
    process.stdout.write(metricLine({ functionName, atMs, resolution: 1, counts: { OrdersArrived } }));
  }
}
