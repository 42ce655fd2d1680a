/** Whatever fails while orders are streamed and read, `verify` finds each of them in the end: the command line on AWS. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type Call, type Fault, refusal, refuseSome, useFaultProxy } from '../emulators/fault-proxy.js';
import { useMiniStack } from '../emulators/ministack.js';
import { cliOn, deployFunction, makeParts } from '../emulators/order-history.js';
import { type CliOptions, runCli, startCli, temporaryDirectory } from '../run-cli.js';

const emulator = useMiniStack();
const proxy = useFaultProxy(emulator);
const base = temporaryDirectory();

const COUNT = 2000;
const GENERATE = ['generate', '--count', `${COUNT}`, '-o', 'json'];

/** What the built-in shop makes, counted without stream and history. */
let made: { readonly guests: number; readonly history: number };

beforeAll(async () => {
  const printed = await runCli(['generate', '--dry-run', '--count', `${COUNT}`, '-o', 'ndjson'], { home: base });
  const orders = printed.stdout.split('\n', COUNT).map((line) => JSON.parse(line));
  const ofCustomers = orders.filter(({ customerId }) => customerId !== null);
  const ids = new Set(ofCustomers.map(({ customerId, orderId }) => `${customerId} ${orderId}`));
  made = { guests: COUNT - ofCustomers.length, history: ids.size };
  expect(ids.size).toBe(ofCustomers.length);
});

async function deployed(): Promise<CliOptions> {
  const parts = await makeParts({ shards: 2 });
  await deployFunction(parts);
  return cliOn(parts, proxy, base);
}

async function verify(cli: CliOptions) {
  const { code, stdout, stderr } = await runCli(['verify', '-o', 'json'], cli);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** What `verify` says when each order went into the stream once. */
const once = () => ({
  pass: true,
  streamed: COUNT,
  rejected: 0,
  guests: made.guests,
  views: { history: { held: made.history, repeated: 0 } },
});

async function expectOnce(cli: CliOptions): Promise<void> {
  expect(await verify(cli)).toMatchObject(once());
}

/** Some may be in the stream twice; in the history each is once. */
async function expectEach(cli: CliOptions): Promise<void> {
  const found = await verify(cli);
  expect(found).toMatchObject({ pass: true, rejected: 0, views: { history: { held: made.history } } });
  expect(found.streamed).toBeGreaterThan(COUNT);
  expect(found.guests).toBeGreaterThanOrEqual(made.guests);
  expect(found.streamed - found.guests - found.views.history.repeated).toBe(made.history);
}

/** The fault on calls of these actions, which has to have come to pass. */
function only(actions: RegExp, fault: Fault): () => void {
  let faults = 0;
  proxy.fault(async (call) => {
    const found = actions.test(call.action) ? await fault(call) : undefined;
    if (found !== undefined) faults++;
    return found as Answer | undefined;
  });
  return () => {
    proxy.fault(() => undefined);
    expect(faults).toBeGreaterThan(0);
  };
}

const THROTTLED = refusal('ProvisionedThroughputExceededException', 'Rate exceeded');
const EXPIRED = refusal('ExpiredIteratorException', 'Iterator expired');
const FAILED = refusal('InternalFailure', 'internal', 500);

describe('every order is there once', () => {
  test.each<[string, Fault]>([
    [
      'some records are refused',
      (call) => refuseSome(call, (_, i) => (i + call.number) % 3 === 0 && call.number < 8, 'InternalFailure'),
    ],
    [
      'some records are throttled',
      (call) => refuseSome(call, (_, i) => (i + call.number) % 5 === 0 && call.number < 4),
    ],
    ['whole requests are throttled', ({ number }) => (number % 2 === 1 ? THROTTLED : undefined)],
    ['Kinesis fails inside', ({ number }) => (number % 2 === 0 ? FAILED : undefined)],
    ['connections are cut before anything was taken', ({ number }) => (number % 2 === 0 ? 'cut' : undefined)],
  ])('when %s while they are put', async (_, fault) => {
    const cli = await deployed();
    const end = only(/^PutRecords$/, fault);
    const generated = await runCli(GENERATE, cli);
    end();
    expect(generated).toMatchObject({ code: 0 });
    expect(JSON.parse(generated.stdout)).toMatchObject({ streamed: COUNT, rejected: 0 });
    await expectOnce(cli);
  });

  test.each<[string, RegExp, (call: Call) => ReturnType<Fault>]>([
    ['iterators expire', /^GetRecords$/, ({ number }) => (number % 2 === 0 ? EXPIRED : undefined)],
    [
      'reads are throttled',
      /^(GetRecords|ListShards|GetShardIterator|BatchGetItem|Scan|Query)$/,
      ({ number }) => (number % 3 === 2 ? THROTTLED : undefined),
    ],
    [
      'keys are left over',
      /^BatchGetItem$/,
      ({ number, body }) =>
        number % 2 === 1 ? { status: 200, body: { Responses: {}, UnprocessedKeys: body.RequestItems } } : undefined,
    ],
    [
      'services fail inside',
      /^(GetRecords|ListShards|GetShardIterator|BatchGetItem|Scan|Query)$/,
      ({ number }) => (number % 3 === 2 ? FAILED : undefined),
    ],
    [
      'answers are cut',
      /^(GetRecords|ListShards|GetShardIterator|BatchGetItem|Scan|Query)$/,
      ({ number }) => (number % 3 === 2 ? (number % 2 === 0 ? 'cut' : 'cut answer') : undefined),
    ],
  ])('when %s while verify reads', async (_, actions, fault) => {
    const cli = await deployed();
    expect(await runCli(GENERATE, cli)).toMatchObject({ code: 0 });
    const end = only(actions, fault);
    await expectOnce(cli);
    end();
  });

  test('when both streams fail while tail follows them', async () => {
    const cli = await deployed();
    const faults = [EXPIRED, undefined, THROTTLED, undefined, 'cut answer', undefined, FAILED, undefined] as const;
    const tail = startCli(['tail', 'orders', '--since', 'start', '-o', 'ndjson'], cli);
    const end = only(/^GetRecords$/, ({ number }) => faults[number % faults.length]);
    expect(await runCli(GENERATE, cli)).toMatchObject({ code: 0 });
    await tail.until(made.history);
    end();
    await expectOnce(cli);
    await tail.stop();
    const ids = tail.lines.map((line) => JSON.parse(line)).map(({ customerId, orderId }) => `${customerId} ${orderId}`);
    expect(ids).toHaveLength(made.history);
    expect(new Set(ids).size).toBe(made.history);
  });
});

describe('every order is there, some of them again', () => {
  test('when connections are cut in the middle of the answer', async () => {
    const cli = await deployed();
    const end = only(/^PutRecords$/, ({ number }) => (number % 5 === 0 ? 'cut answer' : undefined));
    expect(await runCli(GENERATE, cli)).toMatchObject({ code: 0 });
    end();
    await expectEach(cli);
  });

  test('when credentials expire half-way, and the command is repeated with others', async () => {
    const cli = await deployed();
    const expired = refusal('ExpiredTokenException', 'The security token included in the request is expired');
    const end = only(/^PutRecords$/, ({ number }) => (number > 1 ? expired : undefined));
    const stopped = await runCli(GENERATE, cli);
    end();
    expect(stopped).toMatchObject({ code: 4, stdout: '', stderr: expect.stringMatching(/credentials have expired/) });
    const repeated = await runCli(GENERATE, cli);
    expect(JSON.parse(repeated.stdout)).toMatchObject({ streamed: COUNT });
    await expectEach(cli);
  });
});
