import { execFile, execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  ListStackResourcesCommand,
  type ResourceChange,
  waitUntilChangeSetCreateComplete,
  waitUntilStackCreateComplete,
  waitUntilStackDeleteComplete,
  waitUntilStackUpdateComplete,
} from '@aws-sdk/client-cloudformation';
import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { KinesisClient, ListStreamsCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import {
  CreateBucketCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ListSubscriptionsByTopicCommand, SNSClient, SubscribeCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { beforeAll, describe, expect, test } from 'vitest';
import { priceOf, usageOf } from '../../src/stack/costs.js';
import { joinTemplate } from '../../src/stack/join-template.js';
import { readMetric } from '../../src/stack/metrics.js';
import { PROBES } from '../../src/stack/probes.aws.js';
import { holdsData, knownTypes, typeOf } from '../../src/stack/types.js';
import { PARTS } from '../../src/stack-parts.js';
import { useMiniStack } from '../emulators/ministack.js';
import { BUILT, FRAGMENTS, MODEL, TEMPLATE_PATH } from '../fixtures/built-stack.js';
import { pythonEnvironment } from '../python/environment.js';
import { temporaryDirectory } from '../run-cli.js';
import { noLongerCreated } from './rules/no-longer-created.js';
import { widePermissions } from './rules/permissions.js';
import { danglingReferences } from './rules/references.js';
import { tagFacts } from './rules/schemas.js';
import { readTemplate } from './rules/template.js';

const text = readFileSync(TEMPLATE_PATH, 'utf8');
const template = readTemplate(text);
const resources = Object.entries(template.Resources);

/** Making the Python environment may fall to the first test that wants it. */
const LINT_MS_MAX = 600_000;

/** Linters leave files behind. */
const scratch = temporaryDirectory();

/** Runs a linter, which exits with something but 0 if it has found anything. */
async function lint(program: string, args: readonly string[]): Promise<string> {
  const path = join(await pythonEnvironment('linters'), program);
  return new Promise((resolve, reject) => {
    execFile(path, args, { maxBuffer: 2 ** 24, env: { ...process.env, TMPDIR: scratch } }, (error, stdout, stderr) => {
      // 1 and more is a finding, or several kinds of it; a program that didn't run has a text here.
      if (typeof error?.code === 'string') reject(error);
      else resolve(stdout || stderr);
    });
  });
}

describe('the template', () => {
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
  test('is short enough to be sent by its URL', () => {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000_000);
    expect(resources.length).toBeLessThanOrEqual(500);
  });

  test('is the same for people and for CloudFormation', () => {
    expect(JSON.parse(readFileSync(join(BUILT, 'template.json'), 'utf8'))).toEqual(template);
  });

  test('names no partition, but for what a person may type', () => {
    const { Parameters: _, ...own } = template;
    expect(JSON.stringify(own)).toMatch(/arn:\$\{AWS::Partition\}/);
    expect(JSON.stringify(own).match(/arn:(?!\$\{AWS::Partition\})[^"]*/g) ?? []).toEqual([]);
  });

  test('has nothing to say to cfn-lint, its hints included', { timeout: LINT_MS_MAX }, async () => {
    const found = JSON.parse(
      await lint('cfn-lint', ['--include-checks', 'I', '--format', 'json', '-t', TEMPLATE_PATH]),
    );
    expect(found).toEqual([]);
  });

  test('is secure to checkov, but for exceptions with a reason', { timeout: LINT_MS_MAX }, async () => {
    // Checkov leaves out what stands under a condition that the defaults don't meet.
    const withAllParts = join(scratch, 'all-parts.yaml');
    writeFileSync(withAllParts, text.replaceAll('Default: "no"', 'Default: "yes"'));
    const report = await lint('checkov', [
      ...['--framework', 'cloudformation', '--file', withAllParts, '--output', 'json'],
      // Else it asks its maker's server.
      '--skip-download',
    ]);
    const { results } = JSON.parse(report) as CheckovReport;
    expect(results.parsing_errors).toEqual([]);
    expect(results.passed_checks.length).toBeGreaterThan(30);
    expect(results.failed_checks.map(({ check_id, resource }) => `${check_id} ${resource}`)).toEqual([]);
    // An exception that nothing needs any more would hide the next finding.
    const excepted = results.skipped_checks.map(({ check_id, resource }) => `${check_id} ${resource}`);
    const declared = resources.flatMap(([id, { Type, Metadata }]) =>
      (Metadata?.checkov?.skip ?? []).map((skip) => ({ name: `${skip.id} ${Type}.${id}`, reason: skip.comment })),
    );
    expect(excepted.sort()).toEqual(declared.map(({ name }) => name).sort());
    expect(declared.filter(({ reason }) => !/\w+ \w+/.test(reason))).toEqual([]);
  });

  test('describes nothing that AWS no longer makes', () => {
    expect(noLongerCreated(template)).toEqual([]);
  });

  test('tags all that can be tagged', async () => {
    const tagFactsOf = tagFacts(await pythonEnvironment('linters'));
    const tagged = resources.flatMap(([id, { Type, Properties }]) => {
      const { tags: name, tagsForm } = tagFactsOf(Type);
      if (name === undefined) return [];
      const found = Properties?.[name] ?? [];
      const pairs = tagsForm === 'map' ? Object.entries(found) : (found as object[]).map((tag) => Object.values(tag));
      return [{ id, tags: pairs.map((pair) => pair.join('=')) }];
    });
    expect(tagged.length).toBeGreaterThan(20);
    for (const { id, tags } of tagged) {
      expect(tags, id).toEqual(['application=alakazam', expect.stringMatching(/^stage=[a-z-]+$/)]);
    }
  });

  test('says of all that holds data what becomes of it, and why', () => {
    const holding = resources.filter(
      ([, { Type }]) => holdsData(Type) || /^AWS::(Logs::LogGroup|KMS::Key)$/.test(Type),
    );
    expect(holding.length).toBeGreaterThan(5);
    for (const [id, { DeletionPolicy, UpdateReplacePolicy }] of holding) {
      expect([DeletionPolicy, UpdateReplacePolicy], id).not.toContain(undefined);
      expect(text, `${id} gives no reason`).toMatch(
        new RegExp(
          `^  ${id}:\\n    Type: \\S+\\n(    # .*\\n)+    DeletionPolicy: \\w+\\n    UpdateReplacePolicy: \\w+\\n`,
          'm',
        ),
      );
    }
    // Without retention CloudWatch keeps every line for ever.
    for (const [id, { Type, Properties }] of resources) {
      if (Type === 'AWS::Logs::LogGroup') expect(Properties, id).toHaveProperty('RetentionInDays');
    }
  });

  test('keeps orders when the stack is deleted, and nothing else', () => {
    const kept = resources.filter(([, { DeletionPolicy }]) => DeletionPolicy?.startsWith('Retain'));
    const keptIds = kept.map(([id]) => id);
    const ordersAreIn = /^AWS::(DynamoDB::Table|S3::Bucket)$/;
    expect(keptIds).toEqual(expect.arrayContaining(['HistoryTable', 'HistoryIndexTable', 'LakeBucket']));
    for (const [id, { Type, Properties }] of resources) {
      // A bucket that stays without its policy could be read in plain HTTP.
      const isKept =
        ordersAreIn.test(Type) ||
        (Type === 'AWS::S3::BucketPolicy' && keptIds.includes(mentioned(Properties)[0] ?? ''));
      expect([id, keptIds.includes(id)]).toEqual([id, isKept]);
    }
  });

  test('permits no more than a few actions on its own resources', () => {
    expect(widePermissions(template)).toEqual([
      // EC2 can't say what may be described.
      'TrainingServiceRole/Look allows resource *',
      // In the policy of a key, `*` is that key. Without the account's administrators nobody could change the policy.
      'AlarmKey/AdministerByIam allows action kms:*',
      'AlarmKey/AdministerByIam allows resource *',
      'AlarmKey/EncryptAlarms allows resource *',
      'AlarmKey/EncryptEvents allows resource *',
    ]);
  });

  test('has no role that nothing has', () => {
    const roles = resources.filter(([, { Type }]) => Type === 'AWS::IAM::Role').map(([id]) => id);
    const used = resources.flatMap(([, { Type, Properties }]) =>
      Type === 'AWS::IAM::Role' ? [] : [...new Set(mentioned(Properties).filter((id) => roles.includes(id)))],
    );
    // EMR gets a role from whoever asks for a cluster, who finds it in the outputs.
    const handedOut = roles.filter((id) => !used.includes(id));
    expect(handedOut).toEqual(['TrainingServiceRole']);
    expect(mentioned(template.Outputs)).toEqual(expect.arrayContaining(handedOut));
  });

  test('refuses plain HTTP wherever a policy can', () => {
    const policies = resources.filter(([, { Type }]) => /::(BucketPolicy|QueuePolicy|TopicPolicy)$/.test(Type));
    const guarded = policies.flatMap(([, { Properties }]) =>
      JSON.stringify(Properties).includes('{"Bool":{"aws:SecureTransport":"false"}}') ? mentioned(Properties) : [],
    );
    for (const [id, { Type }] of resources) {
      if (/^AWS::(S3::Bucket|SQS::Queue|SNS::Topic)$/.test(Type)) expect(guarded, id).toContain(id);
    }
  });

  test('shows every alarm on the dashboard, and sends it to the topic', () => {
    const alarms = resources.filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm');
    const { DashboardBody } = template.Resources['Dashboard']?.Properties ?? {};
    const body = wholeDashboard(DashboardBody);
    expect(alarms.map(([id]) => id).filter((id) => !body.includes(`\${${id}.Arn}`))).toEqual([]);
    for (const [id, { Properties }] of alarms)
      expect(Properties?.['AlarmActions'], id).toEqual([{ Ref: 'AlarmTopic' }]);
    expect(JSON.parse(body).widgets.length).toBeGreaterThan(5);
  });

  test('explains every parameter, and shows none that is private', () => {
    const parameters = Object.entries(template.Parameters ?? {});
    expect(parameters.filter(([, { Description }]) => !Description).map(([id]) => id)).toEqual([]);
    expect(parameters.filter(([, { NoEcho }]) => NoEcho).map(([id]) => id)).toEqual(['AlarmEmail', 'AlarmPhone']);
    const needed = parameters.filter(([, { Default }]) => Default === undefined).map(([id]) => id);
    const codes = readdirSync(BUILT)
      .filter((name) => name.endsWith('.zip'))
      .map(codeParameterOf);
    expect(needed.sort()).toEqual(['ArtifactBucket', ...codes].sort());
  });

  test('costs what the price list knows, which knows nothing else', () => {
    const { prices, parts } = MODEL;
    const named = parts.flatMap(({ usage }) => Object.entries(usage));
    expect(named.map(([id]) => id).filter((id) => !template.Resources[id])).toEqual([]);
    const usages = resources.flatMap(([id, { Type }]) =>
      usageOf(id, Type, MODEL).map((usage) => ({ id, Type, usage })),
    );
    for (const { Type, usage } of usages) {
      expect(priceOf(usage, Type, prices)).toBeGreaterThan(0);
      const parameters = [...(usage.times ? [usage.times] : []), ...Object.keys({ ...usage.if, ...usage.over })];
      expect(parameters.filter((name) => !template.Parameters?.[name])).toEqual([]);
    }
    // What is of a type that costs something has to say how much.
    const billed = resources.filter(([, { Type }]) => Type in prices.prices).map(([id]) => id);
    expect(billed.filter((id) => !usages.some((each) => each.id === id))).toEqual([]);
    const asked = new Set(usages.map(({ Type, usage }) => `${usage.type ?? Type}: ${usage.unit}`));
    const known = Object.entries(prices.prices).flatMap(([type, units]) =>
      Object.keys(units).map((unit) => `${type}: ${unit}`),
    );
    expect(known.filter((price) => !asked.has(price))).toEqual([]);
  });

  test('has what the parts of the stages speak of', () => {
    const typeOfResource = (id: string) => template.Resources[id]?.Type;
    const rows = PARTS.flatMap((part) => part.rows);
    expect(rows.length).toBeGreaterThan(4);
    for (const { resource, throughput = {}, faults = {}, lag, waiting } of rows) {
      expect(PROBES).toHaveProperty([typeOfResource(resource) as string]);
      for (const metric of [...Object.values({ ...throughput, ...faults }), ...(lag ? [lag.metric] : [])]) {
        expect(readMetric(metric, typeOfResource).resource).toMatch(/\w/);
      }
      if (waiting) expect(typeOfResource(waiting.resource)).toBe('AWS::S3::Bucket');
    }
  });

  test('is of nothing but types that are known, which know how they are tagged', async () => {
    const tagFactsOf = tagFacts(await pythonEnvironment('linters'));
    expect(tagFactsOf('AWS::SSM::Parameter')).toEqual({ tags: 'Tags', tagsForm: 'map' });
    expect(tagFactsOf('AWS::Glue::Job')).toEqual({ tags: 'Tags', tagsForm: 'map' });
    for (const type of knownTypes()) {
      const { tags, tagsForm } = typeOf(type);
      expect({ type, tags, tagsForm }).toEqual({ type, ...tagFactsOf(type) });
    }
  });

  // Each stage by itself, with what the order passes before it.
  test.each([[['stream']], [['stream', 'order-history']], [['stream', 'lake']], [['stream', 'lake', 'warehouse']]])(
    'of %j alone has all that it refers to',
    (stages) => {
      const fragments = FRAGMENTS.filter(({ stage }) => stage === 'stack' || stages.includes(stage));
      expect(fragments).toHaveLength(stages.length + 1);
      expect(danglingReferences(readTemplate(joinTemplate(fragments).yaml))).toEqual([]);
    },
  );
});

/** The body of a dashboard of a stack with all that is optional. */
function wholeDashboard(value: unknown): string {
  const [text, values] = (
    value as { 'Fn::Sub': [string, Record<string, { 'Fn::If': [string, { 'Fn::Sub': string }] }>] }
  )['Fn::Sub'];
  return Object.entries(values).reduce(
    (
      body,
      [
        name,
        {
          'Fn::If': [, part],
        },
      ],
    ) => body.replace(`\${${name}}`, () => part['Fn::Sub']),
    text,
  );
}

describe('what AWS no longer makes', () => {
  const gone = (yaml: string) => noLongerCreated(readTemplate(yaml));

  test.each([
    ['an SQL application', 'Type: AWS::KinesisAnalytics::Application', 'AWS::KinesisAnalyticsV2::Application'],
    [
      'an SQL runtime',
      'Type: AWS::KinesisAnalyticsV2::Application\n    Properties: { RuntimeEnvironment: SQL-1_0 }',
      'FLINK-1_20',
    ],
    ['Elasticsearch', 'Type: AWS::Elasticsearch::Domain', 'AWS::OpenSearchService::Domain'],
    [
      'Elasticsearch by another name',
      'Type: AWS::OpenSearchService::Domain\n    Properties: { EngineVersion: Elasticsearch_7.10 }',
      'OpenSearch',
    ],
    [
      'a delivery to Elasticsearch',
      'Type: AWS::KinesisFirehose::DeliveryStream\n    Properties: { ElasticsearchDestinationConfiguration: {} }',
      'AmazonopensearchserviceDestinationConfiguration',
    ],
    ...['nodejs20.x', 'nodejs18.x', 'python3.8', 'go1.x'].map((runtime) => [
      runtime,
      `Type: AWS::Lambda::Function\n    Properties: { Runtime: ${runtime} }`,
      'nodejs24.x',
    ]),
    [
      'a runtime behind a condition',
      'Type: AWS::Lambda::Function\n    Properties: { Runtime: !If [Old, nodejs18.x, nodejs24.x] }',
      'nodejs24.x',
    ],
  ])('is found: %s', (_, resource, instead) => {
    expect(gone(`Resources:\n  It:\n    ${resource}\n`)).toEqual([expect.stringContaining(instead as string)]);
  });

  test('is found behind a parameter', () => {
    const yaml = `
Parameters:
  Runtime: { Type: String, Default: nodejs24.x, AllowedValues: [nodejs20.x, nodejs24.x] }
Resources:
  It: { Type: AWS::Lambda::Function, Properties: { Runtime: !Ref Runtime } }
`;
    expect(gone(yaml)).toEqual([expect.stringContaining('nodejs20.x')]);
  });

  test.each([
    'Type: AWS::Lambda::Function\n    Properties: { Runtime: nodejs24.x }',
    'Type: AWS::Lambda::Function\n    Properties: { Runtime: nodejs22.x }',
    'Type: AWS::KinesisAnalyticsV2::Application\n    Properties: { RuntimeEnvironment: FLINK-1_20 }',
    'Type: AWS::OpenSearchService::Domain\n    Properties: { EngineVersion: OpenSearch_2.19 }',
    'Type: AWS::KinesisFirehose::DeliveryStream\n    Properties: { ExtendedS3DestinationConfiguration: {} }',
  ])('is not: %s', (resource) => {
    expect(gone(`Resources:\n  It:\n    ${resource}\n`)).toEqual([]);
  });
});

describe('a permission that is too wide', () => {
  test.each([
    ['{ Sid: S, Effect: Allow, Action: "s3:*", Resource: x }', ['It/S allows action s3:*']],
    [
      '{ Sid: S, Effect: Allow, Action: ["s3:Get*"], Resource: ["*"] }',
      ['It/S allows action s3:Get*', 'It/S allows resource *'],
    ],
    ['{ Sid: S, Effect: Allow, NotAction: "s3:PutObject", Resource: x }', ['It/S allows everything but what it names']],
    ['{ Sid: S, Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: x }', ['It/S allows anybody']],
    ['{ Sid: S, Effect: Deny, Principal: "*", Action: "s3:*", Resource: "*" }', []],
    ['{ Sid: S, Effect: Allow, Action: "s3:GetObject", Resource: !Sub "x/*" }', []],
  ])('%s', (statement, expected) => {
    const yaml = `
Resources:
  It:
    Type: AWS::IAM::Role
    Properties: { Policies: [{ PolicyDocument: { Statement: [${statement}] } }] }
`;
    expect(widePermissions(readTemplate(yaml))).toEqual(expected);
  });
});

describe('deployed on an emulator', () => {
  useMiniStack();
  const directory = temporaryDirectory();
  const ARTIFACTS = {
    ArtifactBucket: 'alakazam-artifacts',
    ProcessOrdersCodeKey: 'process-orders.zip',
    StampArrivalsCodeKey: 'stamp-arrivals.zip',
    RateAlarmCodeKey: 'rate-alarm.zip',
  };
  const STACK = 'alakazam';
  let outputs: Record<string, string> = {};

  beforeAll(async () => {
    const { ArtifactBucket: Bucket, ...keys } = ARTIFACTS;
    await s3().send(
      new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }),
    );
    for (const Key of Object.values(keys)) {
      await s3().send(new PutObjectCommand({ Bucket, Key, Body: readFileSync(join(BUILT, Key)) }));
    }
    await s3().send(new PutObjectCommand({ Bucket, Key: 'template.yaml', Body: text }));
  });

  test('is made with its defaults, and says what its parts are called', async () => {
    await deploy(STACK, ARTIFACTS);
    outputs = await outputsOf(STACK);
    const always = Object.entries(template.Outputs ?? {}).filter(([, { Condition }]) => Condition === undefined);
    expect(Object.keys(outputs).sort()).toEqual(always.map(([name]) => name).sort());
    expect(Object.entries(outputs).filter(([, value]) => !value)).toEqual([]);
    expect(await subscriptions(outputs['AlarmTopicArn'])).toEqual([]);
  });

  test('takes orders to the history and, by month, to the lake, and keeps what is none', async () => {
    const order = {
      orderId: '536365-85123A',
      invoiceNo: '536365',
      stockCode: '85123A',
      description: 'WHITE HANGING HEART T-LIGHT HOLDER',
      quantity: 6,
      orderDate: '2010-12-01T08:26:00',
      unitPrice: '2.5500',
      customerId: 17850,
      country: 'United Kingdom',
    };
    const guest = {
      ...order,
      orderId: '581587-22138',
      invoiceNo: '581587',
      stockCode: '22138',
      orderDate: '2011-12-09T12:50:00',
      unitPrice: '-0.001',
      customerId: null,
    };
    await kinesis().send(
      new PutRecordsCommand({
        StreamName: outputs['OrdersStreamName'],
        Records: [JSON.stringify(order), JSON.stringify(guest), 'no order'].map((data) => ({
          Data: Buffer.from(data),
          PartitionKey: '17850',
        })),
      }),
    );

    // What the function calls no order, Firehose keeps under rejected/; MiniStack drops it.
    const months = 'orders/month=2010-12/ orders/month=2011-12/'.split(' ');
    await expect.poll(() => foldersOf(outputs['LakeBucketName']), { timeout: 30_000 }).toEqual(months);
    const stamp = {
      arrived_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/),
      sequence: expect.stringMatching(/^\d{64}$/),
    };
    expect(await rowsIn(outputs['LakeBucketName'] as string, directory)).toEqual(
      [order, guest].map((each) => ({ ...rowOf(each), ...stamp })),
    );
    await expect.poll(() => customersIn(outputs['HistoryTableName']), { timeout: 30_000 }).toEqual(['17850']);
    await expect.poll(() => waitingIn(outputs['RejectedQueueUrl']), { timeout: 30_000 }).toBe('1');
  });

  test('tells of every file of records that the lake rejects', async () => {
    const queue = await sqs().send(new CreateQueueCommand({ QueueName: 'told' }));
    const { SubscriptionArn } = await sns().send(
      new SubscribeCommand({
        TopicArn: outputs['AlarmTopicArn'],
        Protocol: 'sqs',
        Endpoint: 'arn:aws:sqs:eu-central-1:000000000000:told',
        Attributes: { RawMessageDelivery: 'true' },
      }),
    );
    // As Firehose does with a record that is no order; MiniStack drops it.
    const Key = 'rejected/processing-failed/2011-12-09/file';
    await s3().send(new PutObjectCommand({ Bucket: outputs['LakeBucketName'], Key, Body: '{}' }));
    const told: string[] = [];
    await expect
      .poll(
        async () => {
          const { Messages = [] } = await sqs().send(new ReceiveMessageCommand({ QueueUrl: queue.QueueUrl }));
          told.push(...Messages.map(({ Body }) => Body as string));
          return told;
        },
        { timeout: 30_000 },
      )
      .toContainEqual(
        expect.stringMatching(/could not be written to the lake as orders.*s3:\/\/alakazam-lakebucket-.*\/rejected\//),
      );
    await sns().send(new UnsubscribeCommand({ SubscriptionArn }));
    await sqs().send(new DeleteQueueCommand({ QueueUrl: queue.QueueUrl }));
  });

  test('is changed to all that can be turned on, without replacing anything', async () => {
    const changes = await deploy(STACK, {
      ...ARTIFACTS,
      AlarmEmail: 'someone@example.com',
      AlarmPhone: '+441632960000',
      StreamMode: 'PROVISIONED',
      StreamShards: '2',
      StreamRetentionHours: '48',
      DeletionProtection: 'true',
      LakeBufferSeconds: '60',
    });
    const changed = changes.map(({ LogicalResourceId }) => LogicalResourceId);
    expect(changed).toEqual(expect.arrayContaining(['AlarmEmailSubscription', 'AlarmPhoneSubscription']));
    expect(changes.filter(({ Action, Replacement }) => Action === 'Remove' || Replacement === 'True')).toEqual([]);
    expect(await subscriptions(outputs['AlarmTopicArn'])).toEqual(['email', 'sms']);
    expect(await outputsOf(STACK)).toEqual(outputs);
    const { Stacks } = await cloudFormation().send(new DescribeStacksCommand({ StackName: STACK }));
    const shown = Stacks?.[0]?.Parameters?.filter(({ ParameterKey }) => /^Alarm/.test(ParameterKey as string));
    expect(shown?.map(({ ParameterValue }) => ParameterValue)).toEqual(['****', '****']);
  });

  test('leaves nothing behind when its first deployment fails', async () => {
    const before = await remaining();
    // Another has that name: so this stack fails, with tables and bucket made already.
    const failing = deploy('second', { ...ARTIFACTS, GlueDatabaseName: outputs['GlueDatabaseName'] as string });
    await expect(failing).rejects.toThrow('LakeDatabase');
    const { Stacks } = await cloudFormation().send(new DescribeStacksCommand({ StackName: 'second' }));
    expect(Stacks?.[0]?.StackStatus).toBe('ROLLBACK_COMPLETE');
    const { StackEvents } = await cloudFormation().send(new DescribeStackEventsCommand({ StackName: 'second' }));
    const made = StackEvents?.filter(({ ResourceStatus }) => ResourceStatus === 'CREATE_COMPLETE');
    expect(made?.map(({ LogicalResourceId }) => LogicalResourceId)).toEqual(
      expect.arrayContaining(['HistoryTable', 'LakeBucket']),
    );
    expect(await remaining()).toEqual(before);
  });

  test('leaves what holds orders behind when it is deleted, and nothing else', async () => {
    const { StackResourceSummaries = [] } = await cloudFormation().send(
      new ListStackResourcesCommand({ StackName: STACK }),
    );
    const kept = (type: string) =>
      StackResourceSummaries.filter(({ ResourceType }) => ResourceType === type).map((each) => each.PhysicalResourceId);
    await remove(STACK);
    expect(await remaining()).toEqual({
      tables: kept('AWS::DynamoDB::Table').sort(),
      buckets: [ARTIFACTS.ArtifactBucket, ...kept('AWS::S3::Bucket')].sort(),
      streams: [],
    });
    expect(kept('AWS::S3::Bucket')).toContain(outputs['LakeBucketName']);
    // The policy of a bucket that stays goes on refusing plain HTTP.
    for (const Bucket of kept('AWS::S3::Bucket')) {
      const { Policy } = await s3().send(new GetBucketPolicyCommand({ Bucket }));
      expect(Policy).toContain('aws:SecureTransport');
    }
  });
});

const requestHandler = new NodeHttpHandler();
const cloudFormation = () => new CloudFormationClient({ requestHandler });
const s3 = () => new S3Client({ requestHandler });
const kinesis = () => new KinesisClient({ requestHandler });
const dynamodb = () => new DynamoDBClient({ requestHandler });
const sqs = () => new SQSClient({ requestHandler });
const sns = () => new SNSClient({ requestHandler });

const WAIT = { maxWaitTime: 60, minDelay: 1, maxDelay: 1 };

/** Makes a stack or changes it, by a change set as people do, and gives what that said it would do. */
async function deploy(stack: string, values: Record<string, string>): Promise<ResourceChange[]> {
  const client = cloudFormation();
  const exists = await client.send(new DescribeStacksCommand({ StackName: stack })).then(
    () => true,
    () => false,
  );
  const name = { StackName: stack, ChangeSetName: `change-${Date.now()}` };
  await client.send(
    new CreateChangeSetCommand({
      ...name,
      ChangeSetType: exists ? 'UPDATE' : 'CREATE',
      TemplateURL: 'https://s3.eu-central-1.amazonaws.com/alakazam-artifacts/template.yaml',
      Capabilities: ['CAPABILITY_IAM'],
      Parameters: Object.entries(values).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
    }),
  );
  await waitUntilChangeSetCreateComplete({ client, ...WAIT }, name);
  const { Changes = [] } = await client.send(new DescribeChangeSetCommand(name));
  await client.send(new ExecuteChangeSetCommand(name));
  const done = exists ? waitUntilStackUpdateComplete : waitUntilStackCreateComplete;
  await done({ client, ...WAIT }, { StackName: stack }).catch(async () => {
    const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName: stack }));
    const failed = StackEvents.filter(({ ResourceStatus }) => ResourceStatus?.endsWith('_FAILED'));
    const reasons = failed.map((event) => `${event.LogicalResourceId}: ${event.ResourceStatusReason}`);
    throw new Error(`the stack failed: ${reasons.join('; ')}`);
  });
  return Changes.flatMap(({ ResourceChange: change }) => (change ? [change] : []));
}

