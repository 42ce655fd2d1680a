/**
 * What the command line must be allowed to do in AWS, by what a person wants to do with it: the actions it asks for itself,
 * and those that CloudFormation asks for in that person's name.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */

/** What an action is done to: a part of the stack, or nothing less than the account. */
export type Subject =
  | 'account'
  | 'alarm'
  | 'alarms'
  | 'artifactBucket'
  | 'artifactObjects'
  | 'changes'
  | 'dashboard'
  | 'delivery'
  | 'deliveryRole'
  | 'function'
  | 'functionRole'
  | 'glueDatabase'
  | 'glueTable'
  | 'history'
  | 'historyIndex'
  | 'key'
  | 'lakeBucket'
  | 'lakeObjects'
  | 'logGroup'
  | 'logStream'
  | 'mapping'
  | 'rejectedQueue'
  | 'stack'
  | 'stream'
  | 'topic'
  | 'workGroup';

export type Actions = Readonly<Partial<Record<Subject, readonly string[]>>>;

export interface Purpose {
  /** Behind "may": `stream orders`. */
  readonly name: string;
  readonly actions: Actions;
  /** What CloudFormation then does in the person's name. */
  readonly byCloudFormation?: Actions;
}

const MAKE_BUCKET = [
  's3:CreateBucket',
  's3:PutBucketPolicy',
  's3:PutBucketPublicAccessBlock',
  's3:PutBucketTagging',
  's3:PutBucketVersioning',
  's3:PutEncryptionConfiguration',
  's3:PutLifecycleConfiguration',
];
const EMPTY_BUCKET = ['s3:DeleteObject', 's3:DeleteObjectVersion'];
const MAKE_TABLE = [
  'dynamodb:CreateTable',
  'dynamodb:DescribeContinuousBackups',
  'dynamodb:DescribeTable',
  'dynamodb:TagResource',
  'dynamodb:UpdateContinuousBackups',
  'dynamodb:UpdateTable',
];
const DELETE_TABLE = [
  'dynamodb:DeleteTable',
  'dynamodb:DescribeTable',
  'dynamodb:UpdateContinuousBackups',
  'dynamodb:UpdateTable',
];
const MAKE_ROLE = ['iam:CreateRole', 'iam:GetRole', 'iam:PassRole', 'iam:PutRolePolicy', 'iam:TagRole'];
const DELETE_ROLE = [
  'iam:DeleteRole',
  'iam:DeleteRolePolicy',
  'iam:GetRole',
  'iam:ListAttachedRolePolicies',
  'iam:ListRolePolicies',
];

