/** Whatever fails while orders are streamed and read, `verify` finds each of them in the end: the command line on AWS. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type Answer, type Call, type Fault, refusal, refuseSome, useFaultProxy } from '../emulators/fault-proxy.js';
import { makeEmptyLake } from '../emulators/lake.js';
import { useMiniStack } from '../emulators/ministack.js';
import { cliOn, deployFunction, makeParts } from '../emulators/order-history.js';
import { type CliOptions, type Finished, runCli, startCli, temporaryDirectory } from '../run-cli.js';

const emulator = useMiniStack({ stacks: false });
const proxy = useFaultProxy(emulator);
const base = temporaryDirectory();

/** Orders of one run of `generate`, which goes on where the run before it ended. At a rate they go in many small requests. */
const COUNT = 400;
const GENERATE = ['generate', '--count', `${COUNT}`, '--rate', '1000', '-o', 'json'];
const RUNS_MAX = 4;

let cli: CliOptions;
/** What the built-in shop makes in all these runs, printed without stream and history. */
let shop: { readonly customerId: number | null; readonly orderId: string }[];

beforeAll(async () => {
  const args = ['generate', '--dry-run', '--count', `${RUNS_MAX * COUNT}`, '-o', 'ndjson'];
  const { stdout } = await runCli(args, { home: base });
  shop = stdout.split('\n', RUNS_MAX * COUNT).map((line) => JSON.parse(line));
  const parts = await makeParts({ shards: 2 });
  await deployFunction(parts);
  cli = cliOn(parts, proxy, base, await makeEmptyLake(parts.stream));
});

/** Runs of `generate` so far, and orders that went into the stream more than once. */
let runs = 0;
let resent = 0;

async function generate(): Promise<Finished> {
  runs++;
  return runCli(GENERATE, cli);
}

/** What the shop has made in the runs so far: orders of guests, and those that the history has to hold. */
function made() {
  const orders = shop.slice(0, runs * COUNT);
  const ofCustomers = orders.filter(({ customerId }) => customerId !== null);
  const ids = new Set(ofCustomers.map(({ customerId, orderId }) => `${customerId} ${orderId}`));
  expect(ids.size).toBe(ofCustomers.length);
  return { orders: orders.length, guests: orders.length - ids.size, history: ids.size };
}

async function verify() {
  const { code, stdout, stderr } = await runCli(['verify', '-o', 'json'], cli);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('error') });
  return JSON.parse(stdout);
}

/** Expects that each order of the runs so far went into the stream once. */
async function expectOnce(): Promise<void> {
  const { orders, guests, history } = made();
  expect(resent).toBe(0);
  expect(await verify()).toMatchObject({
    pass: true,
    streamed: orders,
    rejected: 0,
    guests,
    views: { history: { held: history, repeated: 0 } },
  });
}

/** Expects that some orders of the last run are in the stream twice, and in the history each is once. */
async function expectEach(): Promise<void> {
  const { orders, guests, history } = made();
  const found = await verify();
  expect(found).toMatchObject({ pass: true, rejected: 0, views: { history: { held: history } } });
  expect(found.streamed).toBeGreaterThan(orders + resent);
  expect(found.guests).toBeGreaterThanOrEqual(guests);
  expect(found.streamed - found.guests - found.views.history.repeated).toBe(history);
  resent = found.streamed - orders;
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
  // The driver's tests try each of these faults alone, in process.
  test('when requests are refused in part and whole, throttled, failed and cut while they are put', async () => {
    const inPart: readonly Fault[] = [
      (call) => refuseSome(call, (_, i) => i % 3 === 0, 'InternalFailure'),
      (call) => refuseSome(call, (_, i) => i % 5 === 0),
    ];
    const whole = [THROTTLED, undefined, FAILED, undefined, 'cut', undefined] as const;
    let calls = 0;
    const end = only(/^PutRecords$/, (call) => {
      calls = call.number;
      // In part at first alone: later, more than one order of a customer is in a request, and is sent again with it.
      return inPart[call.number - 1]?.(call) ?? whole[call.number % whole.length];
    });
    const generated = await generate();
    end();
    expect(calls).toBeGreaterThan(inPart.length + whole.length);
    expect(generated).toMatchObject({ code: 0 });
    expect(JSON.parse(generated.stdout)).toMatchObject({ streamed: COUNT, rejected: 0 });
    await expectOnce();
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
    const end = only(actions, fault);
    await expectOnce();
    end();
  });

  test('when both streams fail while tail follows them', async () => {
    const faults = [EXPIRED, undefined, THROTTLED, undefined, 'cut answer', undefined, FAILED, undefined] as const;
    const tail = startCli(['tail', 'orders', '--since', 'start', '-o', 'ndjson'], cli);
    const end = only(/^GetRecords$/, ({ number }) => faults[number % faults.length]);
    expect(await generate()).toMatchObject({ code: 0 });
    await tail.until(made().history);
    end();
    await expectOnce();
    await tail.stop();
    const ids = tail.lines.map((line) => JSON.parse(line)).map(({ customerId, orderId }) => `${customerId} ${orderId}`);
    expect(ids).toHaveLength(made().history);
    expect(new Set(ids).size).toBe(made().history);
  });
});

describe('every order is there, some of them again', () => {
  test('when connections are cut in the middle of the answer', async () => {
    const end = only(/^PutRecords$/, ({ number }) => (number % 5 === 0 ? 'cut answer' : undefined));
    expect(await generate()).toMatchObject({ code: 0 });
    end();
    await expectEach();
  });

  test('when credentials expire half-way, and the command is repeated with others', async () => {
    const expired = refusal('ExpiredTokenException', 'The security token included in the request is expired');
    const end = only(/^PutRecords$/, ({ number }) => (number > 1 ? expired : undefined));
    const stopped = await generate();
    end();
    expect(stopped).toMatchObject({ code: 4, stdout: '', stderr: expect.stringMatching(/credentials have expired/) });
    const repeated = await runCli(GENERATE, cli);
    expect(JSON.parse(repeated.stdout)).toMatchObject({ streamed: COUNT });
    await expectEach();
  });
});
