/** The order stream in Kinesis Data Streams; how far each source was read is kept here, on this machine. */
import { DescribeStreamSummaryCommand, KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { isThrottling, isTransient, nameOf } from '../engines/aws/errors.js';
import type { AwsSession } from '../engines/aws/session.js';
import { readShards } from '../engines/aws/shards.js';
import type { LocalStore } from '../engines/lmdb/store.js';
import { AlakazamError } from '../errors.js';
import { GUEST, lineOf, type OrderBlock } from '../orders/order-block.js';
import { parseLine } from '../orders/order-line.js';
import type { WritableBookmarks } from './bookmarks.js';
import { type Arrival, KINESIS_OPTIONS, openArrivals, ordersIn } from './kinesis/arrivals.aws.js';
import { lastArrivals } from './kinesis/last-arrivals.js';
import { type Answer, createOrderedPuts, type PutRecord } from './kinesis/ordered-puts.js';
import { blocksOf, encoderOf } from './order-record.js';
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
}

/** Throws an `AlakazamError` if there is no such stream. */
export async function openAwsStream({
  session,
  name,
  openBookmarks,
  clock,
}: AwsStreamOptions): Promise<BookmarkedStream> {
  const client = session.client(KinesisClient, KINESIS_OPTIONS);
  const { StreamDescriptionSummary: found } = await client.send(new DescribeStreamSummaryCommand({ StreamName: name }));
  // A stream that was deleted and made again under its name is another one: nothing was put into it yet.
  const { store, bookmarks } = openBookmarks(`${found?.StreamARN} ${found?.StreamCreationTimestamp?.getTime()}`);
  const log = openArrivals(session, name);
  const puts = createOrderedPuts({
    send: sender(client, name),
    isThrottling: (code) => isThrottling({ name: code }),
    requestRecordsMax: REQUEST_RECORDS_MAX,
    requestBytesMax: REQUEST_BYTES_MAX,
    givenUp: (code, taken, count) =>
      new AlakazamError('partial', `Kinesis took ${taken} of ${count} orders and refuses the others: ${code}`, {
        hint: 'the same command goes on from there; alakazam status shows whether the stream wants more capacity',
      }),
  });

  return {
    async put(orders, progress, onTaken) {
      if (!bookmarks.isNext(progress)) return false;
      const records = {
        count: orders.count,
        keyOf: (i: number) => partitionKeyOf(orders, i),
        encode: encoderOf(orders),
      };
      await puts.put(records, onTaken);
      // Should another process have read on meanwhile, its orders and these are the same: they are in the stream twice, and
      // by their ids once in every view.
      return store.write(() => {
        if (!bookmarks.isNext(progress)) return false;
        bookmarks.keep(progress);
        return true;
      });
    },
    async *read({ from, customer, signal }) {
      const wanted = ({ order }: Arrival) => customer === undefined || customer === (order.customerId ?? GUEST);
      if (typeof from !== 'object' || 'sinceMs' in from) {
        for await (const { records } of readShards(log, { from, signal })) {
          yield* blocksOf(ordersIn(records).filter(wanted));
        }
        return;
      }
      const wantedIn = async (records: Parameters<typeof ordersIn>[0]) => ordersIn(records).filter(wanted);
      const { arrivals, positions } = await lastArrivals(log, from.last, wantedIn, clock());
      yield* blocksOf(arrivals);
      if (!signal || signal.aborted) return;
      for await (const { records } of readShards(log, { from: positions, signal })) {
        yield* blocksOf(ordersIn(records).filter(wanted));
      }
    },
    async heldSinceMs() {
      const firstMs = clock() - (found?.RetentionPeriodHours ?? 24) * HOUR_MS;
      // Nothing is as old as that, or else: reading takes a while, in which the oldest are forgotten.
      return (found?.StreamCreationTimestamp?.getTime() ?? 0) > firstMs ? 0 : firstMs + HOUR_MS;
    },
    bookmarks,
    close: () => store.close(),
  };
}

function sender(client: KinesisClient, name: string): (records: readonly PutRecord[]) => Promise<Answer> {
  let hasPut = false;
  return async (records) => {
    try {
      const answer = await client.send(putRecords(name, records));
      hasPut = true;
      const taken = answer.Records ?? [];
      // Taken is what Kinesis says it took.
      return records.map((_, i) => (taken[i]?.SequenceNumber ? undefined : (taken[i]?.ErrorCode ?? 'InternalFailure')));
    } catch (error) {
      // Once it has worked it is likely to work again; before, whoever waits wants to know why it doesn't.
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
