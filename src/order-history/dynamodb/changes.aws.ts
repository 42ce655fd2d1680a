/** The changes of the history table, which its DynamoDB stream keeps for 24 hours: to be read by `engines/aws/shards.ts`. */
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { isThrottling, isTransient, nameOf } from '../../engines/aws/errors.js';
import type { AwsSession } from '../../engines/aws/session.js';
import type { Shard, ShardPosition } from '../../engines/aws/shards.js';
import { AlakazamError } from '../../errors.js';
import { type ChangeLog, changedMs, type TableRecord } from './changed-orders.js';

/**
 * DynamoDB allows two readers of a shard
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html). Nothing else in the stack reads the shards.
 */
const POLL_MS = 300;

/** Throws an `AlakazamError` if the table has no stream. */
export async function openChanges(session: AwsSession, table: string): Promise<ChangeLog> {
  const { Table } = await session.client(DynamoDBClient).send(new DescribeTableCommand({ TableName: table }));
  const streamArn = Table?.LatestStreamArn;
  if (!streamArn)
    throw new AlakazamError('failed', `${table} has no stream of its changes`, { hint: 'alakazam deploy' });
  // `shards.ts` repeats throttled reads at a rate of its own.
  const client = session.client(DynamoDBStreamsClient, { attemptsMax: 3 });
  return {
    pollMs: POLL_MS,
    sequenceOf: ({ dynamodb }) => dynamodb?.SequenceNumber as string,
    // The time has only seconds. The end of the second is taken, so that no change after a given time is left out.
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
      const { ShardIterator } = await client.send(new GetShardIteratorCommand({ ...at, ...iteratorAt(position) }));
      return ShardIterator as string;
    },
    async page(iterator) {
      const { Records = [], NextShardIterator } = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
      // The API does not say how old the records of a page are. At the end of a shard, pages are empty.
      return { records: Records as readonly TableRecord[], next: NextShardIterator, isCaughtUp: Records.length === 0 };
    },
  };
}

/** The API has no iterator at a time: reading begins at the first record, and `shards.ts` leaves out the older records. */
function iteratorAt(position: ShardPosition) {
  if (position === 'next') return { ShardIteratorType: 'LATEST' } as const;
  return typeof position === 'object' && 'after' in position
    ? ({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: position.after } as const)
    : ({ ShardIteratorType: 'TRIM_HORIZON' } as const);
}
