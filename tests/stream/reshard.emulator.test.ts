/** Shards that split and merge while orders are put and read, on kinesis-mock, which reshards as Kinesis does. */
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  ListShardsCommand,
  MergeShardsCommand,
  type Shard,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { expect, test, vi } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import { openAwsStream } from '../../src/stream/stream.aws.js';
import { useKinesisMock } from '../emulators/kinesis-mock.js';
import { clients, progressStore } from '../emulators/order-history.js';
import { blockOf, byCustomer, collect, follow, manyLines, ordersIn, putter } from '../fixtures/orders.js';

useKinesisMock();

async function active(StreamName: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const summary = await clients().kinesis.send(new DescribeStreamSummaryCommand({ StreamName }));
      expect(summary.StreamDescriptionSummary?.StreamStatus).toBe('ACTIVE');
    },
    { timeout: 10_000 },
  );
}

async function openShards(StreamName: string): Promise<Shard[]> {
  const { Shards = [] } = await clients().kinesis.send(new ListShardsCommand({ StreamName }));
  return Shards.filter(({ SequenceNumberRange }) => SequenceNumberRange?.EndingSequenceNumber === undefined);
}

async function split(StreamName: string): Promise<void> {
  const [{ ShardId, HashKeyRange } = {}] = await openShards(StreamName);
  const [from, to] = [HashKeyRange?.StartingHashKey, HashKeyRange?.EndingHashKey].map((key) => BigInt(key as string));
  const NewStartingHashKey = String(((from as bigint) + (to as bigint)) / 2n);
  await clients().kinesis.send(new SplitShardCommand({ StreamName, ShardToSplit: ShardId, NewStartingHashKey }));
  await active(StreamName);
}

async function merge(StreamName: string): Promise<void> {
  const [a, b] = (await openShards(StreamName)).sort((x, y) =>
    BigInt(x.HashKeyRange?.StartingHashKey as string) < BigInt(y.HashKeyRange?.StartingHashKey as string) ? -1 : 1,
  );
  const merge = { StreamName, ShardToMerge: a?.ShardId, AdjacentShardToMerge: b?.ShardId };
  await clients().kinesis.send(new MergeShardsCommand(merge));
  await active(StreamName);
}

test('orders keep their order and come once, through splits and merges', async () => {
  const name = `orders-${process.pid}`;
  await clients().kinesis.send(new CreateStreamCommand({ StreamName: name, ShardCount: 1 }));
  await active(name);
  const session = openSession('alakazam');
  const stream = await openAwsStream({ session, name, openBookmarks: progressStore(), clock: Date.now });
  const put = putter(stream);
  await put(manyLines(60));
  const all = [
    follow((signal) => stream.read({ from: 'first', signal })),
    follow((signal) => stream.read({ from: { sinceMs: Date.now() - 60_000 }, signal })),
  ];
  const ofLast = follow((signal) => stream.read({ from: { last: 5 }, signal }));
  await ofLast.until(5);
  await split(name);
  await put(manyLines(60, 60));
  await split(name);
  await put(manyLines(60, 120));
  await merge(name);
  await put(manyLines(60, 180));
  expect((await openShards(name)).length).toBe(2);

  const expected = byCustomer(ordersIn([blockOf(manyLines(240))]));
  for (const tail of all) {
    await tail.until(240);
    expect(byCustomer(await tail.stop())).toEqual(expected);
  }
  await ofLast.until(185);
  const after = byCustomer(ordersIn([blockOf(manyLines(180, 60))]));
  expect(byCustomer((await ofLast.stop()).slice(5))).toEqual(after);
  expect(byCustomer(await collect(stream.read({ from: 'first' })))).toEqual(expected);
  expect(await collect(stream.read({ from: { last: 100 } }))).toHaveLength(100);
  await stream.close();
  session.close();
});
