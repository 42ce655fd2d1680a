/** What `doctor` checks of the order history on AWS. */

import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeStreamSummaryCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { GetAccountSettingsCommand, GetEventSourceMappingCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import type { Resources } from '../stack/resource-names.js';
import { ORDERS_STREAM } from '../stream/resources.js';
import { type Check, check, checkIfPossible, type Finding, requireActive } from '../terminal/check.js';
import { counted, whole } from '../terminal/numbers.js';
import { HISTORY_TABLE } from './resources.js';

export async function* historyChecks(session: AwsSession, resources: Resources): AsyncGenerator<Check> {
  const found = [
    checkIfPossible('Lambda quota', () => lambdaQuota(session, resources)),
    mappingChecks(session, resources),
    check('order history', async () => {
      const name = await resources.nameOf(HISTORY_TABLE);
      return `${name}: ${await sizeOfHistory(session, name)}`;
    }),
  ];
  for (const each of found) yield* [await each].flat();
}

/** Checks the event source mapping of process-orders. Returns no check if the stack has no output with the mapping's id. */
async function mappingChecks(session: AwsSession, { stack }: Resources): Promise<Check[]> {
  const id = await stack().then(
    ({ outputs }) => outputs.get('ProcessOrdersMappingId'),
    () => undefined,
  );
  if (id === undefined) return [];
  return [
    await check('process-orders', async () => {
      const mapping = await session.client(LambdaClient).send(new GetEventSourceMappingCommand({ UUID: id }));
      const { State = 'in no state', LastProcessingResult: last } = mapping;
      if (State !== 'Enabled') {
        return new AlakazamError('failed', `it is ${State}, and reads the stream when it is Enabled`, {
          hint: /ing$/.test(State) ? 'wait a minute' : 'alakazam deploy, or turn its trigger on in the Lambda console',
        });
      }
      if (!/^PROBLEM/.test(last ?? '')) return `reads the stream${last ? `, and last said: ${last}` : ''}`;
      return new AlakazamError('failed', `reads the stream, and last said: ${last}`, {
        hint: 'alakazam status shows how far it is; its log says why',
      });
    }),
  ];
}

/** DynamoDB counts a table every six hours. */
async function sizeOfHistory(session: AwsSession, name: string): Promise<string> {
  const { Table } = await session.client(DynamoDBClient).send(new DescribeTableCommand({ TableName: name }));
  requireActive(name, Table?.TableStatus);
  return `about ${counted(Table?.ItemCount ?? 0, 'order')}`;
}

/** An ON_DEMAND stream begins with 4 MB/s, of 1 MB/s a shard: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
const SHARDS_AT_FIRST = 4;

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html */
async function lambdaQuota(session: AwsSession, { nameOf }: Resources): Promise<Finding> {
  const { AccountLimit } = await session.client(LambdaClient).send(new GetAccountSettingsCommand({}));
  const { ConcurrentExecutions = 0, UnreservedConcurrentExecutions = 0 } = AccountLimit ?? {};
  const wanted = await nameOf(ORDERS_STREAM).then(
    (name) => shardsOf(session, name),
    () => SHARDS_AT_FIRST,
  );
  const finding = `${counted(ConcurrentExecutions, 'concurrent execution')}, ${whole(UnreservedConcurrentExecutions)} unreserved`;
  if (UnreservedConcurrentExecutions >= wanted) return finding;
  return new AlakazamError('failed', `${finding}; process-orders wants ${wanted}, one a shard`, {
    hint: 'ask for more "Concurrent executions" of AWS Lambda in Service Quotas; until then orders only come later',
  });
}

async function shardsOf(session: AwsSession, name: string): Promise<number> {
  const describe = new DescribeStreamSummaryCommand({ StreamName: name });
  const { StreamDescriptionSummary } = await session.client(KinesisClient).send(describe);
  return StreamDescriptionSummary?.OpenShardCount ?? SHARDS_AT_FIRST;
}
