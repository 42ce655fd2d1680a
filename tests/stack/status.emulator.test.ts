/** How a deployed stack does, and how what failed goes through again. */
import {
  CloudWatchClient,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
  type StateValue,
} from '@aws-sdk/client-cloudwatch';
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { beforeAll, expect, test, vi } from 'vitest';
import { orderOf } from '../../src/orders/order-block.js';
import { PARTS } from '../../src/stack-parts.js';
import { emulatorEnvironment } from '../emulators/environment.js';
import { shardRecords } from '../emulators/event-source.js';
import { useMiniStack } from '../emulators/ministack.js';
import { MODEL } from '../fixtures/built-stack.js';
import { blockOf, manyLines } from '../fixtures/orders.js';
import { type CliOptions, runCli, temporaryDirectory } from '../run-cli.js';

const emulator = useMiniStack();
const home = temporaryDirectory();
const aws = (): CliOptions => ({ home, env: emulatorEnvironment(emulator.url) });
let outputs: Record<string, string>;

function metricsWatched(): number {
  const watched = Object.values(MODEL.template.Resources).flatMap(({ Type, Condition, Properties = {} }) => {
    if (Type !== 'AWS::CloudWatch::Alarm' || Condition !== undefined) return [];
    return JSON.stringify(Properties).match(/"MetricName"/g) ?? [];
  });
  return watched.length;
}

interface Part {
  readonly name: string;
  readonly isHealthy: boolean;
  readonly health: string;
  readonly waiting: string;
}

async function parts(): Promise<{ code: number | null; part: (name: string) => Part }> {
  const { code, stdout } = await runCli(['status', '-o', 'json'], aws());
  const found = JSON.parse(stdout).parts as Part[];
  return { code, part: (name) => found.find((of) => of.name === name) as Part };
}

const historyOf = async (customer: number) => {
  const { stdout } = await runCli(['history', '--customer', `${customer}`, '-o', 'json', '--target', 'aws'], aws());
  return (JSON.parse(stdout).orders as { orderId: string }[]).map(({ orderId }) => orderId).sort();
};

beforeAll(async () => {
  const { stdout } = await runCli(['deploy', '--yes', '-o', 'json'], aws());
  ({ outputs } = JSON.parse(stdout));
}, 120_000);

test('of a new stack is well, and says what it costs', async () => {
  const { code, stdout, stderr } = await runCli(['status'], aws());
  const rows = PARTS.flatMap((part) => part.rows);
  // An optional part that the stack does not have has no row.
  const names = rows
    .filter(({ resource }) => MODEL.template.Resources[resource]?.Condition === undefined)
    .map(({ name }) => name);
  expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(['Redshift', 'QuickSight']));
  expect(names).not.toContain('Redshift');
  expect(code).toBe(0);
  expect(
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t')[0]),
  ).toEqual(['stack', ...names, 'alarms']);
  expect(names).toEqual(
    expect.arrayContaining(['order stream', 'process-orders', 'order history', 'rejected queue', 'lake']),
  );
  // A stream 29.20 and its key 0.05, a key 1, a dashboard 3, and 0.10 for each metric that an alarm looks at.
  const atRest = (29.2 + 0.05256 + 1 + 3 + 0.1 * metricsWatched()).toFixed(2);
  expect(stderr).toContain(`costs $${atRest} a month at rest, and $1.37 for each million orders\n`);
});

