/** The stream on Kinesis when Kinesis, or the way there, fails. */
import { describe, expect, test } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import { AlakazamError } from '../../src/errors.js';
import { openAwsStream } from '../../src/stream/stream.aws.js';
import type { BookmarkedStream } from '../../src/stream/stream.js';
import { type Call, refusal, refuseSome, useFaultProxy } from '../emulators/fault-proxy.js';
import { useMiniStack } from '../emulators/ministack.js';
import { makeParts, progressStore } from '../emulators/order-history.js';
import {
  blockOf,
  collect,
  follow,
  idsOf,
  type Line,
  manyLines,
  ordersIn,
  progress,
  putter,
} from '../fixtures/orders.js';

const emulator = useMiniStack({ stacks: false });
const proxy = useFaultProxy(emulator);

async function open(shards = 1): Promise<BookmarkedStream> {
  const { stream: name } = await makeParts({ shards });
  const session = openSession('alakazam');
  return openAwsStream({ session, name, openBookmarks: progressStore(), clock: Date.now });
}

/** Of each customer, the ids in the order of the stream. */
async function byCustomer(orders: Promise<{ customerId: number | null; orderId: string }[]>) {
  const found = new Map<number | null, string[]>();
  for (const { customerId, orderId } of await orders) {
    found.set(customerId, [...(found.get(customerId) ?? []), orderId]);
  }
  return Object.fromEntries(found);
}

async function put(stream: BookmarkedStream, lines: readonly Line[]) {
  await putter(stream)(lines);
  const expected = await byCustomer(Promise.resolve(ordersIn([blockOf(lines)])));
  const streamed = collect(stream.read({ from: 'first' }));
  expect(await byCustomer(streamed)).toEqual(expected);
  return streamed;
}

const only = (action: string, fault: (call: Call) => ReturnType<Parameters<typeof proxy.fault>[0]>) =>
  proxy.fault((call) => (call.action === action ? fault(call) : undefined));

describe('orders are put once and in order', () => {
  test.each([
    ['throttled', 'ProvisionedThroughputExceededException'],
    ['refused by an internal failure', 'InternalFailure'],
  ])('when some records are %s', async (_, code) => {
    const stream = await open(2);
    const sent = new Map<string, number>();
    only('PutRecords', (call) => {
      for (const { Data } of call.body.Records) sent.set(Data, (sent.get(Data) ?? 0) + 1);
      return refuseSome(call, (data, i) => call.number <= 12 && (i + data.length) % 3 === 0, code);
    });
    await put(stream, manyLines(300));
    expect(Math.max(...sent.values())).toBeGreaterThan(1);
    const all = [...sent.values()].reduce((sum, count) => sum + count, 0);
    expect(all).toBeLessThan(300 + 12 * 5);
  });

  test('when a whole request is throttled again and again', async () => {
    const stream = await open();
    only('PutRecords', ({ number }) =>
      number <= 7 ? refusal('ProvisionedThroughputExceededException', 'Rate exceeded for stream') : undefined,
    );
    await put(stream, manyLines(60));
  });

  test('when Kinesis fails inside once it has worked', async () => {
    const stream = await open();
    only('PutRecords', ({ number }) => (number > 2 && number <= 9 ? refusal('InternalFailure', 'no', 500) : undefined));
    await put(stream, manyLines(60));
  });

  test('when connections are cut before anything was sent', async () => {
    const stream = await open();
    only('PutRecords', ({ number }) => (number % 3 === 2 ? 'cut' : undefined));
    await put(stream, manyLines(90));
  });
});

test('orders whose answer was cut may be there twice, and none is missing or out of order', async () => {
  const stream = await open();
  only('PutRecords', ({ number }) => (number % 4 === 1 ? 'cut answer' : undefined));
  await putter(stream)(manyLines(90));
  const expected = await byCustomer(Promise.resolve(ordersIn([blockOf(manyLines(90))])));
  const streamed = await byCustomer(collect(stream.read({ from: 'first' })));
  expect(Object.values(streamed).flat().length).toBeGreaterThan(90);
  for (const [customer, ids] of Object.entries(expected)) {
    expect([...new Set(streamed[customer])]).toEqual(ids);
  }
});

