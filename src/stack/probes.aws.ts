/** Asks a resource for its state and its contents, each type in its own way. */
import {
  AthenaClient,
  GetQueryExecutionCommand,
  GetWorkGroupCommand,
  ListQueryExecutionsCommand,
} from '@aws-sdk/client-athena';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EMRServerlessClient, GetApplicationCommand } from '@aws-sdk/client-emr-serverless';
import { DescribeDeliveryStreamCommand, FirehoseClient } from '@aws-sdk/client-firehose';
import { DescribeStreamSummaryCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { GetEventSourceMappingCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetWorkgroupCommand, RedshiftServerlessClient } from '@aws-sdk/client-redshift-serverless';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { isMissing } from '../engines/aws/errors.js';
import { describeFlinkApplication } from '../engines/aws/flink-applications.js';
import { describeDashboard } from '../engines/aws/quicksight.js';
import type { AwsSession } from '../engines/aws/session.js';
import { bytes, counted, whole } from '../terminal/numbers.js';
import type { StackResource } from './deployed.aws.js';

export interface State {
  readonly isHealthy: boolean;
  /** As AWS calls it: `ACTIVE`. */
  readonly status: string;
  /** True for the status that a resource should have: `status` does not show it. */
  readonly isUsual: boolean;
  /** More about the state, for people. */
  readonly finding?: string;
  /** Things in the resource that somebody has to look at, for people. */
  readonly waiting?: string;
  /** Contents of the resource, for people, where they can be counted. */
  readonly holds?: string;
}

type Probe = (session: AwsSession, id: string, unit: string) => Promise<State>;

/** By type: those that have a `probe` in types.ts. */
export const PROBES: Readonly<Record<string, Probe>> = {
  'AWS::Athena::WorkGroup': async (session, id) => {
    const { WorkGroup: found } = await session.client(AthenaClient).send(new GetWorkGroupCommand({ WorkGroup: id }));
    const { State: status = 'in no state', Configuration: { BytesScannedCutoffPerQuery: limit } = {} } = found ?? {};
    const isUsual = status === 'ENABLED';
    const last = await lastQueryOf(session, id);
    const findings = [...(limit === undefined ? [] : [`at most ${bytes(Number(limit))} a query`]), ...last];
    return { isHealthy: isUsual, status, isUsual, ...(findings.length > 0 && { finding: findings.join(', ') }) };
  },
  'AWS::DynamoDB::Table': async (session, id, unit) => {
    const { Table } = await session.client(DynamoDBClient).send(new DescribeTableCommand({ TableName: id }));
    // DynamoDB counts a table every six hours.
    const holds = `about ${counted(Table?.ItemCount ?? 0, unit)}`;
    return { ...active(Table?.TableStatus, holds), holds };
  },
  'AWS::EMRServerless::Application': async (session, id) => {
    const client = session.client(EMRServerlessClient);
    const { application } = await client.send(new GetApplicationCommand({ applicationId: id }));
    const { state: status = 'in no state', stateDetails } = application ?? {};
    // It starts with a job, and stops some minutes after it.
    const isUsual = /^(CREATED|STARTING|STARTED|STOPPING|STOPPED)$/.test(status);
    return { isHealthy: isUsual, status, isUsual, ...(isUsual || !stateDetails ? {} : { finding: stateDetails }) };
  },
  'AWS::Kinesis::Stream': async (session, id) => {
    const { StreamDescriptionSummary: found } = await session
      .client(KinesisClient)
      .send(new DescribeStreamSummaryCommand({ StreamName: id }));
    return active(found?.StreamStatus, counted(found?.OpenShardCount ?? 0, 'shard'));
  },
  'AWS::KinesisAnalyticsV2::Application': async (session, id) => {
    const { ApplicationStatus: status = 'in no state' } = await describeFlinkApplication(session, id);
    // CloudFormation makes an application without starting it.
    const isReady = status === 'READY';
    const isUsual = status === 'RUNNING';
    const finding = 'it does not run; alakazam deploy starts it';
    return { isHealthy: !isReady, status, isUsual, ...(isReady ? { finding } : {}) };
  },
  'AWS::KinesisFirehose::DeliveryStream': async (session, id) => {
    const { DeliveryStreamDescription: found } = await session
      .client(FirehoseClient)
      .send(new DescribeDeliveryStreamCommand({ DeliveryStreamName: id }));
    return active(found?.DeliveryStreamStatus);
  },
  'AWS::Lambda::EventSourceMapping': async (session, id) => {
    const { State: status = 'in no state', LastProcessingResult } = await session
      .client(LambdaClient)
      .send(new GetEventSourceMappingCommand({ UUID: id }));
    const isUsual = status === 'Enabled';
    const hasProblem = /^PROBLEM/.test(LastProcessingResult ?? '');
    return {
      isHealthy: isUsual && !hasProblem,
      status,
      isUsual,
      ...(hasProblem ? { finding: LastProcessingResult as string } : {}),
    };
  },
  'AWS::QuickSight::Dashboard': async (session, id) => {
    // CloudFormation joins the two parts of its identifier.
    const [account = '', dashboard = ''] = id.split('|');
    const { Version: { Status: status = 'in no state', Errors = [] } = {} } = await describeDashboard(
      session,
      account,
      dashboard,
    );
    const isUsual = /_SUCCESSFUL$/.test(status);
    const [problem] = Errors.map(({ Message = '' }) => Message);
    return { isHealthy: isUsual, status, isUsual, ...(problem ? { finding: problem } : {}) };
  },
  'AWS::RedshiftServerless::Workgroup': async (session, id) => {
    const { workgroup } = await session
      .client(RedshiftServerlessClient)
      .send(new GetWorkgroupCommand({ workgroupName: id }));
    const { status = 'in no state', baseCapacity, maxCapacity } = workgroup ?? {};
    // MODIFYING is what a change of its capacity makes of it, while it goes on answering.
    const isUsual = status === 'AVAILABLE';
    return {
      isHealthy: isUsual || status === 'MODIFYING',
      status,
      isUsual,
      ...(baseCapacity === undefined ? {} : { finding: `${baseCapacity} to ${maxCapacity ?? 'any number of'} RPUs` }),
    };
  },
  'AWS::S3::Bucket': async (session, id) => {
    const { text } = await filesIn(session, id, '');
    return { isHealthy: true, status: '', isUsual: true, finding: text, holds: text };
  },
  'AWS::SQS::Queue': async (session, id, unit) => {
    const waiting = await messagesIn(session, id);
    const holds = counted(waiting, unit);
    return { isHealthy: waiting === 0, status: '', isUsual: true, holds, ...(waiting > 0 ? { waiting: holds } : {}) };
  },
};

export function probe(session: AwsSession, { type, id }: StackResource, unit: string): Promise<State> {
  const ask = PROBES[type];
  if (!ask) throw new TypeError(`src/stack/probes.aws.ts can't ask ${type} for its state`);
  return ask(session, id, unit);
}

/** Contents of a resource, for people; undefined if the resource is gone, as in a stack that was deleted in part. */
export async function contentsOf(
  session: AwsSession,
  resource: StackResource,
  unit = 'item',
): Promise<string | undefined> {
  try {
    return (await probe(session, resource, unit)).holds;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function active(status = 'in no state', finding?: string): State {
  const isUsual = status === 'ACTIVE';
  return { isHealthy: isUsual, status, isUsual, ...(finding ? { finding } : {}) };
}

/** How the newest query of a work group ended, for people; empty where there was none in 45 days. */
async function lastQueryOf(session: AwsSession, workGroup: string): Promise<string[]> {
  const athena = session.client(AthenaClient);
  const newest = new ListQueryExecutionsCommand({ WorkGroup: workGroup, MaxResults: 1 });
  const [id] = (await athena.send(newest)).QueryExecutionIds ?? [];
  if (id === undefined) return [];
  const { QueryExecution } = await athena.send(new GetQueryExecutionCommand({ QueryExecutionId: id }));
  const { State = 'unknown', SubmissionDateTime } = QueryExecution?.Status ?? {};
  return [`the last ${State}${SubmissionDateTime ? ` at ${SubmissionDateTime.toISOString().slice(0, 16)}Z` : ''}`];
}

/** Approximate number of messages in a queue. */
async function messagesIn(session: AwsSession, queueUrl: string): Promise<number> {
  const { Attributes = {} } = await session
    .client(SQSClient)
    .send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }));
  const { ApproximateNumberOfMessages = 0, ApproximateNumberOfMessagesNotVisible = 0 } = Attributes;
  return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesNotVisible);
}

/** Number of objects under a prefix, as a number and for people. Beyond one page of the list, the text says `over`. */
export async function filesIn(session: AwsSession, bucket: string, prefix: string) {
  const page = await session.client(S3Client).send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
  const count = page.KeyCount ?? 0;
  return { count, text: page.IsTruncated ? `over ${whole(count)} files` : counted(count, 'file') };
}
