/** What `doctor` asks IAM about, held against what a deployed stack has. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GetEventSourceMappingCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import { arnsOf } from '../../src/stack/arns.js';
import { needsOf, purposesOf } from '../../src/stack/permissions.js';
import { findResources } from '../../src/stack/resources.aws.js';
import { openAwsStack } from '../../src/stack/stack.aws.js';
import type { StackTemplate } from '../../src/stack/template.js';
import { useMiniStack } from '../emulators/ministack.js';
import { ASSETS, MODEL } from '../fixtures/built-stack.js';
import { deploy } from './stack.contract.js';

useMiniStack();

const PLACE = 'eu-central-1:000000000000';
const OWNER = { partition: 'aws', account: '000000000000', region: 'eu-central-1' };
const { Resources, Outputs } = MODEL.template;

/** Types that tell their ARN by this attribute: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/. */
const ARN_BY_ATTRIBUTE =
  /^AWS::(CloudWatch::Alarm|DynamoDB::Table|Events::Rule|IAM::Role|Kinesis.*|KMS::Key|Lambda::Function|Logs::LogGroup|S3::Bucket|SQS::Queue)$/;

/** The template, with outputs for what CloudFormation says the ARNs are. */
function withArns(): StackTemplate {
  const arns: Record<string, { readonly Value: unknown; readonly Description: string }> = {};
  for (const [name, { Type }] of Object.entries(Resources)) {
    if (Type === 'AWS::SNS::Topic') arns[`Arn${name}`] = { Value: { Ref: name }, Description: 'ARN' };
    if (ARN_BY_ATTRIBUTE.test(Type))
      arns[`Arn${name}`] = { Value: { 'Fn::GetAtt': [name, 'Arn'] }, Description: 'ARN' };
  }
  return { ...MODEL.template, Outputs: { ...Outputs, ...arns } };
}

/** ARNs by subject, as AWS says them; of what it says none, by its names and IAM's reference. */
async function arnsOfDeployed(stack: string): Promise<Map<string, string>> {
  const { Stacks } = await new CloudFormationClient().send(new DescribeStacksCommand({ StackName: stack }));
  const outputs = new Map((Stacks?.[0]?.Outputs ?? []).map((each) => [each.OutputKey ?? '', each.OutputValue ?? '']));
  const output = (name: string) => outputs.get(name) as string;
  const told = [...outputs].filter(([name]) => name.startsWith('Arn'));
  const arns = new Map(told.map(([name, arn]) => [name.slice('Arn'.length), arn.replace(/:\*$/, '')]));
  const uuid = { UUID: output('ProcessOrdersMappingId') };
  const mapping = await new LambdaClient().send(new GetEventSourceMappingCommand(uuid));
  const database = output('GlueDatabaseName');
  return new Map([
    ...arns,
    ['HistoryTable.StreamArn', output('HistoryTableStreamArn')],
    ['ProcessOrdersMapping', mapping.EventSourceMappingArn as string],
    ['Dashboard', `arn:aws:cloudwatch::000000000000:dashboard/${output('DashboardName')}`],
    ['LakeDatabase', `arn:aws:glue:${PLACE}:database/${database}`],
    ['LakeTable', `arn:aws:glue:${PLACE}:table/${database}/${output('GlueTableName')}`],
    ['OrdersView', `arn:aws:glue:${PLACE}:table/${database}/orders`],
    ['OrderArrivalsView', `arn:aws:glue:${PLACE}:table/${database}/order_arrivals`],
    ['LakeTableForOthers', `arn:aws:glue:${PLACE}:table/${database}/${output('GlueTableNameForOthers')}`],
    ['LakeDeliveryLogStream', `${arns.get('LakeDeliveryLogGroup')}:log-stream:delivery`],
    ['WorkGroup', `arn:aws:athena:${PLACE}:workgroup/${output('AthenaWorkGroupName')}`],
    ['account', '*'],
    ['cluster', `arn:aws:elasticmapreduce:${PLACE}:cluster/any`],
    ['redshiftSecret', `arn:aws:secretsmanager:${PLACE}:secret:redshift!any`],
    ['smsLogs', `arn:aws:logs:${PLACE}:log-group:sns/any`],
    ['alarms', `arn:aws:cloudwatch:${PLACE}:alarm:*`],
    ['artifactBucket', `arn:aws:s3:::${await bucketWithCode()}`],
    ['stack', `${Stacks?.[0]?.StackId}`.replace(/[0-9a-f-]{36}$/, '00000000-0000-0000-0000-000000000000')],
  ]);
}

/** The one bucket that has the code of the function. Stacks are made one after the other: the newest is this one's. */
async function bucketWithCode(): Promise<string> {
  const s3 = new S3Client();
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const found: { name: string; made: number }[] = [];
  for (const { Name = '', CreationDate } of Buckets) {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: Name, Prefix: 'process-orders/' }));
    if (Contents.length > 0) found.push({ name: Name, made: CreationDate?.getTime() ?? 0 });
  }
  return found.sort((a, b) => a.made - b.made).at(-1)?.name as string;
}

test.each(['alakazam', 'Orders', 'alakazam-production-eu'])('the ARNs of stack %s', async (name) => {
  const session = openSession(name);
  onTestFinished(() => session.close());
  await deploy(
    openAwsStack({
      session,
      assets: { ...ASSETS, model: { ...MODEL, template: withArns() } },
      clock: Date.now,
      checks: [],
      uploads: [],
      starts: [],
    }),
  );
  const deployed = await findResources(session).deployed(MODEL);
  const arnOf = arnsOf(name, OWNER, MODEL.template, deployed);

  const subjects = [
    ...new Set(
      purposesOf(MODEL)
        .flatMap(needsOf)
        .map(({ subject }) => subject),
    ),
  ];
  expect(subjects.length).toBeGreaterThan(30);
  const real = await arnsOfDeployed(name);
  for (const subject of subjects) {
    // What stands under a condition isn't there.
    const [owner = '', within = ''] = subject.split(/(?=\/)(.*)/);
    if (Resources[owner]?.Condition !== undefined) continue;
    expect([subject, arnOf(subject)]).toEqual([subject, `${real.get(owner)}${within}`]);
  }
});

test('a stack that isn’t there yet has such names as CloudFormation would give', () => {
  const arnOf = arnsOf('Orders', OWNER, MODEL.template, { ids: new Map(), outputs: new Map() });
  expect(arnOf('OrdersStream')).toBe(`arn:aws:kinesis:${PLACE}:stream/Orders-OrdersStream-XXXXXXXXXXXX`);
  expect(arnOf('LakeBucket')).toBe('arn:aws:s3:::orders-lakebucket-xxxxxxxxxxxx');
  expect(arnOf('RejectedQueuePolicy')).toBe(`arn:aws:sqs:${PLACE}:Orders-RejectedQueue-XXXXXXXXXXXX`);
  expect(arnOf('LakeTable')).toBe(`arn:aws:glue:${PLACE}:table/orders/delivered_orders`);
  expect(arnOf('HistoryBehindAlarm')).toBe(`arn:aws:cloudwatch:${PLACE}:alarm:Orders-history-behind`);
});
