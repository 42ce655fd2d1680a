/** The bundled function, fed as an event source mapping feeds it, on tables and a queue that fail as AWS documents it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { DescribeStreamCommand, GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-dynamodb-streams';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { unzipSync } from 'fflate';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openHistoryIndex } from '../../src/order-history/dynamodb/index-table.aws.js';
import { orderIn } from '../../src/order-history/dynamodb/order-item.js';
import type { RejectedMessage } from '../../src/order-history/rejected-messages.js';
import type { Order } from '../../src/orders/order.js';
import { orderOf } from '../../src/orders/order-block.js';
import { type Handler, type KinesisRecord, type Mapping, runMapping, shardRecords } from '../emulators/event-source.js';
import { type Answer, type Call, refusal, useFaultProxy } from '../emulators/fault-proxy.js';
import { useMiniStack } from '../emulators/ministack.js';
import { clients, functionZip, makeParts, type Parts } from '../emulators/order-history.js';
import { THREE_ORDERS } from '../fixtures/aggregated-orders.js';
import { blockOf, type Line, manyLines } from '../fixtures/orders.js';
import { temporaryDirectory } from '../run-cli.js';

const emulator = useMiniStack({ stacks: false });
const proxy = useFaultProxy(emulator);
const directory = temporaryDirectory();
let handler: Handler;

beforeAll(async () => {
  const file = join(directory, 'process-orders.mjs');
  writeFileSync(file, unzipSync(functionZip())['process-orders.mjs'] as Uint8Array);
  ({ handler } = await import(pathToFileURL(file).href));
});

/** What the function logs: one line a batch. */
let logged: string[] = [];
beforeEach(() => {
  logged = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => logged.push(String(text)) > 0);
  onTestFinished(() => write.mockRestore());
});

const dataOf = (lines: readonly Line[]) => {
  const block = blockOf(lines);
  return lines.map((_, i) => JSON.stringify(orderOf(block, i)));
};

/** Makes tables for a test, and runs the mapping on them. */
async function start() {
  const parts = await makeParts();
  vi.stubEnv('TABLE_NAME', parts.table);
  vi.stubEnv('INDEX_TABLE_NAME', parts.index);
  vi.stubEnv('REJECTED_QUEUE_URL', parts.queueUrl);
  return {
    parts,
    run: (records: readonly KinesisRecord[], mapping: Partial<Mapping> = {}) =>
      runMapping(records, handler, { batchSize: 100, retriesMax: 4, ...mapping }),
  };
}

async function idsIn({ table }: Parts): Promise<string[]> {
  const { Items = [] } = await clients().dynamodb.send(new ScanCommand({ TableName: table }));
  return Items.map(({ OrderId }) => OrderId?.S as string).sort();
}

/** The orders of the table, whole, as `verify` compares them. */
async function ordersIn({ table }: Parts): Promise<Order[]> {
  const { Items = [] } = await clients().dynamodb.send(new ScanCommand({ TableName: table }));
  return Items.map((item) => orderIn(item)).sort(byId);
}

const byId = (a: Order, b: Order) => (a.orderId < b.orderId ? -1 : 1);

async function messagesIn({ queueUrl }: Parts): Promise<RejectedMessage[]> {
  const found: RejectedMessage[] = [];
  for (;;) {
    const { Messages = [] } = await clients().sqs.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 600 }),
    );
    if (Messages.length === 0) return found.sort((a, b) => (a.sequenceNumber < b.sequenceNumber ? -1 : 1));
    found.push(...Messages.map(({ Body }) => JSON.parse(Body as string)));
  }
}

/** How often the table changed. */
async function changesIn({ table }: Parts): Promise<number> {
  const { streams, dynamodb } = clients();
  const { DescribeTableCommand } = await import('@aws-sdk/client-dynamodb');
  const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: table }));
  const StreamArn = Table?.LatestStreamArn as string;
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
  const ShardId = StreamDescription?.Shards?.[0]?.ShardId as string;
  const first = new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' });
  let count = 0;
  for (let iterator = (await streams.send(first)).ShardIterator; iterator; ) {
    const { Records = [], NextShardIterator } = await streams.send(new GetRecordsCommand({ ShardIterator: iterator }));
    count += Records.length;
    iterator = Records.length > 0 ? NextShardIterator : undefined;
  }
  return count;
}

