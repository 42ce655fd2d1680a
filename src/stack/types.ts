/**
 * Facts about each CloudFormation type in the template, once for all resources of the type. The actions come from the
 * handlers in the type's schema: CloudFormation calls them with the permissions of the person who deploys. Actions that the
 * template does not need are left out.
 * https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
 */
import type { KeptType, ResourceType } from './resource-type.js';
import { referredTo, type TemplateResource } from './template.js';

const month = (what: string, atRest = 1) => [{ what, unit: 'month', atRest }];
const TAGS = 'Tags';

const TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::Athena::WorkGroup': {
    arn: 'athena:{region}:{account}:workgroup/{id}',
    name: 'Name',
    tags: TAGS,
    make: [
      'athena:CreateWorkGroup',
      'athena:GetWorkGroup',
      'athena:ListTagsForResource',
      'athena:TagResource',
      'athena:UpdateWorkGroup',
    ],
    remove: ['athena:DeleteWorkGroup', 'athena:GetWorkGroup'],
    probe: ['athena:GetQueryExecution', 'athena:GetWorkGroup', 'athena:ListQueryExecutions'],
    metrics: { namespace: 'AWS/Athena', dimension: 'WorkGroup' },
  },
  'AWS::Budgets::Budget': {
    arn: 'budgets::{account}:budget/{id}',
    tags: 'ResourceTags',
    make: ['budgets:ListTagsForResource', 'budgets:ModifyBudget', 'budgets:TagResource', 'budgets:ViewBudget'],
    remove: ['budgets:ModifyBudget'],
  },
  'AWS::CloudWatch::Alarm': {
    arn: 'cloudwatch:{region}:{account}:alarm:{id}',
    name: 'AlarmName',
    tags: TAGS,
    make: ['cloudwatch:PutMetricAlarm', 'cloudwatch:TagResource'],
    remove: ['cloudwatch:DeleteAlarms'],
    // CloudWatch bills an alarm by the number of metrics that the alarm reads.
    charges: ({ Properties = {} }) => {
      const metrics = (Properties['Metrics'] ?? [{ MetricStat: {} }]) as readonly { readonly MetricStat?: unknown }[];
      return month('alarm', metrics.filter(({ MetricStat }) => MetricStat !== undefined).length);
    },
  },
  'AWS::CloudWatch::Dashboard': {
    // A dashboard belongs to the whole account, in whatever region it is created.
    arn: 'cloudwatch::{account}:dashboard/{id}',
    name: 'DashboardName',
    tags: TAGS,
    make: ['cloudwatch:GetDashboard', 'cloudwatch:PutDashboard', 'cloudwatch:TagResource'],
    remove: ['cloudwatch:DeleteDashboards', 'cloudwatch:GetDashboard'],
    charges: () => month('dashboard'),
  },
  'AWS::DynamoDB::Table': {
    arn: 'dynamodb:{region}:{account}:table/{id}',
    attributes: { StreamArn: '/stream/2026-01-01T00:00:00.000' },
    tags: TAGS,
    make: [
      'dynamodb:CreateTable',
      'dynamodb:DescribeContinuousBackups',
      'dynamodb:DescribeTable',
      'dynamodb:TagResource',
      'dynamodb:UpdateContinuousBackups',
      'dynamodb:UpdateTable',
    ],
    remove: ['dynamodb:DeleteTable', 'dynamodb:DescribeTable'],
    removeData: [
      'dynamodb:DeleteTable',
      'dynamodb:DescribeTable',
      'dynamodb:UpdateContinuousBackups',
      'dynamodb:UpdateTable',
    ],
    holdsData: true,
    kept: {
      kind: 'dynamodb table',
      identifier: 'TableName',
      access: 'aws dynamodb scan --table-name {name}',
    },
    probe: ['dynamodb:DescribeTable'],
    metrics: { namespace: 'AWS/DynamoDB', dimension: 'TableName' },
  },
  'AWS::EMRServerless::Application': {
    arn: 'emr-serverless:{region}:{account}:/applications/{id}',
    id: 'uuid',
    tags: TAGS,
    make: ['emr-serverless:GetApplication', 'emr-serverless:TagResource', 'emr-serverless:UpdateApplication'],
    makeInAccount: ['emr-serverless:CreateApplication'],
    remove: ['emr-serverless:DeleteApplication', 'emr-serverless:GetApplication'],
    probe: ['emr-serverless:GetApplication'],
  },
  'AWS::Events::Rule': {
    arn: 'events:{region}:{account}:rule/{id}',
    name: 'Name',
    tags: TAGS,
    make: ['events:DescribeRule', 'events:PutRule', 'events:PutTargets', 'events:RemoveTargets', 'events:TagResource'],
    remove: ['events:DeleteRule', 'events:DescribeRule', 'events:ListTargetsByRule', 'events:RemoveTargets'],
  },
  'AWS::Glue::Database': {
    arn: 'glue:{region}:{account}:database/{id}',
    name: 'DatabaseInput.Name',
    make: ['glue:CreateDatabase', 'glue:GetDatabase'],
    remove: ['glue:DeleteDatabase', 'glue:GetDatabase'],
  },
  'AWS::Glue::Table': {
    arn: 'glue:{region}:{account}:table/{DatabaseName}/{TableInput.Name}',
    make: ['glue:CreateTable', 'glue:GetTable', 'glue:UpdateTable'],
    remove: ['glue:DeleteTable'],
  },
  'AWS::IAM::InstanceProfile': {
    arn: 'iam::{account}:instance-profile/{id}',
    make: ['iam:AddRoleToInstanceProfile', 'iam:CreateInstanceProfile', 'iam:GetInstanceProfile'],
    remove: ['iam:DeleteInstanceProfile', 'iam:GetInstanceProfile', 'iam:RemoveRoleFromInstanceProfile'],
  },
  'AWS::IAM::Role': {
    arn: 'iam::{account}:role/{id}',
    tags: TAGS,
    make: ['iam:CreateRole', 'iam:GetRole', 'iam:PassRole', 'iam:PutRolePolicy', 'iam:TagRole'],
    remove: [
      'iam:DeleteRole',
      'iam:DeleteRolePolicy',
      'iam:GetRole',
      'iam:ListAttachedRolePolicies',
      'iam:ListRolePolicies',
    ],
  },
  'AWS::Kinesis::Stream': {
    arn: 'kinesis:{region}:{account}:stream/{id}',
    tags: TAGS,
    make: [
      'kinesis:AddTagsToStream',
      'kinesis:CreateStream',
      'kinesis:DecreaseStreamRetentionPeriod',
      'kinesis:DescribeStreamSummary',
      'kinesis:IncreaseStreamRetentionPeriod',
      'kinesis:StartStreamEncryption',
    ],
    makeInAccount: ['kinesis:UpdateShardCount', 'kinesis:UpdateStreamMode'],
    remove: ['kinesis:DeleteStream', 'kinesis:DescribeStreamSummary'],
    holdsData: true,
    probe: ['kinesis:DescribeStreamSummary'],
    metrics: { namespace: 'AWS/Kinesis', dimension: 'StreamName' },
  },
  'AWS::KinesisAnalyticsV2::Application': {
    arn: 'kinesisanalytics:{region}:{account}:application/{id}',
    name: 'ApplicationName',
    tags: TAGS,
    make: [
      'kinesisanalytics:DescribeApplication',
      'kinesisanalytics:ListTagsForResource',
      'kinesisanalytics:TagResource',
      'kinesisanalytics:UpdateApplication',
    ],
    makeInAccount: ['kinesisanalytics:CreateApplication'],
    remove: ['kinesisanalytics:DeleteApplication', 'kinesisanalytics:DescribeApplication'],
    probe: ['kinesisanalytics:DescribeApplication'],
    metrics: { namespace: 'AWS/KinesisAnalytics', dimension: 'Application' },
  },
  'AWS::KinesisAnalyticsV2::ApplicationCloudWatchLoggingOption': {
    partOf: 'ApplicationName',
    make: ['kinesisanalytics:AddApplicationCloudWatchLoggingOption', 'kinesisanalytics:DescribeApplication'],
    remove: ['kinesisanalytics:DeleteApplicationCloudWatchLoggingOption', 'kinesisanalytics:DescribeApplication'],
  },
  'AWS::KinesisFirehose::DeliveryStream': {
    arn: 'firehose:{region}:{account}:deliverystream/{id}',
    tags: TAGS,
    make: [
      'firehose:CreateDeliveryStream',
      'firehose:DescribeDeliveryStream',
      'firehose:TagDeliveryStream',
      'firehose:UpdateDestination',
    ],
    remove: ['firehose:DeleteDeliveryStream', 'firehose:DescribeDeliveryStream'],
    probe: ['firehose:DescribeDeliveryStream'],
    metrics: { namespace: 'AWS/Firehose', dimension: 'DeliveryStreamName' },
  },
  'AWS::KMS::Key': {
    arn: 'kms:{region}:{account}:key/{id}',
    id: 'uuid',
    tags: TAGS,
    make: ['kms:EnableKeyRotation', 'kms:PutKeyPolicy', 'kms:TagResource'],
    makeInAccount: ['kms:CreateKey'],
    remove: ['kms:DescribeKey', 'kms:ScheduleKeyDeletion'],
    charges: () => month('key'),
  },
  'AWS::Lambda::EventSourceMapping': {
    arn: 'lambda:{region}:{account}:event-source-mapping:{id}',
    id: 'uuid',
    tags: TAGS,
    make: ['lambda:GetEventSourceMapping', 'lambda:TagResource', 'lambda:UpdateEventSourceMapping'],
    makeInAccount: ['lambda:CreateEventSourceMapping'],
    remove: ['lambda:DeleteEventSourceMapping', 'lambda:GetEventSourceMapping'],
    probe: ['lambda:GetEventSourceMapping'],
    metrics: { namespace: 'AWS/Lambda', dimension: 'EventSourceMappingUUID' },
  },
  'AWS::Lambda::Function': {
    arn: 'lambda:{region}:{account}:function:{id}',
    tags: TAGS,
    make: [
      'lambda:CreateFunction',
      'lambda:GetFunction',
      'lambda:TagResource',
      'lambda:UpdateFunctionCode',
      'lambda:UpdateFunctionConfiguration',
    ],
    remove: ['lambda:DeleteFunction', 'lambda:GetFunction'],
    metrics: { namespace: 'AWS/Lambda', dimension: 'FunctionName' },
  },
  'AWS::Lambda::Permission': {
    partOf: 'FunctionName',
    make: ['lambda:AddPermission'],
    remove: ['lambda:RemovePermission'],
  },
  'AWS::Logs::LogGroup': {
    arn: 'logs:{region}:{account}:log-group:{id}',
    tags: TAGS,
    make: ['logs:CreateLogGroup', 'logs:PutRetentionPolicy', 'logs:TagResource'],
    makeInAccount: ['logs:DescribeLogGroups'],
    remove: ['logs:DeleteLogGroup'],
  },
  'AWS::Logs::LogStream': {
    arn: 'logs:{region}:{account}:log-group:{LogGroupName}:log-stream:{LogStreamName}',
    make: ['logs:CreateLogStream'],
    remove: ['logs:DeleteLogStream'],
  },
  'AWS::QuickSight::Dashboard': {
    arn: 'quicksight:{region}:{account}:dashboard/{DashboardId}',
    tags: TAGS,
    make: [
      'quicksight:CreateDashboard',
      'quicksight:DescribeDashboard',
      'quicksight:DescribeDashboardPermissions',
      'quicksight:ListTagsForResource',
      'quicksight:TagResource',
      'quicksight:UpdateDashboard',
      'quicksight:UpdateDashboardPermissions',
      'quicksight:UpdateDashboardPublishedVersion',
    ],
    remove: ['quicksight:DeleteDashboard', 'quicksight:DescribeDashboard'],
    probe: ['quicksight:DescribeDashboard'],
  },
  'AWS::QuickSight::DataSet': {
    arn: 'quicksight:{region}:{account}:dataset/{DataSetId}',
    tags: TAGS,
    make: [
      'quicksight:CreateDataSet',
      'quicksight:DescribeDataSet',
      'quicksight:DescribeDataSetPermissions',
      'quicksight:ListTagsForResource',
      'quicksight:PassDataSet',
      'quicksight:TagResource',
      'quicksight:UpdateDataSet',
    ],
    remove: ['quicksight:DeleteDataSet', 'quicksight:DescribeDataSet'],
  },
  'AWS::QuickSight::DataSource': {
    arn: 'quicksight:{region}:{account}:datasource/{DataSourceId}',
    tags: TAGS,
    make: [
      'quicksight:DescribeDataSource',
      'quicksight:DescribeDataSourcePermissions',
      'quicksight:ListTagsForResource',
      'quicksight:PassDataSource',
      'quicksight:TagResource',
      'quicksight:UpdateDataSource',
    ],
    makeInAccount: ['quicksight:CreateDataSource'],
    remove: ['quicksight:DeleteDataSource', 'quicksight:DescribeDataSource'],
  },
  'AWS::RedshiftServerless::Namespace': {
    arn: 'redshift-serverless:{region}:{account}:namespace/{id}',
    // AWS gives it an id of its own, which its ARN has; Ref gives its name.
    id: 'uuid',
    tags: TAGS,
    make: [
      'redshift-serverless:CreateNamespace',
      'redshift-serverless:GetNamespace',
      'redshift-serverless:TagResource',
      'redshift-serverless:UpdateNamespace',
    ],
    remove: ['redshift-serverless:DeleteNamespace', 'redshift-serverless:GetNamespace'],
    charges: ({ Properties = {} }) =>
      Properties['ManageAdminPassword'] === true
        ? [{ what: 'secret of its administrator', unit: 'secret-month', atRest: 1 }]
        : [],
  },
  'AWS::RedshiftServerless::Workgroup': {
    arn: 'redshift-serverless:{region}:{account}:workgroup/{id}',
    id: 'uuid',
    tags: TAGS,
    make: [
      'redshift-serverless:CreateWorkgroup',
      'redshift-serverless:GetWorkgroup',
      'redshift-serverless:TagResource',
      'redshift-serverless:UpdateWorkgroup',
    ],
    remove: ['redshift-serverless:DeleteWorkgroup', 'redshift-serverless:GetWorkgroup'],
    probe: ['redshift-serverless:GetWorkgroup'],
  },
  'AWS::S3::Bucket': {
    arn: 's3:::{id}',
    id: 'lower case',
    tags: TAGS,
    make: [
      's3:CreateBucket',
      's3:PutBucketNotification',
      's3:PutBucketOwnershipControls',
      's3:PutBucketPublicAccessBlock',
      's3:PutBucketTagging',
      's3:PutBucketVersioning',
      's3:PutEncryptionConfiguration',
      's3:PutLifecycleConfiguration',
      's3:TagResource',
    ],
    remove: ['s3:DeleteBucket'],
    removeData: ['s3:DeleteBucket', 's3:ListBucket', 's3:ListBucketVersions'],
    removeContents: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
    adopt: ['s3:DeleteBucketPolicy'],
    holdsData: true,
    kept: { kind: 's3 bucket', identifier: 'BucketName', access: 'aws s3 ls --recursive s3://{name}' },
    probe: ['s3:ListBucket'],
  },
  'AWS::S3::BucketPolicy': {
    partOf: 'Bucket',
    make: ['s3:GetBucketPolicy', 's3:PutBucketPolicy'],
    remove: ['s3:DeleteBucketPolicy', 's3:GetBucketPolicy'],
  },
  'AWS::SNS::Subscription': {
    partOf: 'TopicArn',
    make: ['sns:Subscribe'],
    removeInAccount: ['sns:GetSubscriptionAttributes', 'sns:Unsubscribe'],
  },
  'AWS::SNS::Topic': {
    arn: 'sns:{region}:{account}:{id}',
    tags: TAGS,
    make: ['sns:CreateTopic', 'sns:GetTopicAttributes', 'sns:SetTopicAttributes', 'sns:TagResource'],
    remove: ['sns:DeleteTopic', 'sns:GetTopicAttributes'],
    metrics: { namespace: 'AWS/SNS', dimension: 'TopicName', attribute: 'TopicName' },
  },
  'AWS::SNS::TopicPolicy': { partOf: 'Topics', make: ['sns:SetTopicAttributes'], remove: ['sns:SetTopicAttributes'] },
  'AWS::SQS::Queue': {
    arn: 'sqs:{region}:{account}:{id}',
    tags: TAGS,
    make: ['sqs:CreateQueue', 'sqs:GetQueueAttributes', 'sqs:SetQueueAttributes', 'sqs:TagQueue'],
    remove: ['sqs:DeleteQueue', 'sqs:GetQueueAttributes'],
    holdsData: true,
    probe: ['sqs:GetQueueAttributes'],
    metrics: { namespace: 'AWS/SQS', dimension: 'QueueName', attribute: 'QueueName' },
  },
  'AWS::SQS::QueuePolicy': { partOf: 'Queues', make: ['sqs:SetQueueAttributes'], remove: ['sqs:SetQueueAttributes'] },
};

/** Throws a `TypeError` for a type that has no entry in `TYPES`. */
export function typeOf(type: string): ResourceType {
  const facts = TYPES[type];
  if (!facts) throw new TypeError(`src/stack/types.ts knows nothing of ${type}`);
  return facts;
}

export const knownTypes = (): readonly string[] => Object.keys(TYPES);

export const holdsData = (type: string): boolean => TYPES[type]?.holdsData ?? false;

export const keptAs = (type: string): KeptType | undefined => TYPES[type]?.kept;

/** `dynamodb table`: `AWS::DynamoDB::Table`; undefined for what is of no type that is kept. */
export function keptTypeOf(kind: string): string | undefined {
  return knownTypes().find((type) => keptAs(type)?.kind === kind);
}

/** Logical id of the resource whose ARN policies name: this resource, or the resource that this one is a part of. */
export function ownerOf(name: string, { Type, Properties = {} }: TemplateResource): string {
  const { partOf } = typeOf(Type);
  return partOf === undefined ? name : (referredTo(Properties[partOf]) as string);
}
