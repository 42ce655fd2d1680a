/** Deletes the tables and buckets that CloudFormation retains because they hold orders. */
import {
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { nameOf } from '../engines/aws/errors.js';
import { createPoll } from '../engines/aws/poll.js';
import type { AwsSession } from '../engines/aws/session.js';
import { counted } from '../terminal/numbers.js';
import { deleteBucket, emptyBucket } from './bucket.aws.js';
import type { Remainder, StackEvent } from './stack.js';
import { keptTypeOf } from './types.js';

const POLL_MS_MAX = 1000;

/** Says meanwhile how far it is. It may end before its work if the signal aborts. */
type Deletion = (session: AwsSession, name: string, account: string, signal: AbortSignal) => AsyncIterable<string>;

/** By type: those that have a `kept` in types.ts. */
export const DELETIONS: Readonly<Record<string, Deletion>> = {
  'AWS::DynamoDB::Table': deleteTable,
  async *'AWS::S3::Bucket'(session, name, account) {
    const at = { Bucket: name, ExpectedBucketOwner: account };
    const s3 = session.client(S3Client);
    try {
      for await (const deleted of emptyBucket(s3, at)) yield `${counted(deleted, 'version')} of objects deleted`;
    } catch (error) {
      if (nameOf(error) !== 'NoSuchBucket') throw error;
    }
    await deleteBucket(s3, at);
  },
};

export async function* deleteData(
  session: AwsSession,
  { name, type }: Pick<Remainder, 'name' | 'type'>,
  account: string,
  signal: AbortSignal,
): AsyncGenerator<StackEvent> {
  const event = (status: string, reason = '') => ({ at: new Date().toISOString(), name, type, status, reason });
  yield event('DELETE_IN_PROGRESS');
  const deletion = DELETIONS[keptTypeOf(type) ?? ''];
  if (!deletion) throw new TypeError(`src/stack/delete-data.aws.ts can't delete a ${type}`);
  for await (const said of deletion(session, name, account, signal)) {
    yield event('DELETE_IN_PROGRESS', said);
    if (signal.aborted) return;
  }
  if (!signal.aborted) yield event('DELETE_COMPLETE');
}

/**
 * Deletes a table and every copy of it. DynamoDB keeps a backup for 35 days of a table that is deleted while point-in-time
 * recovery is on: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
 */
async function* deleteTable(
  session: AwsSession,
  name: string,
  _account: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const client = session.client(DynamoDBClient);
  const at = { TableName: name };
  const poll = createPoll(POLL_MS_MAX);
  for (let isAsked = false; !signal.aborted; ) {
    try {
      const { Table } = await client.send(new DescribeTableCommand(at));
      if (Table?.DeletionProtectionEnabled && Table.TableStatus === 'ACTIVE') {
        await client.send(new UpdateTableCommand({ ...at, DeletionProtectionEnabled: false }));
      } else if (!isAsked && Table?.TableStatus === 'ACTIVE') {
        await turnOffRecovery(client, name);
        await client.send(new DeleteTableCommand(at));
        isAsked = true;
        yield 'its backups for point-in-time recovery too';
      }
    } catch (error) {
      if (nameOf(error) === 'ResourceNotFoundException') return;
      // The table may have begun to change since it was described.
      if (nameOf(error) !== 'ResourceInUseException') throw error;
    }
    await poll(signal);
  }
}

async function turnOffRecovery(client: DynamoDBClient, name: string): Promise<void> {
  const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: false };
  try {
    await client.send(new UpdateContinuousBackupsCommand({ TableName: name, PointInTimeRecoverySpecification }));
  } catch (error) {
    // The table has no recovery to turn off, or the table is gone, which the next DescribeTable shows.
    if (!/^(ContinuousBackupsUnavailableException|TableNotFoundException)$/.test(nameOf(error))) throw error;
  }
}