const idsOf = (lines: readonly Line[]) =>
  dataOf(lines)
    .map((json) => JSON.parse(json).orderId as string)
    .sort();

describe('a batch', () => {
  test('of everything there is, is dealt with at once', async () => {
    const { parts, run } = await start();
    const records = shardRecords([
      ...dataOf([{ stockCode: 'A' }, { stockCode: 'G', customer: -1 }, { stockCode: 'A', quantity: 7 }]),
      'no order',
      Buffer.from([0, 255, 1]),
      '{"InvoiceNo":"7","StockCode":"B","Description":"\\"MUG\\"","Quantity":"1","InvoiceDate":"12/1/2010 8:26","UnitPrice":"2.5","Customer":"17850","Country":"EIRE"}',
      Buffer.from(THREE_ORDERS, 'base64'),
      ...dataOf([{ stockCode: 'Z' }]),
    ]);
    expect(await run(records)).toEqual({ invocations: 1, givenUp: [] });
    expect(await idsIn(parts)).toEqual(['536365-A', '536365-C', '536365-Z', '7-B']);
    expect(await messagesIn(parts)).toEqual([
      {
        reason: 'neither JSON nor an aggregated record',
        data: 'no order',
        isCut: false,
        shardId: 'shardId-000000000000',
        sequenceNumber: records[3]?.kinesis.sequenceNumber,
        partitionKey: 'key',
        arrivedAt: expect.stringMatching(/^2025-11-24T16:00:00\./),
      },
      expect.objectContaining({ dataBase64: 'AP8B', sequenceNumber: records[4]?.kinesis.sequenceNumber }),
    ]);
  });

  test('has a checkpoint of its own stream: a stack that adopts the tables has another', async () => {
    const { parts, run } = await start();
    const old = shardRecords(dataOf(manyLines(3)));
    await run(old);
    const index = openHistoryIndex(clients().dynamodb, parts.index);
    const shards = ['shardId-000000000000'];
    expect((await index.checkpoints('orders', shards)).get(shards[0] as string)).toMatchObject({
      sequenceNumber: old.at(-1)?.kinesis.sequenceNumber,
    });
    expect((await index.checkpoints('orders-of-a-new-stack', shards)).size).toBe(0);
    // Of the new stream's numbers nothing is said here: they may as well be lower.
    const eventSourceARN = 'arn:aws:kinesis:eu-central-1:123456789012:stream/orders-of-a-new-stack';
    const [first] = old.map((record) => ({ ...record, eventSourceARN }));
    await run([first as KinesisRecord]);
    expect((await index.checkpoints('orders-of-a-new-stack', shards)).get(shards[0] as string)).toMatchObject({
      sequenceNumber: first?.kinesis.sequenceNumber,
    });
  });

  test('that comes again changes nothing', async () => {
    const { parts, run } = await start();
    const records = shardRecords(dataOf(manyLines(120)));
    for (let i = 0; i < 3; i++) await run(records);
    expect(await idsIn(parts)).toEqual(idsOf(manyLines(120)));
    expect(await changesIn(parts)).toBe(120);
  });

  test('names in its log what it did, and nothing of an order', async () => {
    const { run } = await start();
    const lines = [{ description: 'SECRET MUG', country: 'SECRETLAND', customer: 987_654 }, { customer: -1 }];
    await run(shardRecords([...dataOf(lines), '{"description":"SECRET"}']));
    const [line = ''] = logged.filter((text) => text.includes('_aws'));
    expect(JSON.parse(line)).toMatchObject({
      OrdersStored: 1,
      GuestOrders: 1,
      RejectedRecords: 1,
      records: 3,
      level: 'INFO',
    });
    expect(JSON.parse(line)._aws.CloudWatchMetrics).toEqual([
      {
        Namespace: 'Alakazam',
        Dimensions: [['FunctionName']],
        Metrics: ['OrdersStored', 'GuestOrders', 'RejectedRecords'].map((Name) => ({ Name, Unit: 'Count' })),
      },
    ]);
    expect(logged.join('')).not.toMatch(/SECRET|987654|536365/);
  });
});