export const PURPOSES: readonly Purpose[] = [
  {
    name: 'stream orders',
    actions: {
      stack: ['cloudformation:DescribeStacks'],
      stream: ['kinesis:DescribeStreamSummary', 'kinesis:PutRecords'],
    },
  },
  {
    name: 'read history',
    actions: {
      stack: ['cloudformation:DescribeStacks'],
      stream: ['kinesis:DescribeStreamSummary', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'],
      history: [
        'dynamodb:BatchGetItem',
        'dynamodb:DescribeTable',
        'dynamodb:GetItem',
        'dynamodb:Query',
        'dynamodb:Scan',
      ],
      historyIndex: ['dynamodb:BatchGetItem', 'dynamodb:Query'],
      changes: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
    },
  },
  {
    name: 'see rejected',
    actions: {
      stack: ['cloudformation:DescribeStacks'],
      stream: ['kinesis:DescribeStreamSummary'],
      rejectedQueue: ['sqs:ChangeMessageVisibility', 'sqs:ReceiveMessage'],
    },
  },
  {
    name: 'see status',
    actions: {
      account: ['cloudwatch:GetMetricData'],
      alarms: ['cloudwatch:DescribeAlarms'],
      delivery: ['firehose:DescribeDeliveryStream'],
      history: ['dynamodb:DescribeTable'],
      lakeBucket: ['s3:ListBucket'],
      mapping: ['lambda:GetEventSourceMapping'],
      rejectedQueue: ['sqs:GetQueueAttributes'],
      stack: ['cloudformation:DescribeStacks', 'cloudformation:ListStackResources'],
      stream: ['kinesis:DescribeStreamSummary'],
    },
  },
  {
    name: 'replay',
    actions: {
      function: ['lambda:InvokeFunction'],
      lakeBucket: ['s3:ListBucket'],
      lakeObjects: ['s3:DeleteObject', 's3:GetObject'],
      rejectedQueue: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:ReceiveMessage'],
      stack: ['cloudformation:DescribeStacks'],
    },
  },
  {
    name: 'deploy',
    actions: {
      account: ['cloudformation:ListStacks', 'tag:GetResources'],
      artifactBucket: [...MAKE_BUCKET, 's3:DeleteBucket', 's3:ListBucket', 's3:ListBucketVersions'],
      artifactObjects: [...EMPTY_BUCKET, 's3:GetObject', 's3:PutObject'],
      history: ['dynamodb:DescribeTable'],
      historyIndex: ['dynamodb:DescribeTable'],
      lakeBucket: ['s3:ListBucket'],
      stack: [
        'cloudformation:ContinueUpdateRollback',
        'cloudformation:CreateChangeSet',
        'cloudformation:DeleteChangeSet',
        'cloudformation:DeleteStack',
        'cloudformation:DescribeChangeSet',
        'cloudformation:DescribeStackEvents',
        'cloudformation:DescribeStacks',
        'cloudformation:ExecuteChangeSet',
        'cloudformation:ListChangeSets',
        'cloudformation:ListStackResources',
      ],
      stream: ['kinesis:DescribeStreamSummary'],
    },
    // What the handlers of the resource types ask for, as far as the template has a use for it. Not what stands under a
    // condition: CloudFormation says what it lacks there, and most stacks have no budget and no phone number.
    // https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
    byCloudFormation: {
      account: [
        'kinesis:UpdateShardCount',
        'kinesis:UpdateStreamMode',
        'kms:CreateKey',
        'lambda:CreateEventSourceMapping',
        'logs:DescribeLogGroups',
      ],
      alarm: ['cloudwatch:PutMetricAlarm', 'cloudwatch:TagResource'],
      alarms: ['cloudwatch:DescribeAlarms'],
      dashboard: ['cloudwatch:GetDashboard', 'cloudwatch:PutDashboard'],
      delivery: [
        'firehose:CreateDeliveryStream',
        'firehose:DescribeDeliveryStream',
        'firehose:TagDeliveryStream',
        'firehose:UpdateDestination',
      ],
      deliveryRole: MAKE_ROLE,
      function: [
        'lambda:CreateFunction',
        'lambda:GetFunction',
        'lambda:TagResource',
        'lambda:UpdateFunctionCode',
        'lambda:UpdateFunctionConfiguration',
      ],
      functionRole: MAKE_ROLE,
      glueDatabase: ['glue:CreateDatabase', 'glue:GetDatabase'],
      glueTable: ['glue:CreateTable', 'glue:GetTable', 'glue:UpdateTable'],
      history: MAKE_TABLE,
      historyIndex: MAKE_TABLE,
      key: ['kms:EnableKeyRotation', 'kms:PutKeyPolicy', 'kms:TagResource'],
      lakeBucket: [...MAKE_BUCKET, 's3:PutBucketOwnershipControls'],
      logGroup: ['logs:CreateLogGroup', 'logs:PutRetentionPolicy', 'logs:TagResource'],
      logStream: ['logs:CreateLogStream'],
      mapping: ['lambda:GetEventSourceMapping', 'lambda:TagResource', 'lambda:UpdateEventSourceMapping'],
      rejectedQueue: ['sqs:CreateQueue', 'sqs:GetQueueAttributes', 'sqs:SetQueueAttributes', 'sqs:TagQueue'],
      stream: [
        'kinesis:AddTagsToStream',
        'kinesis:CreateStream',
        'kinesis:DecreaseStreamRetentionPeriod',
        'kinesis:DescribeStreamSummary',
        'kinesis:IncreaseStreamRetentionPeriod',
        'kinesis:StartStreamEncryption',
      ],
      topic: ['sns:CreateTopic', 'sns:GetTopicAttributes', 'sns:SetTopicAttributes', 'sns:TagResource'],
      workGroup: [
        'athena:CreateWorkGroup',
        'athena:GetWorkGroup',
        'athena:ListTagsForResource',
        'athena:TagResource',
        'athena:UpdateWorkGroup',
      ],
    },
  },
  {
    name: 'destroy',
    actions: {
      account: ['cloudformation:ListStacks', 'tag:GetResources'],
      artifactBucket: ['s3:DeleteBucket', 's3:ListBucket', 's3:ListBucketVersions'],
      artifactObjects: EMPTY_BUCKET,
      history: ['dynamodb:DescribeTable'],
      historyIndex: ['dynamodb:DescribeTable'],
      lakeBucket: ['s3:ListBucket'],
      rejectedQueue: ['sqs:GetQueueAttributes'],
      stack: [
        'cloudformation:DeleteStack',
        'cloudformation:DescribeStackEvents',
        'cloudformation:DescribeStacks',
        'cloudformation:ListStackResources',
      ],
    },
    byCloudFormation: {
      alarm: ['cloudwatch:DeleteAlarms'],
      dashboard: ['cloudwatch:DeleteDashboards'],
      delivery: ['firehose:DeleteDeliveryStream', 'firehose:DescribeDeliveryStream'],
      deliveryRole: DELETE_ROLE,
      function: ['lambda:DeleteFunction', 'lambda:GetFunction'],
      functionRole: DELETE_ROLE,
      glueDatabase: ['glue:DeleteDatabase', 'glue:GetDatabase'],
      glueTable: ['glue:DeleteTable'],
      key: ['kms:DescribeKey', 'kms:ScheduleKeyDeletion'],
      lakeBucket: ['s3:DeleteBucketPolicy'],
      logGroup: ['logs:DeleteLogGroup'],
      logStream: ['logs:DeleteLogStream'],
      mapping: ['lambda:DeleteEventSourceMapping', 'lambda:GetEventSourceMapping'],
      rejectedQueue: ['sqs:DeleteQueue'],
      stream: ['kinesis:DeleteStream', 'kinesis:DescribeStreamSummary'],
      topic: ['sns:DeleteTopic', 'sns:GetTopicAttributes'],
      workGroup: ['athena:DeleteWorkGroup', 'athena:GetWorkGroup'],
    },
  },
  {
    name: 'destroy data',
    actions: {
      history: DELETE_TABLE,
      historyIndex: DELETE_TABLE,
      lakeBucket: ['s3:DeleteBucket', 's3:ListBucket', 's3:ListBucketVersions'],
      lakeObjects: EMPTY_BUCKET,
    },
  },
];

/** What `doctor` asks for beside these. Without it the check in question says so: nothing else fails for the lack of it. */
export const DOCTOR_ACTIONS: readonly string[] = [
  'iam:GetRole',
  'iam:SimulatePrincipalPolicy',
  'kinesis:DescribeLimits',
  'lambda:GetAccountSettings',
  'sns:GetSMSSandboxAccountStatus',
  'sns:ListSMSSandboxPhoneNumbers',
  'sns:ListSubscriptionsByTopic',
];

/** All that a purpose takes, as pairs of what is done and what it is done to, each once. */
export function needsOf({ actions, byCloudFormation = {} }: Purpose): { subject: Subject; action: string }[] {
  const needs = [actions, byCloudFormation].flatMap((of) =>
    Object.entries(of).flatMap(([subject, names]) => names.map((action) => ({ subject: subject as Subject, action }))),
  );
  return [...new Map(needs.map((need) => [`${need.subject} ${need.action}`, need])).values()];
}
