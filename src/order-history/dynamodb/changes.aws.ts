/** What changes in the history table, as its DynamoDB stream tells it for 24 hours. */
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as StreamRecord,
} from '@aws-sdk/client-dynamodb-streams';
import { isThrottling, isTransient, nameOf } from '../../engines/aws/errors.js';
import type { AwsSession } from '../../engines/aws/session.js';
import type { Shard, ShardedLog, ShardPosition } from '../../engines/aws/shards.js';
import { AlakazamError } from '../../errors.js';
import type { Order } from '../../orders/order.js';
import { type Item, isSameOrder, orderIn, sequenceIn } from './order-item.js';

export interface Change {
  readonly order: Order;
  readonly sequence: string;
  /** When the table changed, rounded down to a second. */
  readonly arrivalMs: number;
}

export type ChangeLog = ShardedLog<StreamRecord>;

/** Two readers of a shard are the most DynamoDB wants, each as often as it likes within 5 calls a second. */
const POLL_MS = 300;

/** Throws an `AlakazamError` if the table tells nobody of its changes. */
export async function openChanges(session: AwsSession, table: string): Promise<ChangeLog> {
  const { Table } = await session.client(DynamoDBClient).send(new DescribeTableCommand({ TableName: table }));
  const streamArn = Table?.LatestStreamArn;
  if (!streamArn)
    throw new AlakazamError('failed', `${table} has no stream of its changes`, { hint: 'alakazam deploy' });
  // Each reader waits by itself when it is throttled.
  const client = session.client(DynamoDBStreamsClient, { attemptsMax: 3 });
  return {
    pollMs: POLL_MS,
    sequenceOf: ({ dynamodb }) => dynamodb?.SequenceNumber as string,
    // At the end of its second: one that may have come since a time is not left out.
    arrivalOf: (record) => changedMs(record) + 999,
    isExpired: (error) => nameOf(error) === 'ExpiredIteratorException',
    isTransient,
    isThrottling,
    isMissing: (error) => /^(ResourceNotFoundException|TrimmedDataAccessException)$/.test(nameOf(error)),
    async shards() {
      const shards: Shard[] = [];
      let last: string | undefined;
      do {
        const from = last ? { ExclusiveStartShardId: last } : {};
        const page = await client.send(new DescribeStreamCommand({ StreamArn: streamArn, ...from }));
        for (const { ShardId, ParentShardId, SequenceNumberRange } of page.StreamDescription?.Shards ?? []) {
          shards.push({
            id: ShardId as string,
            parents: ParentShardId ? [ParentShardId] : [],
            isClosed: SequenceNumberRange?.EndingSequenceNumber !== undefined,
          });
        }
        last = page.StreamDescription?.LastEvaluatedShardId;
      } while (last);
      return shards;
    },
    async iterator(shardId, position) {
      const at = { StreamArn: streamArn, ShardId: shardId };
      const { ShardIterator } = await client.send(new GetShardIteratorCommand({ ...at, ...startOf(position) }));
      return ShardIterator as string;
    },
    async page(iterator) {
      const { Records = [], NextShardIterator } = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
      // Nothing says how far behind it is; a page without records is what there is at the end.
      return { records: Records, next: NextShardIterator, isCaughtUp: Records.length === 0 };
    },
  };
}

/** There is no reading from a time on: that begins at the first record, and who reads leaves out what is too old. */
function startOf(position: ShardPosition) {
  if (position === 'next') return { ShardIteratorType: 'LATEST' } as const;
  return typeof position === 'object' && 'after' in position
    ? ({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: position.after } as const)
    : ({ ShardIteratorType: 'TRIM_HORIZON' } as const);
}

/** Rounded down to a second. */
function changedMs({ dynamodb }: StreamRecord): number {
  return dynamodb?.ApproximateCreationDateTime?.getTime() ?? 0;
}

/**
 * The orders that came or changed in records of one shard, those of a customer in the order of the stream: DynamoDB writes
 * the items of one batch at the same time, in any order.
 */
export function changesIn(records: readonly StreamRecord[]): Change[] {
  const changes: Change[] = [];
  for (const record of records) {
    const { NewImage, OldImage } = record.dynamodb ?? {};
    if (!NewImage) continue;
    const order = orderIn(NewImage as Item);
    if (OldImage && isSameOrder(order, orderIn(OldImage as Item))) continue;
    changes.push({ order, sequence: sequenceIn(NewImage as Item), arrivalMs: changedMs(record) });
  }
  const bySequence = [...changes].sort((a, b) => (a.sequence < b.sequence ? -1 : 1));
  const ofCustomer = new Map<number | null, Change[]>();
  for (const change of bySequence) {
    const { customerId } = change.order;
    ofCustomer.set(customerId, [...(ofCustomer.get(customerId) ?? []), change]);
  }
  return changes.map(({ order }) => ofCustomer.get(order.customerId)?.shift() as Change);
}
