/**
 * Sends failed and rejected records through `process-orders` again. The records don't go through the stream, because the lake
 * already has them and would hold them twice. The function gets the records with their original sequence numbers, so the
 * sequence of a customer's orders stays the same.
 */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { nameOf } from '../engines/aws/errors.js';
import type { AwsSession } from '../engines/aws/session.js';
import type { Replayed } from '../stage.js';
import type { KinesisEventRecord } from '../stream/kinesis/event.js';
import { decodeOrder, isOrder } from '../stream/order-record.js';
import { messageIn } from './rejected-messages.js';
import { makeVisible } from './rejected-queue.aws.js';

export interface FailedOrdersPlaces {
  readonly functionName: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly queueUrl: string;
}

/** An invocation takes 6 MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const INVOCATION_BYTES_MAX = 5_000_000;
const INVOCATION_RECORDS_MAX = 100;
/** The function has a minute. */
const INVOCATION_MS_MAX = 70_000;
const HIDDEN_SECONDS = 300;
const WAIT_SECONDS = 1;

export async function* replay(
  session: AwsSession,
  places: FailedOrdersPlaces,
  signal: AbortSignal,
): AsyncGenerator<Replayed> {
  yield* replayGivenUp(session, places, signal);
  if (!signal.aborted) yield* replayRejected(session, places, signal);
}

/** Each object is a whole batch: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html */
async function* replayGivenUp(
  session: AwsSession,
  { functionName, bucket, prefix }: FailedOrdersPlaces,
  signal: AbortSignal,
): AsyncGenerator<Replayed> {
  const s3 = session.client(S3Client);
  let after: string | undefined;
  do {
    // Names begin with the time of the failure, so the oldest come first.
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ...(after ? { StartAfter: after } : {}) }),
    );
    for (const { Key = '' } of page.Contents ?? []) {
      if (signal.aborted) return;
      after = Key;
      const from = `s3://${bucket}/${Key}`;
      const text = await textOf(s3, { Bucket: bucket, Key });
      // Another replay has deleted it meanwhile.
      if (text === undefined) continue;
      const records = recordsIn(text);
      if (!records) {
        const problem = `${from} holds no batch of records that can be read: look at it, and move it elsewhere`;
        yield { records: 1, failed: 1, from, problem };
        continue;
      }
      const failed = await invoke(session, functionName, records);
      if (failed === 0) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
      yield { records: records.length, failed, from };
    }
    if (!page.IsTruncated) return;
  } while (after);
}

/** Undefined for an object that is gone. One that a rule of the bucket has archived can't be read: it gives ''. */
async function textOf(
  s3: S3Client,
  at: { readonly Bucket: string; readonly Key: string },
): Promise<string | undefined> {
  try {
    return (await (await s3.send(new GetObjectCommand(at))).Body?.transformToString()) ?? '';
  } catch (error) {
    if (nameOf(error) === 'NoSuchKey') return undefined;
    if (nameOf(error) === 'InvalidObjectState') return '';
    throw error;
  }
}

function recordsIn(text: string): KinesisEventRecord[] | undefined {
  try {
    const { payload } = JSON.parse(text);
    const { Records } = typeof payload === 'string' ? JSON.parse(payload) : payload;
    const isRecord = (record: KinesisEventRecord) => typeof record.kinesis.data === 'string';
    return Records.every(isRecord) ? Records : undefined;
  } catch {
    return undefined;
  }
}

/** Replays the messages that are orders to this version of the program, and leaves the others on the queue. */
async function* replayRejected(
  session: AwsSession,
  { functionName, queueUrl: QueueUrl }: FailedOrdersPlaces,
  signal: AbortSignal,
): AsyncGenerator<Replayed> {
  const sqs = session.client(SQSClient);
  const startMs = Date.now();
  /** The receipt handles of messages that stay, by message id. The last handle of a message counts. */
  const staying = new Map<string, string>();
  try {
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: HIDDEN_SECONDS,
          WaitTimeSeconds: WAIT_SECONDS,
          MessageSystemAttributeNames: ['SentTimestamp'],
        }),
      );
      const known = new Set(staying.keys());
      for (const { MessageId, ReceiptHandle } of Messages) staying.set(MessageId as string, ReceiptHandle as string);
      // When the queue returns only messages that we have seen, we have seen all.
      const found = Messages.filter(({ MessageId }) => !known.has(MessageId as string));
      if (found.length === 0 || signal.aborted) return;
      // Skip messages sent since we started: the function just rejected them again. Older ones may come after them.
      const old = found.filter(({ Attributes }) => Number(Attributes?.SentTimestamp ?? 0) < startMs);
      if (old.length === 0) continue;
      let failed = 0;
      for (const message of old) {
        const record = recordOf(message);
        if (record && (await invoke(session, functionName, [record])) === 0) {
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
          staying.delete(message.MessageId as string);
        } else failed++;
      }
      yield { records: old.length, failed, from: QueueUrl };
    }
  } finally {
    await makeVisible(sqs, QueueUrl, [...staying.values()]);
  }
}

/** The record in a message, if it is whole and an order. */
function recordOf({ Body = '' }: Message): KinesisEventRecord | undefined {
  const kept = messageIn(Body);
  if (!kept) return undefined;
  const { data, dataBase64, isCut, shardId, sequenceNumber, partitionKey, arrivedAt } = kept;
  const bytes = data === undefined ? Buffer.from(dataBase64 ?? '', 'base64') : Buffer.from(data);
  if (isCut || !isOrder(decodeOrder(bytes))) return undefined;
  return {
    eventID: `${shardId}:${sequenceNumber}`,
    // The message does not name the stream of the record, so the function writes no checkpoint.
    eventSourceARN: '',
    kinesis: {
      data: bytes.toString('base64'),
      sequenceNumber,
      partitionKey,
      approximateArrivalTimestamp: Date.parse(arrivedAt) / 1000,
    },
  };
}

/** Returns how many of the records failed again. */
async function invoke(
  session: AwsSession,
  functionName: string,
  records: readonly KinesisEventRecord[],
): Promise<number> {
  const lambda = session.client(LambdaClient);
  let failed = 0;
  for (const batch of batchesOf(records)) {
    const { Payload, FunctionError } = await lambda.send(
      new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify({ Records: batch }) }),
      { requestTimeout: INVOCATION_MS_MAX },
    );
    if (FunctionError) {
      failed += batch.length;
      continue;
    }
    const { batchItemFailures = [] } = JSON.parse(Buffer.from(Payload ?? '{}').toString());
    const first = batchItemFailures[0]?.itemIdentifier;
    if (first !== undefined)
      failed += batch.length - batch.findIndex(({ kinesis }) => kinesis.sequenceNumber === first);
  }
  return failed;
}

function batchesOf(records: readonly KinesisEventRecord[]): KinesisEventRecord[][] {
  const batches: KinesisEventRecord[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const record of records) {
    const size = JSON.stringify(record).length + 1;
    if ((batches.at(-1)?.length ?? 0) >= INVOCATION_RECORDS_MAX || bytes + size > INVOCATION_BYTES_MAX) {
      batches.push([]);
      bytes = 0;
    }
    bytes += size;
    batches.at(-1)?.push(record);
  }
  return batches;
}