async function remove(stack: string): Promise<void> {
  const client = cloudFormation();
  await client.send(new DeleteStackCommand({ StackName: stack }));
  await waitUntilStackDeleteComplete({ client, ...WAIT }, { StackName: stack });
}

/** All there is that holds data. */
async function remaining() {
  const { TableNames } = await dynamodb().send(new ListTablesCommand({}));
  const { Buckets } = await s3().send(new ListBucketsCommand({}));
  const { StreamNames } = await kinesis().send(new ListStreamsCommand({}));
  return { tables: TableNames?.sort(), buckets: Buckets?.map(({ Name }) => Name).sort(), streams: StreamNames };
}

async function outputsOf(stack: string): Promise<Record<string, string>> {
  const { Stacks } = await cloudFormation().send(new DescribeStacksCommand({ StackName: stack }));
  return Object.fromEntries((Stacks?.[0]?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
}

async function subscriptions(topic: string | undefined): Promise<(string | undefined)[]> {
  const { Subscriptions = [] } = await sns().send(new ListSubscriptionsByTopicCommand({ TopicArn: topic }));
  return Subscriptions.map(({ Protocol }) => Protocol).sort();
}

async function keysIn(bucket: string | undefined): Promise<string[]> {
  const { Contents = [] } = await s3().send(new ListObjectsV2Command({ Bucket: bucket }));
  return Contents.map(({ Key }) => Key as string).sort();
}

/** The first two folders of every object, each once. */
async function foldersOf(bucket: string | undefined): Promise<string[]> {
  return [...new Set((await keysIn(bucket)).map((key) => `${key.split('/', 2).join('/')}/`))];
}

/** What the Parquet files of a bucket hold, by month, as an engine that knows nothing of us reads it. */
async function rowsIn(bucket: string, directory: string): Promise<unknown> {
  const files: string[] = [];
  for (const Key of (await keysIn(bucket)).filter((key) => key.endsWith('.parquet'))) {
    const { Body } = await s3().send(new GetObjectCommand({ Bucket: bucket, Key }));
    files.push(join(directory, `${files.length}.parquet`));
    writeFileSync(files.at(-1) as string, (await Body?.transformToByteArray()) as Uint8Array);
  }
  const query = `
import duckdb, json, sys
rows = duckdb.sql(f"SELECT * FROM read_parquet({sys.argv[1:]!r}) ORDER BY order_date")
print(json.dumps([dict(zip(rows.columns, row)) for row in rows.fetchall()]))`;
  return JSON.parse(
    execFileSync(join(await pythonEnvironment('emulators'), 'python'), ['-c', query, ...files], { encoding: 'utf8' }),
  );
}

function rowOf(order: Record<string, unknown>): Record<string, unknown> {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(order).map(([name, value]) => [snake(name), value]));
}

async function customersIn(table: string | undefined): Promise<(string | undefined)[]> {
  const { Items = [] } = await dynamodb().send(new ScanCommand({ TableName: table }));
  return Items.map((item) => item['CustomerId']?.N);
}

async function waitingIn(queue: string | undefined): Promise<string | undefined> {
  const AttributeNames: QueueAttributeName[] = ['ApproximateNumberOfMessages'];
  const { Attributes } = await sqs().send(new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames }));
  return Attributes?.['ApproximateNumberOfMessages'];
}

interface CheckovFinding {
  readonly check_id: string;
  readonly resource: string;
}

interface CheckovReport {
  readonly results: {
    readonly passed_checks: readonly CheckovFinding[];
    readonly failed_checks: readonly CheckovFinding[];
    readonly skipped_checks: readonly CheckovFinding[];
    readonly parsing_errors: readonly string[];
  };
}

/** `process-orders.zip`: `ProcessOrdersCodeKey` */
function codeParameterOf(zip: string): string {
  const words = zip.replace(/\.zip$/, '').split('-');
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}CodeKey`;
}

/** Logical ids that properties refer to. */
function mentioned(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { Ref: ref, 'Fn::GetAtt': attribute } = value as { Ref?: string; 'Fn::GetAtt'?: readonly string[] };
  if (ref) return [ref];
  if (attribute) return [attribute[0] as string];
  return Object.values(value).flatMap(mentioned);
}
