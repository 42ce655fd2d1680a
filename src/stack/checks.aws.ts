/** What `doctor` looks at on AWS: where calls go, who makes them and may, what AWS allows, and how the stack is. */
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeStreamSummaryCommand, KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type AwsSession, regionOf } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import type { Check } from '../pipeline.js';
import { check, checkIfPossible, type Finding } from '../terminal/check.js';
import { counted, whole } from '../terminal/numbers.js';
import type { Resources } from './resources.aws.js';

export async function* checks(session: AwsSession, resources: Resources): AsyncGenerator<Check> {
  yield await check('region', () => chosenRegion(session));
  yield await check('endpoint', () => endpointOf(session));
  let caller = '';
  const credentials = await check('credentials', async () => {
    const { Arn } = await session.client(STSClient).send(new GetCallerIdentityCommand({}));
    caller = Arn as string;
    return caller;
  });
  yield credentials;
  // The others would say the same once more.
  if (!credentials.isGood) return;
  const [{ permissionChecks }, { kinesisQuota, lambdaQuota, smsSandbox }] = await Promise.all([
    import('./permission-checks.aws.js'),
    import('./quotas.aws.js'),
  ]);
  // All at once, and one after the other as they are listed.
  const found = [
    permissionChecks(session, caller, resources),
    checkIfPossible('Kinesis quota', () => kinesisQuota(session, resources)),
    checkIfPossible('Lambda quota', () => lambdaQuota(session, resources)),
    checkIfPossible('SMS', () => smsSandbox(session, resources)),
    check('stack', () => stackStatus(session, resources)),
    check('stream', () => streamStatus(session, resources)),
    mappingChecks(session, resources),
    check('order history', async () => {
      const name = await resources.nameOf('HistoryTableName');
      return `${name}: ${await sizeOfHistory(session, name)}`;
    }),
  ];
  for (const each of found) yield* [await each].flat();
}

async function chosenRegion(session: AwsSession): Promise<string> {
  const region = await regionOf(session.client(KinesisClient));
  if (region !== 'no region') return region;
  throw new AlakazamError('failed', 'no AWS region is set', {
    hint: 'export AWS_REGION=eu-central-1, or aws configure set region eu-central-1',
  });
}

async function stackStatus(session: AwsSession, { stack }: Resources): Promise<Finding> {
  const { status } = await stack();
  const finding = `${session.stack} is ${status}`;
  if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) return finding;
  return new AlakazamError('failed', finding, { hint: 'alakazam deploy goes on from there' });
}

async function streamStatus(session: AwsSession, { nameOf }: Resources): Promise<Finding> {
  const name = await nameOf('OrdersStreamName');
  const describe = new DescribeStreamSummaryCommand({ StreamName: name });
  const { StreamDescriptionSummary: found } = await session.client(KinesisClient).send(describe);
  expectActive(name, found?.StreamStatus);
  return `${name}: ${counted(found?.OpenShardCount ?? 0, 'shard')}, orders kept for ${found?.RetentionPeriodHours} hours`;
}

/** What feeds process-orders from the stream; none where the stack doesn't say which that is. */
async function mappingChecks(session: AwsSession, { stack }: Resources): Promise<Check[]> {
  const id = await stack().then(
    ({ outputs }) => outputs.get('ProcessOrdersMappingId'),
    () => undefined,
  );
  if (id === undefined) return [];
  const { GetEventSourceMappingCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
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
  const url = (await session.client(KinesisClient).send(command)) as unknown as string;
  return `${url}${whyThere(url, session.environment)}`;
}

function urlOf(request: unknown): string {
  const { protocol, hostname, port } = request as { protocol: string; hostname: string; port?: number };
  return `${protocol}//${hostname}${port ? `:${port}` : ''}`;
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
function whyThere(url: string, environment: AwsSession['environment']): string {
  const set = Object.keys(environment).filter((name) => /^AWS_ENDPOINT_URL(_|$)/.test(name) && environment[name]);
  if (environment[IGNORE] === 'true') {
    return set.length > 0 ? ` since ${IGNORE} overrules ${set.join(' and ')}` : ` since ${IGNORE} is set`;
  }
  const one = ['AWS_ENDPOINT_URL_KINESIS', 'AWS_ENDPOINT_URL'].find((name) => set.includes(name));
  const why = one ? ` by ${one}` : /^https:\/\/kinesis[.-]/.test(url) ? '' : ' by the configuration of the AWS tools';
  const others = set.filter((name) => name !== one);
  return `${why}${others.map((name) => `; ${environment[name]} by ${name}`).join('')}`;
}

const IGNORE = 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS';
