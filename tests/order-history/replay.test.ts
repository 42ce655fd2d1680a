/** A replay passes by what it can't send, in the bucket and on the queue, and says so. */
import { expect, test } from 'vitest';
import type { AwsSession } from '../../src/engines/aws/session.js';
import { messagesOf } from '../../src/order-history/rejected-messages.js';
import { replay } from '../../src/order-history/replay.aws.js';
import { orderOf } from '../../src/orders/order-block.js';
import type { Replayed } from '../../src/stage.js';
import { shardRecords } from '../emulators/event-source.js';
import { blockOf, manyLines } from '../fixtures/orders.js';

const PLACES = { functionName: 'process-orders', bucket: 'failed', prefix: 'aws/', queueUrl: 'queue' };
const order = JSON.stringify(orderOf(blockOf(manyLines(1)), 0));

interface Sent {
  readonly Key?: string;
  readonly Payload?: string;
  readonly ReceiptHandle?: string;
  readonly Entries?: readonly { readonly ReceiptHandle: string }[];
}

/** A message with what the queue says of it. */
function message(id: string, data: string, sentMs: number) {
  const at = { shardId: 'shard', sequenceNumber: '1', partitionKey: 'key', arrivalMs: 1000, reason: 'none' };
  const [batch] = messagesOf([{ ...at, data: Buffer.from(data) }]);
  const Body = batch?.entries[0]?.MessageBody;
  return { MessageId: id, ReceiptHandle: `handle of ${id}`, Body, Attributes: { SentTimestamp: String(sentMs) } };
}

/** A bucket with these objects, a queue that gives these pages, then empty ones, and a function that takes all records. */
function account(objects: Readonly<Record<string, string>>, pages: readonly (readonly unknown[])[]) {
  const left = [...pages];
  const done = { invoked: 0, deleted: [] as (string | undefined)[], visible: [] as string[] };
  const answers: Record<string, (input: Sent) => unknown> = {
    ListObjectsV2Command: () => ({ Contents: Object.keys(objects).map((Key) => ({ Key })) }),
    GetObjectCommand({ Key = '' }) {
      const text = objects[Key] ?? '';
      if (/^[A-Z]\w+$/.test(text)) throw Object.assign(new Error(text), { name: text });
      return { Body: { transformToString: async () => text } };
    },
    DeleteObjectCommand: ({ Key }) => done.deleted.push(Key),
    ReceiveMessageCommand: () => ({ Messages: left.shift() ?? [] }),
    DeleteMessageCommand: ({ ReceiptHandle }) => done.deleted.push(ReceiptHandle),
    ChangeMessageVisibilityBatchCommand: ({ Entries = [] }) =>
      done.visible.push(...Entries.map(({ ReceiptHandle }) => ReceiptHandle)),
    InvokeCommand({ Payload = '' }) {
      done.invoked += JSON.parse(Payload).Records.length;
      return {};
    },
  };
  const client = {
    send: async (command: { input: Sent }) => answers[command.constructor.name]?.(command.input),
  };
  return { session: { client: () => client } as unknown as AwsSession, done };
}

async function replayed(session: AwsSession): Promise<Replayed[]> {
  const found: Replayed[] = [];
  for await (const each of replay(session, PLACES, new AbortController().signal)) found.push(each);
  return found;
}

test.each([
  ['is cut', '{"payload": "{'],
  ['is empty', ''],
  ['is archived', 'InvalidObjectState'],
  ['holds no records', '{"payload": {"Records": 3}}'],
  ['holds what are no records', '{"payload": {"Records": [{"kinesis": {"data": "e30="}}, 7]}}'],
])('an object that %s stays, counts as failed, and the next goes through', async (_, text) => {
  const whole = JSON.stringify({ payload: JSON.stringify({ Records: shardRecords([order, order]) }) });
  const { session, done } = account({ 'aws/1': text, 'aws/2': whole }, []);
  expect(await replayed(session)).toEqual([
    {
      records: 1,
      failed: 1,
      from: 's3://failed/aws/1',
      problem: expect.stringContaining('s3://failed/aws/1 holds no batch'),
    },
    { records: 2, failed: 0, from: 's3://failed/aws/2' },
  ]);
  expect(done).toEqual({ invoked: 2, deleted: ['aws/2'], visible: [] });
});

test('an object that another replay deleted is none, and one that may not be read says so', async () => {
  const gone = account({ 'aws/1': 'NoSuchKey' }, []);
  expect(await replayed(gone.session)).toEqual([]);
  const { session } = account({ 'aws/1': 'AccessDenied' }, []);
  await expect(replayed(session)).rejects.toThrow('AccessDenied');
});

test('messages that were sent since it began hide none behind them', async () => {
  const soonMs = Date.now() + 3_600_000;
  const { session, done } = account({}, [
    [message('new', 'no order', soonMs), message('newer', order, soonMs)],
    [message('old', order, 1000), message('no order', '{}', 1000)],
    [],
    [message('unread', order, 1000)],
  ]);
  expect(await replayed(session)).toEqual([{ records: 2, failed: 1, from: 'queue' }]);
  expect(done).toEqual({
    invoked: 1,
    deleted: ['handle of old'],
    visible: ['handle of new', 'handle of newer', 'handle of no order'],
  });
});

test('the first messages again are the end of the queue', async () => {
  const stays = message('stays', '{}', 1000);
  const { session } = account({}, [[stays], [stays], [message('behind', order, 1000)]]);
  expect(await replayed(session)).toEqual([{ records: 1, failed: 1, from: 'queue' }]);
});
