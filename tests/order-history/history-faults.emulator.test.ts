/** The history on DynamoDB when DynamoDB, its stream, or the function between fails. */
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test, vi } from 'vitest';
import { AlakazamError } from '../../src/errors.js';
import { refusal, useFaultProxy } from '../emulators/fault-proxy.js';
import { useMiniStack } from '../emulators/ministack.js';
import { clients, deployFunction, handlesOn, makeParts } from '../emulators/order-history.js';
import {
  blockOf,
  collect,
  collectAll,
  follow,
  idsOf,
  type Line,
  manyLines,
  ordersIn,
  putter,
} from '../fixtures/orders.js';

const emulator = useMiniStack({ stacks: false });
const proxy = useFaultProxy(emulator);

async function start() {
  const parts = await makeParts();
  await deployFunction(parts);
  const handles = handlesOn(parts);
  const stream = await handles.open();
  return { parts, handles, stream, put: putter(stream), history: await handles.openHistory() };
}

const expectedIds = (lines: readonly Line[]) => idsOf(ordersIn([blockOf(lines)])).sort();

describe('a reader gets all of it', () => {
  test('when pages are short and answers fail', async () => {
    const { put, history } = await start();
    await put(manyLines(300));
    await history.update();
    proxy.fault(async ({ action, number, body, forward }) => {
      if (!/^(Query|Scan|BatchGetItem|GetItem)$/.test(action)) return undefined;
      if (number % 5 === 2) return refusal('ProvisionedThroughputExceededException', 'exceeded');
      if (number % 5 === 4) return refusal('InternalServerError', 'internal', 500);
      return action === 'Query' || action === 'Scan' ? forward({ ...body, Limit: body.Limit ?? 7 }) : undefined;
    });
    expect(idsOf(await collectAll(history)).sort()).toEqual(expectedIds(manyLines(300)));
    expect(await history.ordersOf(3)).toHaveLength(60);
    expect((await history.ordersWithId('600050-P1'))[0]).toMatchObject({ orderId: '600050-P1' });
    expect(idsOf(await collect(history.tail({ from: 'first' }))).sort()).toEqual(expectedIds(manyLines(300)));
    expect(await history.customersNear(3, 2)).toHaveLength(2);
  });
});

test('what the stream has forgotten can be left out', async () => {
  const { handles, put, history, stream } = await start();
  await put(manyLines(30));
  await history.update();
  const { arrivalMs } = await stream
    .read({ from: 'first' })
    [Symbol.asyncIterator]()
    .next()
    .then(({ value }) => value);
  const all = async (sinceMs: number) => {
    let count = 0;
    for await (const block of history.all(sinceMs)) count += block.count;
    return count;
  };
  expect(await all(0)).toBe(30);
  expect(await all(arrivalMs - 1000)).toBe(30);
  expect(await all(arrivalMs + 60_000)).toBe(0);
  expect(await stream.heldSinceMs()).toBe(0);
  // A stream keeps a day, and the first hour of it may be forgotten while it is read.
  const nowMs = Date.now() + 48 * 3_600_000;
  expect(await (await handles.open(() => nowMs)).heldSinceMs()).toBe(nowMs - 23 * 3_600_000);
});

describe('a tail shows each change once', () => {
  test('when iterators of both streams expire and reads are throttled', async () => {
    const { handles, put } = await start();
    const reader = await handles.openHistory();
    await put(manyLines(50));
    proxy.fault(({ action, number }) => {
      if (action !== 'GetRecords') return undefined;
      if (number % 5 === 3) return refusal('ExpiredIteratorException', 'Iterator expired');
      if (number % 5 === 4) return refusal('ProvisionedThroughputExceededException', 'exceeded');
      return undefined;
    });
    const tail = follow((signal) => reader.tail({ from: 'first', signal }));
    for (let at = 50; at < 400; at += 70) await put(manyLines(70, at));
    await tail.until(400);
    expect(idsOf(await tail.stop()).sort()).toEqual(expectedIds(manyLines(400)));
  });

  test('however it begins while the function is behind', async () => {
    const { handles, put } = await start();
    const reader = await handles.openHistory();
    await put(manyLines(400));
    // The function is somewhere between the first order and the last.
    const tails = [
      follow((signal) => reader.tail({ from: 'first', signal })),
      follow((signal) => reader.tail({ from: { sinceMs: 0 }, signal })),
      follow((signal) => reader.tail({ from: { last: 5000 }, signal })),
    ];
    await put(manyLines(100, 400));
    for (const tail of tails) {
      await tail.until(500);
      expect(idsOf(await tail.stop()).sort()).toEqual(expectedIds(manyLines(500)));
    }
  });

  test('and neither a removed item nor an identical repeat', async () => {
    const { handles, put, history, parts } = await start();
    await put(manyLines(3));
    await history.update();
    proxy.fault(() => undefined);
    const tail = follow((signal) => history.tail({ from: { last: 0 }, signal }));
    // It listens once it knows where the changes begin, and has looked for the last orders.
    await vi.waitFor(() => expect(proxy.calls.get('GetRecords')).toBeGreaterThan(2), 10_000);
    const other = await handles.openHistory();
    const { dynamodb } = clients();
    const key = { CustomerId: { N: '1' }, OrderId: { S: '600000-P1' } };
    // Someone removes an item, and writes one that lacks what we know of.
    await dynamodb.send(new DeleteItemCommand({ TableName: parts.table, Key: key }));
    await dynamodb.send(new PutItemCommand({ TableName: parts.table, Item: { ...key, Quantity: { N: '9' } } }));
    await put([...manyLines(3), ...manyLines(2, 3)]);
    await other.update();
    await tail.until(4);
    const found = await tail.stop();
    const changesOf = (customer: number) =>
      found.filter(({ customerId }) => customerId === customer).map(({ orderId, quantity }) => [orderId, quantity]);
    expect(changesOf(1)).toEqual([
      ['600000-P1', 9],
      ['600000-P1', 2],
    ]);
    expect(changesOf(2)).toEqual([
      ['600001-P0', 4],
      ['600001-P1', 5],
    ]);
  });
});

describe('a history that is behind', () => {
  test('is waited for, and given up with what to do when nothing moves', async () => {
    const parts = await makeParts();
    const handles = handlesOn(parts);
    await putter(await handles.open())(manyLines(30));
    let nowMs = 0;
    const history = await handles.openHistory(() => (nowMs += 10_000));
    const error = await history.update().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AlakazamError);
    expect(error).toMatchObject({
      message: 'process-orders has not moved for a minute, up to 30 orders behind',
      hint: 'alakazam status shows why',
    });
  });

  test('is no longer waited for when it is told to stop', async () => {
    const parts = await makeParts();
    const handles = handlesOn(parts);
    await putter(await handles.open())(manyLines(30));
    const stop = new AbortController();
    // It waits once it has asked a second time how far the function is.
    proxy.fault(({ number }) => {
      if (number > 1) stop.abort();
      return undefined;
    });
    await (await handles.openHistory()).update(stop.signal);
  });
});