test('sees every alarm that rings, and none of another stack', async () => {
  const cloudWatch = new CloudWatchClient({ requestHandler: new NodeHttpHandler() });
  const ring = (AlarmName: string, StateValue: StateValue) =>
    cloudWatch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'a test' }));
  const names = Object.values(MODEL.template.Resources)
    .filter(({ Type, Condition }) => Type === 'AWS::CloudWatch::Alarm' && Condition === undefined)
    .map(({ Properties = {} }) => (Properties['AlarmName'] as { 'Fn::Sub': string })['Fn::Sub'])
    .map((name) => name.replace(/^\$\{AWS::StackName\}/, 'alakazam'));
  expect(names.length).toBeGreaterThan(5);
  expect((await parts()).part('alarms')).toMatchObject({ isHealthy: true, health: `${names.length} quiet` });
  const [first = ''] = names;
  await cloudWatch.send(
    new PutMetricAlarmCommand({
      AlarmName: `${first}-of-another`,
      Namespace: 'Other',
      MetricName: 'Other',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
    }),
  );
  for (const name of [...names, `${first}-of-another`]) await ring(name, 'ALARM');
  const { health, isHealthy } = (await parts()).part('alarms');
  expect(isHealthy).toBe(false);
  expect(
    health
      .replace(/^ALARM: /, '')
      .split(', ')
      .sort(),
  ).toEqual(names.sort());
  for (const name of names) await ring(name, 'OK');
});

test('what was given up goes through again, and is gone from where it was kept', async () => {
  const block = blockOf(manyLines(12));
  const records = shardRecords(manyLines(12).map((_, i) => JSON.stringify(orderOf(block, i))));
  // https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
  const kept = {
    requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 5 },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    KinesisBatchInfo: { shardId: 'shardId-000000000000', batchSize: 12 },
    payload: JSON.stringify({ Records: records }),
  };
  const s3 = new S3Client();
  const { FailedOrdersBucketName: Bucket, FailedOrdersPrefix } = outputs;
  await s3.send(
    new PutObjectCommand({
      Bucket,
      Key: `${FailedOrdersPrefix}shardId-000000000000/2026/11/23/batch`,
      Body: JSON.stringify(kept),
    }),
  );
  const before = await parts();
  expect(before.code).toBe(1);
  expect(before.part('process-orders')).toMatchObject({ isHealthy: false, waiting: '1 file of failed orders' });

  expect(await runCli(['status', '--replay'], aws())).toMatchObject({
    code: 0,
    stderr: '12 records went through, 0 records stay where they are\n',
  });
  const expected = manyLines(12)
    .map((_, i) => orderOf(block, i))
    .filter(({ customerId }) => customerId === 3);
  expect(expected.length).toBeGreaterThan(0);
  expect(await historyOf(3)).toEqual(expected.map(({ orderId }) => orderId).sort());
  expect((await s3.send(new ListObjectsV2Command({ Bucket, Prefix: FailedOrdersPrefix }))).KeyCount ?? 0).toBe(0);
  expect((await parts()).part('process-orders')).toMatchObject({ isHealthy: true, waiting: '' });
});

test('what is no order stays on the queue, and says so', async () => {
  const kinesis = new KinesisClient({ requestHandler: new NodeHttpHandler() });
  const Records = ['no order', '{"invoiceNo":7}'].map((data) => ({ Data: Buffer.from(data), PartitionKey: 'x' }));
  await kinesis.send(new PutRecordsCommand({ StreamName: outputs['OrdersStreamName'], Records }));
  await vi.waitFor(async () => expect((await parts()).part('rejected queue').waiting).toBe('2 records'), 30_000);
  expect(await runCli(['status', '--replay'], aws())).toMatchObject({
    code: 5,
    stderr: '0 records went through, 2 records stay where they are\n',
  });
  expect((await parts()).part('rejected queue')).toMatchObject({ isHealthy: false, waiting: '2 records' });
}, 120_000);

test('says what is wrong where a part is gone, and of the others how they do', async () => {
  const { code, stdout } = await runCli(['status'], {
    ...aws(),
    env: { ...emulatorEnvironment(emulator.url), AWS_ENDPOINT_URL_FIREHOSE: 'http://127.0.0.1:9' },
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^lake\tfalse\tcan't reach Firehose at 127\.0\.0\.1:9: /m);
  expect(stdout).toMatch(/^order stream\ttrue\t/m);
});

test('of no stack says how to make one', async () => {
  expect(await runCli(['status', '--stack', 'none'], aws())).toMatchObject({
    code: 1,
    stdout: '',
    stderr:
      'error: there is no stack none in eu-central-1\n  alakazam deploy, or set AWS_REGION to the region the stack is in\n',
  });
});