describe('orders by the second in which they arrived', () => {
  const AT = 1_764_000_000;
  /** Two orders, two with what is none between them, and an aggregated record of three. */
  const records = () => {
    const all = shardRecords([
      ...dataOf([{ stockCode: 'A' }, { stockCode: 'G', customer: -1 }, { stockCode: 'B' }]),
      'no order',
      ...dataOf([{ stockCode: 'A' }]),
      Buffer.from(THREE_ORDERS, 'base64'),
    ]);
    const seconds = [0.001, 0.999, 2, 2.25, 2.5, 3.25];
    return all.map((record, i) => {
      const approximateArrivalTimestamp = AT + (seconds[i] as number);
      return { ...record, kinesis: { ...record.kinesis, approximateArrivalTimestamp } };
    });
  };
  /** What the lines say, in the order in which they were written. */
  const arrivals = () =>
    logged
      .filter((text) => text.includes('OrdersArrived'))
      .map((text) => JSON.parse(text))
      .map(({ _aws, FunctionName, OrdersArrived, ...rest }) => {
        expect([FunctionName, rest]).toEqual(['process-orders', {}]);
        const [{ Dimensions, Metrics }] = _aws.CloudWatchMetrics;
        expect(Dimensions).toEqual([['FunctionName']]);
        expect(Metrics).toEqual([{ Name: 'OrdersArrived', Unit: 'Count', StorageResolution: 1 }]);
        return [_aws.Timestamp / 1000 - AT, OrdersArrived];
      });

  test('are counted where the stack asks for it', async () => {
    const { run } = await start();
    await run(records());
    expect(arrivals()).toEqual([]);
    vi.stubEnv('ARRIVALS_BY_SECOND', 'yes');
    await run(records());
    // The order that was in the table already arrived all the same.
    expect(arrivals()).toEqual([
      [0, 2],
      [2, 2],
      [3, 3],
    ]);
  });

  test('are counted once, when a record that failed comes again', async () => {
    const { run } = await start();
    vi.stubEnv('ARRIVALS_BY_SECOND', 'yes');
    // What is no order can't be kept at first: it comes again, with what is behind it.
    proxy.fault(({ action, number }) =>
      action === 'SendMessageBatch' && number === 1 ? refusal('AccessDenied', 'no') : undefined,
    );
    expect(await run(records())).toEqual({ invocations: 2, givenUp: [] });
    expect(arrivals()).toEqual([
      [0, 2],
      [2, 1],
      [2, 1],
      [3, 3],
    ]);
  });
});

/** BatchWriteItem to a history table that leaves some items over, as the API documents it. */
async function leaveOver({ body, forward }: Call, isLeft: (i: number) => boolean): Promise<Answer> {
  const [[table, requests]] = Object.entries(body.RequestItems) as [[string, unknown[]]];
  const left = requests.filter((_, i) => isLeft(i));
  const kept = requests.filter((each) => !left.includes(each));
  if (kept.length > 0) await forward({ ...body, RequestItems: { [table]: kept } });
  return { status: 200, body: { UnprocessedItems: left.length > 0 ? { [table]: left } : {} } };
}

