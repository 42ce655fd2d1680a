/** The rate alarm's parts of the stack, made by hand on an emulator. */
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { onTestFinished } from 'vitest';
import { type AwsSession, openSession } from '../../src/engines/aws/session.js';
import { clients } from '../emulators/order-history.js';

/** A session of the process's own environment, as the tests of a file find it. */
export function emulated(): AwsSession {
  const session = openSession('alakazam');
  onTestFinished(() => session.close());
  return session;
}

let made = 0;

/** Gives the name of a new table, which is empty. */
export async function makeEpisodesTable(): Promise<string> {
  const TableName = `episodes-${process.pid}-${++made}`;
  await clients().dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'Kind', AttributeType: 'S' },
        { AttributeName: 'BeganMs', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'Kind', KeyType: 'HASH' },
        { AttributeName: 'BeganMs', KeyType: 'RANGE' },
      ],
    }),
  );
  return TableName;
}
