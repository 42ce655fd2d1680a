/** The records of a Kinesis data stream, to be read by `engines/aws/shards.ts`. */
import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient, ListShardsCommand } from '@aws-sdk/client-kinesis';
import { isThrottling, isTransient, nameOf } from '../../engines/aws/errors.js';
import { createPace, type PaceOptions } from '../../engines/aws/pace.js';
import type { AwsSession, ClientOptions } from '../../engines/aws/session.js';
import type { Shard, ShardPosition } from '../../engines/aws/shards.js';
import { type ArrivalLog, arrivedMs } from './arrived-orders.js';

/**
 * A shard answers five GetRecords calls a second, to all readers together
 * (https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html). Firehose makes one of them
 * (https://docs.aws.amazon.com/firehose/latest/dev/limits.html), and the event source mapping of `process-orders` another
 * (https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html). Of the three that are left, a command that waits makes
 * one, and a command that reads everything makes two, after three at once: a `tail` and a `verify` disturb nobody.
 */
const POLL_MS = 1000;
const READ_PACE = { burst: 3, everyMs: 500 };

/** `ordered-puts.ts` resends refused records and `shards.ts` repeats throttled reads, each at a rate of its own. */
export const KINESIS_OPTIONS: ClientOptions = { attemptsMax: 3 };

export interface ArrivalOptions {
  /** Time between two calls to an idle shard. */
  readonly pollMs?: number;
  /** Limits the calls of this process to a shard. */
  readonly pace?: PaceOptions;
}

export function openArrivals(
  session: AwsSession,
  stream: string,
  { pollMs = POLL_MS, pace = READ_PACE }: ArrivalOptions = {},
): ArrivalLog {
  const client = session.client(KinesisClient, KINESIS_OPTIONS);
  const log: ArrivalLog = {
    stream,
    pollMs,
    turnMs: createPace(pace),
    sequenceOf: ({ SequenceNumber }) => SequenceNumber as string,
    arrivalOf: arrivedMs,
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
        const { ShardIterator } = await client.send(new GetShardIteratorCommand({ ...at, ...iteratorAt(position) }));
        return ShardIterator as string;
      } catch (error) {
        // The clock of Kinesis has not reached this time yet, so every record that arrives from now on counts.
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

function iteratorAt(position: ShardPosition) {
  if (position === 'first') return { ShardIteratorType: 'TRIM_HORIZON' } as const;
  if (position === 'next') return { ShardIteratorType: 'LATEST' } as const;
  return 'after' in position
    ? ({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: position.after } as const)
    : ({ ShardIteratorType: 'AT_TIMESTAMP', Timestamp: new Date(Math.max(0, position.sinceMs)) } as const);
}
