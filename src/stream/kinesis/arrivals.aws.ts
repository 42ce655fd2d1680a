/** Orders as they arrive in Kinesis Data Streams, with where in it they stand. */
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  type _Record as KinesisRecord,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { isThrottling, isTransient, nameOf } from '../../engines/aws/errors.js';
import type { AwsSession, ClientOptions } from '../../engines/aws/session.js';
import type { Shard, ShardedLog, ShardPosition } from '../../engines/aws/shards.js';
import { sequenceAt } from '../../order-history/dynamodb/order-item.js';
import type { Order } from '../../orders/order.js';
import { decodeOrder, isOrder } from '../order-record.js';
import { userRecords } from './aggregated-record.js';

export interface Arrival {
  readonly order: Order;
  readonly arrivalMs: number;
  /** Sorts as text, in one shard. */
  readonly sequence: string;
}

export type ArrivalLog = ShardedLog<KinesisRecord>;

/** A shard answers five calls a second in all, and the event source mapping of the Lambda function makes one of them. */
const POLL_MS = 400;

/** What is refused or throttled `ordered-puts.ts` puts again, and `shards.ts` reads again, each at a rate of its own. */
export const KINESIS_OPTIONS: ClientOptions = { attemptsMax: 3 };

export function openArrivals(session: AwsSession, stream: string): ArrivalLog {
  const client = session.client(KinesisClient, KINESIS_OPTIONS);
  const log: ArrivalLog = {
    pollMs: POLL_MS,
    sequenceOf: ({ SequenceNumber }) => SequenceNumber as string,
    arrivalOf,
    isExpired: (error) => nameOf(error) === 'ExpiredIteratorException',
    isTransient,
    isThrottling,
    isMissing: (error) => nameOf(error) === 'ResourceNotFoundException',
    async shards() {
      const shards: Shard[] = [];
      let token: string | undefined;
      do {
        const page = await client.send(new ListShardsCommand(token ? { NextToken: token } : { StreamName: stream }));
        for (const { ShardId, ParentShardId, AdjacentParentShardId, SequenceNumberRange } of page.Shards ?? []) {
          shards.push({
            id: ShardId as string,
            parents: [ParentShardId, AdjacentParentShardId].filter((id) => id !== undefined),
            isClosed: SequenceNumberRange?.EndingSequenceNumber !== undefined,
          });
        }
        token = page.NextToken;
      } while (token);
      return shards;
    },
    async iterator(shardId, position) {
      const at = { StreamName: stream, ShardId: shardId };
      try {
        const { ShardIterator } = await client.send(new GetShardIteratorCommand({ ...at, ...startOf(position) }));
        return ShardIterator as string;
      } catch (error) {
        // A time that is yet to come for Kinesis: what comes then comes next.
        const isTime = typeof position === 'object' && 'sinceMs' in position;
        if (!isTime || nameOf(error) !== 'InvalidArgumentException') throw error;
        return log.iterator(shardId, 'next');
      }
    },
    async page(iterator) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
      return {
        records: page.Records ?? [],
        next: page.NextShardIterator,
        isCaughtUp: (page.MillisBehindLatest ?? 0) === 0,
      };
    },
  };
  return log;
}

function startOf(position: ShardPosition) {
  if (position === 'first') return { ShardIteratorType: 'TRIM_HORIZON' } as const;
  if (position === 'next') return { ShardIteratorType: 'LATEST' } as const;
  return 'after' in position
    ? ({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: position.after } as const)
    : ({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(Math.max(0, position.sinceMs)) } as const);
}

function arrivalOf({ ApproximateArrivalTimestamp }: KinesisRecord): number {
  return ApproximateArrivalTimestamp?.getTime() ?? 0;
}

/** The orders in records; what is no order is for the Lambda function to deal with. */
export function ordersIn(records: readonly KinesisRecord[]): Arrival[] {
  const found: Arrival[] = [];
  for (const record of records) {
    const arrivalMs = arrivalOf(record);
    for (const [n, data] of userRecords(record.Data ?? new Uint8Array()).entries()) {
      const order = decodeOrder(data);
      if (isOrder(order)) found.push({ order, arrivalMs, sequence: sequenceAt(record.SequenceNumber as string, n) });
    }
  }
  return found;
}
