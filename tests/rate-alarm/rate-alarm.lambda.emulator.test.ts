/** The bundled function, fed as an event source mapping feeds it and called as the rule calls it, with faults as AWS documents them. */
import { CreateStreamCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { orderOf } from '../../src/orders/order-block.js';
import { type Handler, type Mapping, runMapping, shardRecords } from '../emulators/event-source.js';
import { type Answer, type Call, refusal, useFaultProxy } from '../emulators/fault-proxy.js';
import { useMiniStack } from '../emulators/ministack.js';
import { clients } from '../emulators/order-history.js';
import { blockOf, type Line } from '../fixtures/orders.js';
import { temporaryDirectory } from '../run-cli.js';
import { alarmRecords } from './alarm-stream.js';
import { loadFunction, placeFunction } from './rate-alarm-function.js';

const emulator = useMiniStack({ stacks: false });
const proxy = useFaultProxy(emulator);
const directory = temporaryDirectory();
let handler: Handler;

beforeAll(async () => {
  handler = await loadFunction(directory);
});

/** What the function logs. */
let logged: string[] = [];
beforeEach(() => {
  logged = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => logged.push(String(text)) > 0);
  onTestFinished(() => write.mockRestore());
});

let made = 0;

async function start() {
  const { kinesis, sqs } = clients();
  const name = `rate-${process.pid}-${++made}`;
  await kinesis.send(new CreateStreamCommand({ StreamName: name, ShardCount: 1 }));
  const { queueUrl, kept } = await placeFunction(name);
  return {
    kept,
    run: (data: readonly string[], mapping: Partial<Mapping> = {}) =>
      runMapping(shardRecords(data), handler, { batchSize: 100, retriesMax: 4, ...mapping }),
    async putOrders(lines: readonly Line[]) {
      const block = blockOf(lines);
      const Records = lines.map((_, i) => ({
        Data: Buffer.from(JSON.stringify(orderOf(block, i))),
        PartitionKey: String(i),
      }));
      await kinesis.send(new PutRecordsCommand({ StreamName: name, Records }));
    },
    async refused() {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
      );
      return Messages.map(({ Body }) => JSON.parse(Body as string));
    },
  };
}

/** Calls of SNS: what is answered, and what was published. */
function publishing(answer: (call: Call) => Answer | undefined = () => undefined) {
  const published: { readonly subject: string; readonly sms: string }[] = [];
  proxy.fault((call) => {
    if (call.action !== 'Publish') return undefined;
    const refused = answer(call);
    const fields = new URLSearchParams(call.body);
    if (!refused) {
      const { sms } = JSON.parse(fields.get('Message') as string);
      published.push({ subject: fields.get('Subject') as string, sms });
    }
    return refused;
  });
  return published;
}

const DENIED = {
  status: 403,
  body: '<ErrorResponse><Error><Code>AuthorizationError</Code><Message>not authorized</Message></Error></ErrorResponse>',
};

/** Eleven arrivals that end now, and what Flink tells of them. */
function surge(nowMs: number, count = 11): string[] {
  const arrivals = Array.from({ length: count }, (_, i) => ({ timeMs: nowMs - count + i, invoiceNo: '1' }));
  const settings = { threshold: 10, windowMs: 1000, quietMs: 60_000, counted: 'orders' } as const;
  return alarmRecords(arrivals, settings).map((record) => JSON.stringify(record));
}

const context = { functionName: 'rate-alarm', awsRequestId: 'request', getRemainingTimeInMillis: () => 60_000 };
const rule = { source: 'aws.events' } as never;

test('a surge is told once, with whose its orders are, however often its records come', async () => {
  const { run, kept, putOrders } = await start();
  const published = publishing();
  await putOrders(Array.from({ length: 11 }, (_, i) => ({ stockCode: `P${i % 2}`, description: 'MUG', customer: 7 })));
  const records = surge(Date.now() + 500, 20);
  await run(records);
  await run([...records].reverse(), { batchSize: 1 });
  await handler(rule, context);
  expect(published).toEqual([
    {
      subject: expect.stringMatching(/^alakazam: ALARM: 20 orders in 1 s, since /),
      sms: expect.stringMatching(/Customer 7 100%: bot\? MUG 54%/),
    },
  ]);
  const [episode, ...more] = await kept();
  expect(more).toEqual([]);
  expect(episode).toMatchObject({ peak: 20, told: 'began', claimedMs: 0, notified: [{ event: 'began', via: 'sns' }] });
  expect((episode?.through ?? 0) - (episode?.before ?? 0)).toBe(20);
});

test('a record that is none is kept for somebody to look at, and holds nothing up', async () => {
  const { run, kept, refused } = await start();
  publishing();
  const late = '{"kind":"late","count":1,"atMs":5}';
  const outcome = await run([late, 'no record', '{"kind":"second","count":"many"}', ...surge(Date.now())]);
  expect(outcome).toEqual({ invocations: 1, givenUp: [] });
  expect(await kept()).toHaveLength(1);
  expect(await refused()).toEqual([
    expect.objectContaining({ reason: 'no JSON', dataBase64: Buffer.from('no record').toString('base64') }),
    expect.objectContaining({ reason: 'count is "many"; valid: a whole number' }),
  ]);
  expect(logged.join('')).toMatch(/"RefusedAlarmRecords":2,"LateOrders":1/);
});

test('what DynamoDB does not take comes again, from the first record that it concerns', async () => {
  const { run, kept } = await start();
  const published = publishing();
  const nowMs = Date.now();
  let isDown = true;
  proxy.fault(({ action }) => (action === 'PutItem' && isDown ? refusal('AccessDeniedException', 'no') : undefined));
  const data = [...surge(nowMs - 200_000), ...surge(nowMs)];
  const { batchItemFailures } = await handler({ Records: shardRecords(data) }, context);
  expect(batchItemFailures).toEqual([{ itemIdentifier: shardRecords(data)[0]?.kinesis.sequenceNumber }]);
  expect(await kept()).toEqual([]);
  isDown = false;
  await run(data);
  expect((await kept()).map(({ told }) => told)).toEqual(['began', 'nothing']);
  expect(published).toEqual([]);
});

test('a topic that refuses is asked again a while later, and said in the log', async () => {
  const { run, kept } = await start();
  let isOpen = false;
  const published = publishing(() => (isOpen ? undefined : DENIED));
  await run(surge(Date.now()));
  expect(published).toEqual([]);
  const [failed] = await kept();
  expect(failed).toMatchObject({ told: 'nothing', failures: { event: 'began', count: 1 } });
  expect(logged.join('')).toMatch(/"AlarmsFailed":1.*not authorized/);
  isOpen = true;
  const dueMs = failed?.failures?.dueMs as number;
  vi.spyOn(Date, 'now').mockReturnValue(dueMs);
  onTestFinished(() => void vi.restoreAllMocks());
  await handler(rule, context);
  expect(published).toHaveLength(1);
  expect((await kept())[0]).toMatchObject({ told: 'began', failures: null });
});
