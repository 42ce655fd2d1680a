/** What `doctor` looks at on AWS: who one is, where calls go, and whether the parts of the stack are there. */
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeStreamSummaryCommand, KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { AlakazamError } from '../errors.js';
import { whole } from '../numbers.js';
import type { Check } from '../pipeline.js';
import type { Resources } from './aws-resources.js';
import { type AwsSession, regionOf } from './aws-session.js';
import { check } from './check.js';

export async function* checks(session: AwsSession, { nameOf, stack }: Resources): AsyncGenerator<Check> {
  yield await check('region', () => regionOf(session.client(KinesisClient)));
  yield await check('endpoint', () => endpointOf(session));
  const credentials = await check('credentials', async () => {
    const { Arn } = await session.client(STSClient).send(new GetCallerIdentityCommand({}));
    return Arn as string;
  });
  yield credentials;
  // The others would say the same once more.
  if (!credentials.isGood) return;
  yield await check('stack', async () => {
    const { status } = await stack();
    if (!/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) {
      throw new AlakazamError('failed', `${session.stack} is ${status}`, {
        hint: 'alakazam deploy goes on from there',
      });
    }
    return `${session.stack} is ${status}`;
  });
  yield await check('stream', async () => {
    const name = await nameOf('OrdersStreamName');
    const describe = new DescribeStreamSummaryCommand({ StreamName: name });
    const { StreamDescriptionSummary: found } = await session.client(KinesisClient).send(describe);
    expectActive(name, found?.StreamStatus);
    return `${name}: ${found?.OpenShardCount} shards, orders kept for ${found?.RetentionPeriodHours} hours`;
  });
  yield await check('order history', async () => {
    const name = await nameOf('HistoryTableName');
    return `${name}: ${await sizeOfHistory(session, name)}`;
  });
}

/** DynamoDB counts a table every six hours. */
export async function sizeOfHistory(session: AwsSession, name: string): Promise<string> {
  const { Table } = await session.client(DynamoDBClient).send(new DescribeTableCommand({ TableName: name }));
  expectActive(name, Table?.TableStatus);
  return `about ${whole(Table?.ItemCount ?? 0)} orders`;
}

function expectActive(name: string, status: string | undefined): void {
  if (status === 'ACTIVE') return;
  throw new AlakazamError('failed', `${name} is ${status}`, { hint: 'wait a minute, or see alakazam status' });
}

/** Where calls go: a variable or a profile may lead them elsewhere than to AWS. */
async function endpointOf(session: AwsSession): Promise<string> {
  const command = new ListStreamsCommand({});
  // The request is made up to where it would be signed and sent, and no further.
  command.middlewareStack.add(
    () =>
      async ({ request }) => ({ output: urlOf(request) as never, response: request }),
    {
      step: 'build',
    },
  );
  return (await session.client(KinesisClient).send(command)) as unknown as string;
}

function urlOf(request: unknown): string {
  const { protocol, hostname, port } = request as { protocol: string; hostname: string; port?: number };
  return `${protocol}//${hostname}${port ? `:${port}` : ''}`;
}
