/** Orders that arrive in a stream of MiniStack when a test says, and what is in an alarm stream. */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  type PutRecordsRequestEntry,
} from '@aws-sdk/client-kinesis';

/** What arrived in one record of the stream: an order, or several in an aggregated record. Null is the time of the clock. */
export type Arrival = readonly [timeMs: number | null, invoiceNos: readonly string[]];

/** A record of the alarm stream. */
export interface AlarmRecord {
  readonly kind: 'crossing' | 'second' | 'late';
  readonly count: number;
  readonly atMs: number;
  /** Not of `late`. */
  readonly before?: number;
  readonly through?: number;
  readonly firstMs?: number;
  readonly lastMs?: number;
  readonly arrivals?: number;
}

export async function createStream(client: KinesisClient, name: string, shards: number): Promise<void> {
  await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
  for (;;) {
    const { StreamDescriptionSummary: at } = await client.send(new DescribeStreamSummaryCommand({ StreamName: name }));
    if (at?.StreamStatus === 'ACTIVE') return;
    await delay(50);
  }
}

const HASH_KEYS = 1n << 128n;
const REQUEST_RECORDS = 500;
const REQUEST_BYTES = 3_000_000;

export interface PutOptions {
  readonly shards?: number;
  /** Shards that get records; the others stay idle. */
  readonly used?: number;
  /** Records that are no orders. */
  readonly extra?: readonly string[];
}

/** Puts the records of arrivals, one after the other into each of the used shards. */
export async function putArrivals(
  client: KinesisClient,
  name: string,
  arrivals: readonly Arrival[],
  { shards = 1, used = shards, extra = [] }: PutOptions = {},
): Promise<void> {
  const records: PutRecordsRequestEntry[] = [
    ...extra.map((text, i) => ({ Data: Buffer.from(text, 'latin1'), PartitionKey: `other ${i}` })),
    ...arrivals.map(([timeMs, invoiceNos], i) => {
      const hashKey = `${(HASH_KEYS * BigInt(i % used)) / BigInt(shards)}`;
      const key = timeMs === null ? `${i}` : `arrived-at:${timeMs} ${i}`;
      return { Data: dataOf(invoiceNos, i, hashKey), PartitionKey: key, ExplicitHashKey: hashKey };
    }),
  ];
  let batch: PutRecordsRequestEntry[] = [];
  let bytes = 0;
  const flush = async () => {
    if (batch.length > 0) await client.send(new PutRecordsCommand({ StreamName: name, Records: batch }));
    batch = [];
    bytes = 0;
  };
  for (const record of records) {
    const size = record.Data?.length ?? 0;
    if (batch.length === REQUEST_RECORDS || bytes + size > REQUEST_BYTES) await flush();
    batch.push(record);
    bytes += size;
  }
  await flush();
}

/** One order as our own record or as the agent's, several as the Kinesis Producer Library puts them together. */
function dataOf(invoiceNos: readonly string[], i: number, hashKey: string): Buffer {
  const records = invoiceNos.map((invoice) =>
    Buffer.from(JSON.stringify(i % 3 === 0 ? { InvoiceNo: invoice, StockCode: 'A' } : { invoiceNo: invoice })),
  );
  return records.length === 1 ? (records[0] as Buffer) : aggregated(records, hashKey);
}

/**
 * https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md. Whoever takes it apart leaves out what
 * belongs into another shard by its hash key.
 */
function aggregated(records: readonly Buffer[], hashKey: string): Buffer {
  const field = (number: number, bytes: Buffer) =>
    Buffer.concat([Buffer.from([(number << 3) | 2]), varint(bytes.length), bytes]);
  const body = Buffer.concat([
    field(1, Buffer.from('key')),
    field(2, Buffer.from(hashKey)),
    ...records.map((each) => field(3, Buffer.concat([Buffer.from([8, 0, 16, 0]), field(3, each)]))),
  ]);
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), body, createHash('md5').update(body).digest()]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

/** All records of a stream of one shard until one that `isLast`, which is given all so far. */
export async function readAlarms(
  client: KinesisClient,
  name: string,
  isLast: (records: readonly AlarmRecord[]) => boolean,
  checkJob: () => Promise<void> = async () => {},
): Promise<AlarmRecord[]> {
  const { Shards } = await client.send(new ListShardsCommand({ StreamName: name }));
  const from = { StreamName: name, ShardId: Shards?.[0]?.ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const;
  let { ShardIterator: next } = await client.send(new GetShardIteratorCommand(from));
  const records: AlarmRecord[] = [];
  for (let calls = 1; !isLast(records); calls++) {
    const page = await client.send(new GetRecordsCommand({ ShardIterator: next }));
    next = page.NextShardIterator;
    records.push(...(page.Records ?? []).map(({ Data }) => JSON.parse(Buffer.from(Data as Uint8Array).toString())));
    if (page.Records?.length) continue;
    await delay(200);
    if (calls % 20 === 0) await checkJob();
  }
  return records;
}
