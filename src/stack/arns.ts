/**
 * What the parts of the stack are called in a policy: by their own names, or where there are none yet, by such as
 * CloudFormation would give them, since a policy may allow what begins with the name of the stack.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
import type { Subject } from './permissions.js';
import type { Resources } from './resource-names.js';

export interface Account {
  /** `aws`, `aws-cn`, `aws-us-gov` */
  readonly partition: string;
  readonly account: string;
  readonly region: string;
}

const ANY_ID = '00000000-0000-0000-0000-000000000000';

export async function arnsOf(
  stack: string,
  { partition, account, region }: Account,
  resources: Resources,
): Promise<Readonly<Record<Subject, string>>> {
  const outputs = await resources.stack().then(
    (found) => found.outputs,
    () => new Map<string, string>(),
  );
  const made = (logicalId: string) => `${stack}-${logicalId}-XXXXXXXXXXXX`;
  const name = (output: string, logicalId: string) => outputs.get(output) ?? made(logicalId);
  const named = (output: string, logicalId: string, variable: string) =>
    resources.nameOf({ output, variable }).catch(() => made(logicalId));
  const arn = (service: string, resource: string) => `arn:${partition}:${service}:${region}:${account}:${resource}`;

  const [stream, table, index, queueUrl] = await Promise.all([
    named('OrdersStreamName', 'OrdersStream', 'ALAKAZAM_ORDERS_STREAM'),
    named('HistoryTableName', 'HistoryTable', 'ALAKAZAM_HISTORY_TABLE'),
    named('HistoryIndexTableName', 'HistoryIndexTable', 'ALAKAZAM_HISTORY_INDEX_TABLE'),
    named('RejectedQueueUrl', 'RejectedQueue', 'ALAKAZAM_REJECTED_QUEUE_URL'),
  ]);
  const bucket = `arn:${partition}:s3:::${name('LakeBucketName', 'LakeBucket').toLowerCase()}`;
  const artifacts = `arn:${partition}:s3:::${stack.toLowerCase()}-artifacts-${account}-${region}`;
  const database = outputs.get('GlueDatabaseName') ?? stack.toLowerCase().replaceAll('-', '_');
  const logGroup = arn('logs', `log-group:${name('ProcessOrdersLogGroupName', 'ProcessOrdersLogGroup')}`);
  const role = (logicalId: string) => `arn:${partition}:iam::${account}:role/${made(logicalId)}`;

  return {
    account: '*',
    alarm: arn('cloudwatch', `alarm:${stack}-history-behind`),
    alarms: arn('cloudwatch', 'alarm:*'),
    artifactBucket: artifacts,
    artifactObjects: `${artifacts}/process-orders/code.zip`,
    changes: outputs.get('HistoryTableStreamArn') ?? arn('dynamodb', `table/${table}/stream/2026-01-01T00:00:00.000`),
    dashboard: `arn:${partition}:cloudwatch::${account}:dashboard/${stack}`,
    delivery: arn('firehose', `deliverystream/${name('LakeDeliveryName', 'LakeDelivery')}`),
    deliveryRole: role('LakeDeliveryRole'),
    function: arn('lambda', `function:${name('ProcessOrdersFunctionName', 'ProcessOrdersFunction')}`),
    functionRole: role('ProcessOrdersRole'),
    glueDatabase: arn('glue', `database/${database}`),
    glueTable: arn('glue', `table/${database}/orders`),
    history: arn('dynamodb', `table/${table}`),
    historyIndex: arn('dynamodb', `table/${index}`),
    key: arn('kms', `key/${ANY_ID}`),
    lakeBucket: bucket,
    lakeObjects: `${bucket}/orders/month=2010-12/orders.parquet`,
    logGroup,
    logStream: `${logGroup}:log-stream:delivery`,
    mapping: arn('lambda', `event-source-mapping:${outputs.get('ProcessOrdersMappingId') ?? ANY_ID}`),
    rejectedQueue: arn('sqs', queueUrl.split('/').at(-1) as string),
    stack: arn('cloudformation', `stack/${stack}/${ANY_ID}`),
    stream: arn('kinesis', `stream/${stream}`),
    topic: outputs.get('AlarmTopicArn') ?? arn('sns', made('AlarmTopic')),
    workGroup: arn('athena', `workgroup/${outputs.get('AthenaWorkGroupName') ?? stack}`),
  };
}
