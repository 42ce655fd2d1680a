/** How each part of the stack does: is it there, how much goes through it, how far is it behind, what waits in it. */
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  type MetricDataQuery,
} from '@aws-sdk/client-cloudwatch';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeDeliveryStreamCommand, FirehoseClient } from '@aws-sdk/client-firehose';
import { DescribeStreamSummaryCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { GetEventSourceMappingCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { AwsSession } from '../engines/aws/session.js';
import { reasonOf } from '../errors.js';
import { counted, duration, whole } from '../terminal/numbers.js';
import type { Part } from './stack.js';

export type Outputs = ReadonlyMap<string, string>;

const WINDOW_MS = 3_600_000;

/** By the id of their query; none where CloudWatch has none. */
interface Metrics {
  /** Of the last hour; `?` if CloudWatch can't be asked. */
  sum(id: string): string;
  last(id: string): number | undefined;
}

export async function describeParts(session: AwsSession, outputs: Outputs): Promise<Part[]> {
  let metrics: Metrics = { sum: () => '?', last: () => undefined };
  const measured = await part('metrics', async () => {
    metrics = await readMetrics(session, outputs);
    return { isHealthy: true, health: 'of the last hour' };
  });
  const parts = await Promise.all([
    part('order stream', () => orderStream(session, outputs, metrics)),
    part('process-orders', () => processOrders(session, outputs, metrics)),
    part('order history', () => orderHistory(session, outputs)),
    part('rejected queue', () => rejectedQueue(session, outputs)),
    part('lake', () => lake(session, outputs, metrics)),
    part('alarms', () => alarms(session)),
  ]);
  return measured.isHealthy ? parts : [...parts, measured];
}

type Finding = Partial<Part> & Pick<Part, 'isHealthy' | 'health'>;

/** One that can't be asked is no reason to be silent about the others. */
async function part(name: string, find: () => Promise<Finding>): Promise<Part> {
  const found = await find().catch((error: unknown): Finding => ({ isHealthy: false, health: reasonOf(error) }));
  return { name, throughput: '', lag: '', waiting: '', ...found };
}

/** What there is to say of it, behind its status if that is not the one it should have. */
function unless(usual: string, status: string | undefined, finding: string): string {
  return status === usual ? finding : `${status}, ${finding}`;
}

const output = (outputs: Outputs, name: string) => outputs.get(name) ?? '';

async function orderStream(session: AwsSession, outputs: Outputs, metrics: Metrics): Promise<Finding> {
  const { StreamDescriptionSummary: found } = await session
    .client(KinesisClient)
    .send(new DescribeStreamSummaryCommand({ StreamName: output(outputs, 'OrdersStreamName') }));
  const refused = metrics.sum('refused');
  return {
    isHealthy: found?.StreamStatus === 'ACTIVE',
    health: unless('ACTIVE', found?.StreamStatus, counted(found?.OpenShardCount ?? 0, 'shard')),
    throughput: `${metrics.sum('put')} put${refused === '0' ? '' : `, ${refused} throttled`}`,
  };
}

async function processOrders(session: AwsSession, outputs: Outputs, metrics: Metrics): Promise<Finding> {
  const [{ State, LastProcessingResult }, givenUp] = await Promise.all([
    session
      .client(LambdaClient)
      .send(new GetEventSourceMappingCommand({ UUID: output(outputs, 'ProcessOrdersMappingId') })),
    filesIn(session, output(outputs, 'FailedOrdersBucketName'), output(outputs, 'FailedOrdersPrefix')),
  ]);
  const problem = /^PROBLEM/.test(LastProcessingResult ?? '') ? `, ${LastProcessingResult}` : '';
  const errors = metrics.sum('errors');
  const age = metrics.last('age');
  return {
    isHealthy: State === 'Enabled' && problem === '' && givenUp.count === 0,
    health: `${State === 'Enabled' ? 'reads the stream' : State}${problem}${/^[0?]$/.test(errors) ? '' : `, ${errors} errors`}`,
    throughput: `${metrics.sum('stored')} stored, ${metrics.sum('guests')} guests`,
    lag: age === undefined ? '' : duration(age / 1000),
    waiting: givenUp.count === 0 ? '' : `${givenUp.text} given up`,
  };
}

async function orderHistory(session: AwsSession, outputs: Outputs): Promise<Finding> {
  const table = output(outputs, 'HistoryTableName');
  const { Table } = await session.client(DynamoDBClient).send(new DescribeTableCommand({ TableName: table }));
  return {
    isHealthy: Table?.TableStatus === 'ACTIVE',
    health: unless('ACTIVE', Table?.TableStatus, `about ${whole(Table?.ItemCount ?? 0)} orders`),
  };
}

/** DynamoDB counts a table every six hours. */
export async function itemsIn(session: AwsSession, table: string): Promise<string> {
  const { Table } = await session.client(DynamoDBClient).send(new DescribeTableCommand({ TableName: table }));
  return `about ${counted(Table?.ItemCount ?? 0, 'item')}`;
}

async function rejectedQueue(session: AwsSession, outputs: Outputs): Promise<Finding> {
  const waiting = await messagesIn(session, output(outputs, 'RejectedQueueUrl'));
  return {
    isHealthy: waiting === 0,
    health: 'keeps them 14 days',
    waiting: waiting === 0 ? '' : counted(waiting, 'record'),
  };
}

/** How many wait in a queue, about. */
export async function messagesIn(session: AwsSession, queueUrl: string): Promise<number> {
  const { Attributes = {} } = await session
    .client(SQSClient)
    .send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }));
  const { ApproximateNumberOfMessages = 0, ApproximateNumberOfMessagesNotVisible = 0 } = Attributes;
  return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesNotVisible);
}

