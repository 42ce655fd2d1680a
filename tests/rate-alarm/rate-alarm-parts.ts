/** The rate alarm's parts of the stack, made by hand on an emulator. */
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { clients } from '../emulators/order-history.js';

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
