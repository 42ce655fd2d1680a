/** The order stream in Kinesis Data Streams. The bookmarks of the sources are kept on this machine. */
import { DescribeStreamSummaryCommand, KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { isThrottling, isTransient, nameOf } from '../engines/aws/errors.js';
import type { AwsSession } from '../engines/aws/session.js';
import { readShards, type ShardRead } from '../engines/aws/shards.js';
import type { LocalStore } from '../engines/lmdb/store.js';
import { AlakazamError } from '../errors.js';
import { GUEST, lineOf, type OrderBlock } from '../orders/order-block.js';
import { parseLine } from '../orders/order-line.js';
import type { WritableBookmarks } from './bookmarks.js';
import { type ArrivalOptions, KINESIS_OPTIONS, openArrivals } from './kinesis/arrivals.aws.js';
import { blocksOf, filterArrived, type KinesisRecord, ordersIn } from './kinesis/arrived-orders.js';
import { lastArrived } from './kinesis/last-arrived.js';
import { createOrderedPuts, type PutRecord, type Refusals } from './kinesis/ordered-puts.js';
import { encoderOf } from './order-record.js';
import type { BookmarkedStream } from './stream.js';

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html; of the 10 MiB it allows, less than half. */
const REQUEST_RECORDS_MAX = 500;
const REQUEST_BYTES_MAX = 4_500_000;
const HOUR_MS = 3_600_000;

export interface AwsStreamOptions {
  readonly session: AwsSession;
  readonly name: string;
  /** Opens the bookmarks of the sources of the stream with this identity, and their store. */
  readonly openBookmarks: (identity: string) => { readonly store: LocalStore; readonly bookmarks: WritableBookmarks };
  readonly clock: () => number;
  readonly arrivals?: ArrivalOptions;
}

/** Throws an `AlakazamError` if there is no such stream. */
export async function openAwsStream(options: AwsStreamOptions): Promise<BookmarkedStream> {
  const { session, name, clock } = options;
  const client = session.client(KinesisClient, KINESIS_OPTIONS);
  const { StreamDescriptionSummary: found } = await client.send(new DescribeStreamSummaryCommand({ StreamName: name }));
  // A stream that was deleted and created again under its name is another stream: its sources begin at their start.
  const identity = `${found?.StreamARN} ${found?.StreamCreationTimestamp?.getTime()}`;
  const { store, bookmarks } = options.openBookmarks(identity);
  const log = openArrivals(session, name, options.arrivals);
  const puts = createOrderedPuts({
    send: sender(client, name),
    isThrottling: (code) => isThrottling({ name: code }),
    requestRecordsMax: REQUEST_RECORDS_MAX,
    requestBytesMax: REQUEST_BYTES_MAX,
    givenUp: (code, accepted, count) =>
      new AlakazamError('partial', `Kinesis took ${accepted} of ${count} orders and refuses the others: ${code}`, {
        hint: 'the same command goes on from there; alakazam status shows whether the stream wants more capacity',
      }),
  });

  return {
    async put(orders, progress, onAccepted) {
      if (!bookmarks.isNext(progress)) return false;
      const records = {
        count: orders.count,
        keyOf: (i: number) => partitionKeyOf(orders, i),
        encode: encoderOf(orders),
      };
      await puts.put(records, onAccepted);
      // If another process has read on meanwhile, it put the same orders: they are in the stream twice, and once in every
      // view, which goes by their ids.
      return store.write(() => {
        if (!bookmarks.isNext(progress)) return false;
        bookmarks.keep(progress);
        return true;
      });
    },
    async *read({ from, customer, signal }) {
      const wantedIn = (records: readonly KinesisRecord[]) => {
        const arrived = ordersIn(records);
        if (customer === undefined) return arrived;
        return filterArrived(arrived, (i) => arrived.orders.customers[i] === customer);
      };
      let start: ShardRead['from'];
      if (typeof from === 'object' && 'last' in from) {
        const { arrived, positions } = await lastArrived(log, from.last, async (records) => wantedIn(records), clock());
        yield* blocksOf(arrived);
        if (!signal || signal.aborted) return;
        start = positions;
      } else start = from;
      for await (const { records } of readShards(log, { from: start, signal })) yield* blocksOf(wantedIn(records));
    },
    async heldSinceMs() {
      const firstMs = clock() - (found?.RetentionPeriodHours ?? 24) * HOUR_MS;
      // A stream younger than its retention has lost nothing. Else leave out the oldest hour: it may expire while we read.
      return (found?.StreamCreationTimestamp?.getTime() ?? 0) > firstMs ? 0 : firstMs + HOUR_MS;
    },
    bookmarks,
    close: () => store.close(),
  };
}

function sender(client: KinesisClient, name: string): (records: readonly PutRecord[]) => Promise<Refusals> {
  let hasPut = false;
  return async (records) => {
    try {
      const answer = await client.send(putRecords(name, records));
      hasPut = true;
      const results = answer.Records ?? [];
      // A record without a result was not accepted.
      return records.map((_, i) =>
        results[i]?.SequenceNumber ? undefined : (results[i]?.ErrorCode ?? 'InternalFailure'),
      );
    } catch (error) {
      // A stream that has accepted records is likely to accept them again. Before that, the user wants to know what is wrong.
      if (isThrottling(error) || (hasPut && isTransient(error))) return records.map(() => nameOf(error));
      throw error;
    }
  };
}

/**
 * A request with its body as the API has it (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html,
 * Request Syntax): the SDK would walk through every record three times.
 */
function putRecords(name: string, records: readonly PutRecord[]): PutRecordsCommand {
  const list = records.map(({ key, data }) => `{"PartitionKey":${JSON.stringify(key)},"Data":"${data}"}`);
  const body = `{"StreamName":${JSON.stringify(name)},"Records":[${list.join(',')}]}`;
  const command = new PutRecordsCommand({ StreamName: name, Records: [] });
  command.middlewareStack.add(
    (next) => (args) => {
      (args.request as { body: unknown }).body = body;
      return next(args);
    },
    { step: 'build', priority: 'high' },
  );
  return command;
}

/** The customer, for a guest the invoice: orders of one key are kept in order. */
function partitionKeyOf(orders: OrderBlock, i: number): string {
  const customer = orders.customers[i] as number;
  return customer === GUEST ? parseLine(lineOf(orders, i))[0] : String(customer);
}