describe('orders are all there, each once', () => {
  const lines = manyLines(230);

  async function expectAll(fault: Parameters<typeof proxy.fault>[0], mapping: Partial<Mapping> = {}) {
    const { parts, run } = await start();
    proxy.fault(fault);
    const { givenUp, invocations } = await run(shardRecords([...dataOf(lines), 'no order']), mapping);
    proxy.fault(() => undefined);
    expect(givenUp).toEqual([]);
    const expected = dataOf(lines).map((json) => JSON.parse(json) as Order);
    expect(await ordersIn(parts)).toEqual(expected.sort(byId));
    expect(await changesIn(parts)).toBe(lines.length);
    expect(await messagesIn(parts)).toHaveLength(1);
    return invocations;
  }

  test('when DynamoDB leaves items and keys over', async () => {
    let seed = 0;
    const invocations = await expectAll(async (call) => {
      if (call.action === 'BatchWriteItem') return leaveOver(call, () => (++seed * 7) % 10 < 4);
      if (call.action !== 'BatchGetItem' || call.number % 2 === 0) return undefined;
      return { status: 200, body: { Responses: {}, UnprocessedKeys: call.body.RequestItems } };
    });
    expect(invocations).toBe(3);
  });

  test('when DynamoDB throttles whole requests for longer than the SDK tries', async () => {
    const throttled = refusal(
      'ProvisionedThroughputExceededException',
      'The level of configured throughput was exceeded',
    );
    const invocations = await expectAll(({ action, number }) =>
      action === 'BatchWriteItem' && number <= 38 ? throttled : undefined,
    );
    expect(invocations).toBe(3);
  });

  test('when DynamoDB fails inside or cuts its answers', async () => {
    await expectAll(({ action, number }) => {
      if (action !== 'BatchWriteItem' && action !== 'BatchGetItem') return undefined;
      if (number % 5 === 1) return refusal('InternalServerError', 'internal', 500);
      return number % 5 === 3 ? 'cut' : undefined;
    });
  });

  test('when a permission is missing for a while', async () => {
    const denied = refusal('AccessDeniedException', 'not authorized to perform: dynamodb:BatchWriteItem');
    await expectAll(({ action, number }) => (action === 'BatchWriteItem' && number <= 3 ? denied : undefined));
  });

  test.each([
    ['fails inside', refusal('InternalServerError', 'internal', 500)],
    ['denies access', refusal('AccessDeniedException', 'not authorized to perform: dynamodb:BatchGetItem')],
  ])('without using up an attempt when DynamoDB %s for longer than the SDK tries', async (_, refused) => {
    const mapping = { retriesMax: 0 };
    const invocations = await expectAll(({ action, number }) => {
      if (action === 'BatchGetItem') return number <= 8 ? refused : undefined;
      return action === 'BatchWriteItem' && number <= 40 ? refused : undefined;
    }, mapping);
    expect(invocations).toBe(3);
  });

  test('when the queue refuses messages for a while', async () => {
    await expectAll(({ action, number, body }) => {
      if (action !== 'SendMessageBatch' || number > 2) return undefined;
      const [{ Id }] = body.Entries;
      const Failed = [{ Id, Code: 'InternalError', SenderFault: false, Message: 'internal' }];
      return number === 1
        ? { status: 200, body: { Successful: [], Failed } }
        : refusal('InternalError', 'internal', 500);
    });
  });
});

test('what can never be written is rejected, and holds nothing up', async () => {
  const { parts, run } = await start();
  proxy.fault(async ({ action, body }) => {
    const isBad = JSON.stringify(body).includes('P-BAD');
    return action === 'BatchWriteItem' && isBad && JSON.stringify(body).includes('Description')
      ? refusal('ValidationException', 'Item size has exceeded the maximum allowed size')
      : undefined;
  });
  const lines = [...manyLines(40), { invoiceNo: '9', stockCode: 'P-BAD' }, ...manyLines(40, 40)];
  expect((await run(shardRecords(dataOf(lines)))).givenUp).toEqual([]);
  expect(await idsIn(parts)).toEqual(idsOf(manyLines(80)));
  expect(await messagesIn(parts)).toMatchObject([{ reason: 'ValidationException', data: dataOf(lines)[40] }]);
});

test('what fails for too long is given up whole, with what is behind it, and never acknowledged before', async () => {
  const { parts, run } = await start();
  proxy.fault(({ action }) => (action === 'SendMessageBatch' ? refusal('AccessDenied', 'no') : undefined));
  const records = shardRecords([...dataOf(manyLines(10)), 'no order', ...dataOf(manyLines(10, 10))]);
  const { givenUp, invocations } = await run(records, { retriesMax: 2 });
  expect(invocations).toBe(3);
  expect(givenUp).toEqual(records.slice(10));
  expect(await idsIn(parts)).toEqual(idsOf(manyLines(20)));
});

test('a record too long for the queue is cut, and says so', async () => {
  const { parts, run } = await start();
  await run(shardRecords([`{"a":"${'x'.repeat(1_048_000)}"}`, 'y'.repeat(200_000)]));
  const [long, short] = await messagesIn(parts);
  expect(long).toMatchObject({ isCut: true });
  expect(Buffer.from(long?.dataBase64 as string, 'base64').toString()).toMatch(/^\{"a":"x{700000,}$/);
  expect(short).toMatchObject({ isCut: false, data: 'y'.repeat(200_000) });
});