async function lake(session: AwsSession, outputs: Outputs, metrics: Metrics): Promise<Finding> {
  const [{ DeliveryStreamDescription: found }, rejected] = await Promise.all([
    session
      .client(FirehoseClient)
      .send(new DescribeDeliveryStreamCommand({ DeliveryStreamName: output(outputs, 'LakeDeliveryName') })),
    filesIn(session, output(outputs, 'LakeBucketName'), output(outputs, 'LakeRejectedPrefix')),
  ]);
  const freshness = metrics.last('freshness');
  return {
    isHealthy: found?.DeliveryStreamStatus === 'ACTIVE',
    health: unless('ACTIVE', found?.DeliveryStreamStatus, 'delivers'),
    throughput: `${metrics.sum('delivered')} delivered`,
    lag: freshness === undefined ? '' : duration(freshness),
    waiting: rejected.count === 0 ? '' : `${rejected.text} rejected`,
  };
}

/** How many objects are there; beyond a page of them, that there are more. */
export async function filesIn(session: AwsSession, bucket: string, prefix: string) {
  const page = await session.client(S3Client).send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
  const count = page.KeyCount ?? 0;
  return { count, text: page.IsTruncated ? `over ${whole(count)} files` : counted(count, 'file') };
}

/** As the template names them, behind the name of the stack: that may begin the name of another stack. */
const ALARMS = [
  'history-behind',
  'history-errors',
  'history-throttled',
  'orders-failed',
  'orders-lost',
  'orders-rejected',
  'lake-behind',
  'lake-rejected',
];

async function alarms(session: AwsSession): Promise<Finding> {
  const { MetricAlarms = [] } = await session
    .client(CloudWatchClient)
    .send(new DescribeAlarmsCommand({ AlarmNames: ALARMS.map((name) => `${session.stack}-${name}`) }));
  const ringing = MetricAlarms.filter(({ StateValue }) => StateValue === 'ALARM').map(({ AlarmName }) => AlarmName);
  return {
    isHealthy: ringing.length === 0,
    health: ringing.length === 0 ? `${MetricAlarms.length} quiet` : `ALARM: ${ringing.join(', ')}`,
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
async function readMetrics(session: AwsSession, outputs: Outputs): Promise<Metrics> {
  const stream = { StreamName: output(outputs, 'OrdersStreamName') };
  const processor = { FunctionName: output(outputs, 'ProcessOrdersFunctionName') };
  const delivery = { DeliveryStreamName: output(outputs, 'LakeDeliveryName') };
  const queries = [
    query('put', 'AWS/Kinesis', 'IncomingRecords', 'Sum', stream),
    query('refused', 'AWS/Kinesis', 'WriteProvisionedThroughputExceeded', 'Sum', stream),
    query('stored', 'Alakazam', 'OrdersStored', 'Sum', processor),
    query('guests', 'Alakazam', 'GuestOrders', 'Sum', processor),
    query('errors', 'AWS/Lambda', 'Errors', 'Sum', processor),
    query('age', 'AWS/Lambda', 'IteratorAge', 'Maximum', processor),
    query('delivered', 'AWS/Firehose', 'DeliveryToS3.Records', 'Sum', delivery),
    query('freshness', 'AWS/Firehose', 'DeliveryToS3.DataFreshness', 'Maximum', delivery),
  ];
  const end = new Date();
  const { MetricDataResults = [] } = await session.client(CloudWatchClient).send(
    new GetMetricDataCommand({
      MetricDataQueries: queries,
      StartTime: new Date(end.getTime() - WINDOW_MS),
      EndTime: end,
      ScanBy: 'TimestampDescending',
    }),
  );
  const valuesOf = (id: string) => MetricDataResults.find(({ Id }) => Id === id)?.Values ?? [];
  return {
    sum: (id) => whole(valuesOf(id).reduce((sum, value) => sum + value, 0)),
    last: (id) => valuesOf(id)[0],
  };
}

function query(
  Id: string,
  Namespace: string,
  MetricName: string,
  Stat: 'Sum' | 'Maximum',
  dimensions: Record<string, string>,
): MetricDataQuery {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return { Id, MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period: 60, Stat } };
}