describe('what is not put', () => {
  const fails = async (
    stream: BookmarkedStream,
    fault: (call: Call) => ReturnType<Parameters<typeof proxy.fault>[0]>,
  ) => {
    only('PutRecords', fault);
    const error = await stream
      .put(blockOf(manyLines(20)), progress(undefined, { at: 1 }))
      .catch((thrown: unknown) => thrown);
    // What can't get better is not tried again and again.
    expect(proxy.calls.get('PutRecords')).toBeLessThan(10);
    expect(error).toBeInstanceOf(AlakazamError);
    expect(await stream.bookmarks.positionOf('source')).toBeUndefined();
    return error as AlakazamError;
  };

  test('for want of a permission says which', async () => {
    const message =
      'User: arn:aws:iam::123456789012:user/ann is not authorized to perform: kinesis:PutRecords on resource: ' +
      'arn:aws:kinesis:eu-central-1:123456789012:stream/orders because no identity-based policy allows the kinesis:PutRecords action';
    expect(await fails(await open(), () => refusal('AccessDeniedException', message))).toMatchObject({
      code: 'access',
      message: 'no permission: kinesis:PutRecords on arn:aws:kinesis:eu-central-1:123456789012:stream/orders',
    });
  });

  test('because credentials expired half-way goes on from the same place with new ones', async () => {
    const stream = await open();
    const expired = refusal('ExpiredTokenException', 'The security token included in the request is expired');
    expect(await fails(stream, ({ number }) => (number > 3 ? expired : undefined))).toMatchObject({
      code: 'access',
      message: 'the AWS credentials have expired',
      hint: expect.stringMatching(/AWS_SESSION_TOKEN anew/),
    });
    proxy.fault(() => undefined);
    expect(await stream.put(blockOf(manyLines(20)), progress(undefined, { at: 1 }))).toBe(true);
    const ids = idsOf(await collect(stream.read({ from: 'first' })));
    expect(new Set(ids)).toEqual(new Set(idsOf(ordersIn([blockOf(manyLines(20))]))));
  });

  test('because there is no such stream says what makes one', async () => {
    const gone = refusal('ResourceNotFoundException', 'Stream orders under account 123456789012 not found.');
    expect(await fails(await open(), () => gone)).toMatchObject({
      code: 'failed',
      hint: expect.stringMatching('deploy'),
    });
  });

  test('because nothing answers says so at once', async () => {
    expect(await fails(await open(), () => 'cut')).toMatchObject({
      code: 'failed',
      message: expect.stringMatching(/^can't reach Kinesis at 127\.0\.0\.1:\d+: /),
    });
  });
});

describe('a reader', () => {
  test('goes on when its iterators expire, and misses and doubles nothing', async () => {
    const stream = await open(2);
    const tail = follow((signal) => stream.read({ from: 'first', signal }));
    only('GetRecords', ({ number }) =>
      number % 3 === 0 ? refusal('ExpiredIteratorException', 'Iterator expired.') : undefined,
    );
    const add = putter(stream);
    for (let at = 0; at < 300; at += 50) await add(manyLines(50, at));
    await tail.until(300);
    const orders = await tail.stop();
    expect(await byCustomer(Promise.resolve(orders))).toEqual(
      await byCustomer(Promise.resolve(ordersIn([blockOf(manyLines(300))]))),
    );
  });

  test('waits where reads are throttled, and goes on after cut answers', async () => {
    const stream = await open();
    await putter(stream)(manyLines(200));
    only('GetRecords', ({ number }) => {
      if (number % 4 === 1) return refusal('ProvisionedThroughputExceededException', 'Rate exceeded for shard');
      return number % 4 === 2 ? 'cut answer' : undefined;
    });
    expect(await collect(stream.read({ from: 'first' }))).toHaveLength(200);
  });

  test('takes a time that is yet to come for what comes next', async () => {
    const stream = await open();
    await putter(stream)([{}]);
    only('GetShardIterator', ({ body }) =>
      body.ShardIteratorType === 'AT_TIMESTAMP'
        ? refusal(
            'InvalidArgumentException',
            'The timestampInMillis parameter cannot be greater than the currentTimestampInMillis.',
          )
        : undefined,
    );
    expect(await collect(stream.read({ from: { sinceMs: Date.now() + 60_000 } }))).toEqual([]);
  });
});

test('every call says who makes it', async () => {
  const agents = new Set<string>();
  proxy.fault(({ userAgent }) => void agents.add(userAgent));
  await collect((await open()).read({ from: 'first' }));
  expect([...agents].some((agent) => /(^| )alakazam\/\S+/.test(agent))).toBe(true);
});
