/** What a template can get wrong that no linter sees: each of these was wrong once, and cost orders, money or somebody's sleep. */
import { describe, expect, test } from 'vitest';
import { COLUMNS } from '../../src/lake/order-columns.js';
import { costOf } from '../../src/stack/costs.js';
import { needsOf, purposesOf } from '../../src/stack/permissions.js';
import { trustedBy } from '../../src/stack/template.js';
import { MODEL } from '../fixtures/built-stack.js';

const { Resources, Parameters } = MODEL.template;
const ofType = (type: string) => Object.entries(Resources).filter(([, { Type }]) => Type === type);
// biome-ignore lint/suspicious/noExplicitAny: properties are of every shape, and what a test asks for it compares
type Properties = Readonly<Record<string, any>>;
const propertiesOf = (name: string) => Resources[name]?.Properties as Properties;

interface MetricStat {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: { readonly Metric: { readonly MetricName: string; readonly Dimensions: readonly unknown[] } };
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html: "All dashboards in your account
// are global, not region-specific."
test('the stacks of two regions have two dashboards', () => {
  expect(JSON.stringify(propertiesOf('Dashboard')['DashboardName'])).toMatch(/\$\{AWS::Region\}/);
});

// https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
describe('the event source mapping', () => {
  const [[, mapping]] = ofType('AWS::Lambda::EventSourceMapping') as [[string, (typeof Resources)[string]]];
  const { MaximumRecordAgeInSeconds: ageMax, MaximumRetryAttempts: retriesMax } = mapping.Properties ?? {};
  const retentionMin = Number(Parameters['StreamRetentionHours']?.MinValue) * 3600;

  test('gives up a record before the shortest retention forgets it, and not hours before', () => {
    expect(Number(ageMax)).toBeLessThan(retentionMin);
    expect(Number(ageMax)).toBeGreaterThanOrEqual(retentionMin - 2 * 3600);
  });

  test('outlasts an outage: five attempts are over within seconds', () => {
    expect(Number(retriesMax)).toBeGreaterThanOrEqual(100);
  });
});

describe('an alarm sees a reader of the stream that stopped', () => {
  const ofOrders = ofType('AWS::Lambda::EventSourceMapping').filter(([, mapping]) =>
    JSON.stringify(mapping.Properties?.['EventSourceArn']).includes('"OrdersStream"'),
  );
  const readers = [
    ...ofOrders.map(([, { Properties = {} }]) => Properties['FunctionName']),
    ...ofType('AWS::KinesisAnalyticsV2::Application').map(([name]) => ({ Ref: name })),
    ...ofType('AWS::KinesisFirehose::DeliveryStream').map(([name]) => ({ Ref: name })),
  ] as { readonly Ref: string }[];

  test.each(readers.map(({ Ref: name }) => name))('%s', (reader) => {
    const watching = ofType('AWS::CloudWatch::Alarm').filter(([, { Properties = {} }]) => {
      const metrics = (Properties['Metrics'] ?? []) as readonly MetricStat[];
      const of = (name: string, resource: string) =>
        metrics.some(
          ({ MetricStat: stat }) =>
            stat?.Metric.MetricName === name &&
            JSON.stringify(stat.Metric.Dimensions).includes(`{"Ref":"${resource}"}`),
        );
      const hasRead = ['Invocations', 'DataReadFromKinesisStream.Records', 'uptime'].some((name) => of(name, reader));
      return hasRead && of('IncomingRecords', 'OrdersStream');
    });
    expect(watching).toHaveLength(1);
    const [[, { Properties = {} }]] = watching as [(typeof watching)[0]];
    const metrics = Properties['Metrics'] as readonly MetricStat[];
    const goes = (coming: number | undefined, going: number | undefined) => evaluate(metrics, { coming, going });
    expect(goes(12, undefined)).toBe(1);
    expect(goes(12, 0)).toBe(1);
    expect(goes(12, 3)).toBe(0);
    expect(goes(undefined, undefined)).toBe(0);
    expect([Properties['Threshold'], Properties['ComparisonOperator']]).toEqual([0, 'GreaterThanThreshold']);
  });
});

/**
 * The value of the alarm's expression where a metric has this value, or no datum. As much as these expressions have of
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
function evaluate(metrics: readonly MetricStat[], values: Record<string, number | undefined>): number {
  const expression = metrics.find(({ Expression }) => Expression)?.Expression as string;
  const [, condition = '', yes, no] = /^IF\((.*), (\d+), (\d+)\)$/.exec(expression) ?? [];
  const isTrue = condition.split(' AND ').every((part) => {
    const [, id = '', filler, operator, number] = /^FILL\((\w+), (\d+)\) (>|==) (\d+)$/.exec(part) ?? [];
    expect([part, id in values]).toEqual([part, true]);
    const value = values[id] ?? Number(filler);
    return operator === '>' ? value > Number(number) : value === Number(number);
  });
  return Number(isTrue ? yes : no);
}

test('a second failure of the day is told as the first was', () => {
  for (const name of ['OrdersFailedAlarm', 'OrdersLostAlarm']) {
    const { Period, EvaluationPeriods } = propertiesOf(name);
    expect([name, Number(Period) * Number(EvaluationPeriods) <= 900]).toEqual([name, true]);
  }
});

test('the alarm on rejected records looks further back than their messages are hidden', () => {
  // `rejected` hides them for 120 seconds, `replay` for 300.
  const { Period, EvaluationPeriods } = propertiesOf('OrdersRejectedAlarm');
  expect(Number(Period) * Number(EvaluationPeriods)).toBeGreaterThan(2 * 300);
});

// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html: SMS and e-mail are tried 50 times. The waits between
// are 2 of 10 s, 10 of at most 600 s, and 38 of 600 s.
test('a message that fails is told once: the failure of what tells of it comes while the alarm lasts', () => {
  const triedSeconds = 2 * 10 + 10 * 600 + 38 * 600;
  const { Period, EvaluationPeriods, ...alarm } = propertiesOf('MessagesFailedAlarm');
  expect(Number(Period) * Number(EvaluationPeriods)).toBeGreaterThan(triedSeconds);
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html: at most a day.
  expect(Number(Period) * Number(EvaluationPeriods)).toBeLessThanOrEqual(86_400);
  expect(alarm).toMatchObject({
    ...{ Namespace: 'AWS/SNS', MetricName: 'NumberOfNotificationsFailed', Statistic: 'Sum', Threshold: 0 },
    Dimensions: [{ Name: 'TopicName', Value: { 'Fn::GetAtt': ['AlarmTopic', 'TopicName'] } }],
    DatapointsToAlarm: 1,
    AlarmActions: [{ Ref: 'AlarmTopic' }],
  });
  // To tell when it is over would be one more message that may fail.
  expect(alarm).not.toHaveProperty('OKActions');
});

// https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html: other engines "use the standard partition metadata".
test('engines that know nothing of partition projection have a table with the same columns', () => {
  const tables = ofType('AWS::Glue::Table').map(([name]) => propertiesOf(name)['TableInput'] as Properties);
  const isProjected = (table: Properties) => 'projection.enabled' in table['Parameters'];
  const columns = (table: Properties) => table['StorageDescriptor'].Columns;
  const location = (table: Properties) => table['StorageDescriptor'].Location;
  const plain = tables.filter((table) => !isProjected(table) && table['PartitionKeys'] === undefined);
  for (const table of tables.filter(isProjected)) {
    expect(plain.map(columns)).toContainEqual(columns(table));
    expect(plain.map(location)).toContainEqual(location(table));
  }
  expect(tables.some(isProjected)).toBe(true);
});

test('the views of Athena have the columns of the tables on every other engine', () => {
  const views = ofType('AWS::Glue::Table').map(([name]) => propertiesOf(name)['TableInput'] as Properties);
  for (const name of ['orders', 'order_arrivals']) {
    const view = views.find((table) => table['Name'] === name) as Properties;
    const columns = view['StorageDescriptor'].Columns.map((column: Properties) => column['Name']);
    expect([name, columns]).toEqual([name, Object.keys(COLUMNS)]);
  }
});

describe('roles and keys', () => {
  const own = /"(aws:SourceAccount|sts:ExternalId)":\{"Ref":"AWS::AccountId"\}/;

  test('no service of another account can be made to assume a role', () => {
    const roles = ofType('AWS::IAM::Role');
    expect(roles.length).toBeGreaterThan(1);
    for (const [name, { Properties = {} }] of roles) {
      const { Statement } = Properties['AssumeRolePolicyDocument'] as { readonly Statement: readonly unknown[] };
      // EC2 hands a role to the instances of its account alone, by way of an instance profile.
      const others = Statement.map((statement) => JSON.stringify(statement)).filter((text) => !/"ec2\./.test(text));
      expect([name, others.filter((text) => !own.test(text))]).toEqual([name, []]);
    }
  });

  test('nor to use the key, except EventBridge, which names no account', () => {
    const { Statement } = propertiesOf('AlarmKey')['KeyPolicy'] as { readonly Statement: readonly Policy[] };
    const services = Statement.filter(({ Principal }) => Principal.Service !== undefined);
    const open = services.filter((statement) => !own.test(JSON.stringify(statement)));
    expect(open.map(({ Principal }) => Principal.Service)).toEqual(['events.amazonaws.com']);
  });

  test('a role says itself which service it is passed to', () => {
    const trusted = Object.fromEntries(ofType('AWS::IAM::Role').map(([name, role]) => [name, trustedBy(role)]));
    expect(trusted).toMatchObject({
      ProcessOrdersRole: ['lambda.amazonaws.com'],
      LakeDeliveryRole: ['firehose.amazonaws.com'],
      StampArrivalsRole: ['lambda.amazonaws.com'],
    });
  });

  interface Policy {
    readonly Principal: { readonly Service?: string | readonly string[] };
  }
});

// The schema of October 2026 gives the type an identifier of three parts.
test('nothing hangs on what Ref gives for a Glue table', () => {
  const tables = ofType('AWS::Glue::Table').map(([name]) => name);
  const text = JSON.stringify(MODEL.template);
  expect(tables.filter((name) => text.includes(`{"Ref":"${name}"}`) || text.includes(`\${${name}}`))).toEqual([]);
});

test('a queue takes as large a message as its region allows', () => {
  for (const [name, { Properties }] of ofType('AWS::SQS::Queue'))
    expect(Properties, name).not.toHaveProperty('MaximumMessageSize');
});

test('the description of the shards says what one update may change', () => {
  expect(Parameters['StreamShards']?.Description).toMatch(/half.*double/s);
});

describe('permissions', () => {
  const actionsOf = (name: string) =>
    purposesOf(MODEL)
      .filter((purpose) => purpose.name === name)
      .flatMap(needsOf)
      .map(({ action }) => action);

  test('to deploy include those of policies and tags of buckets', () => {
    expect(actionsOf('deploy')).toEqual(
      expect.arrayContaining(['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:TagResource', 'events:PutRule']),
    );
  });

  test('for what stands under a condition are asked for apart', () => {
    const optional = ['sns:Subscribe', 'budgets:ModifyBudget', 'budgets:ViewBudget'];
    expect(actionsOf('add what is optional')).toEqual(expect.arrayContaining(optional));
    expect(actionsOf('deploy').filter((action) => optional.includes(action))).toEqual([]);
    const { onlyWith } = purposesOf(MODEL).find(({ name }) => name === 'add what is optional') ?? {};
    expect([...(onlyWith ?? [])].sort()).toEqual([
      ...[
        'AlarmEmail',
        'AlarmPhone',
        'MonthlyBudgetUsd',
        'WithQuicksight',
        'WithRateAlarm',
        'WithRedshift',
        'WithTraining',
      ],
    ]);
  });
});

// Two readers, each once in five minutes, at $0.03 for ten thousand.
test('the cost at rest has what the key of the stream is asked for', () => {
  const parameters = new Map(Object.entries(Parameters).map(([name, { Default }]) => [name, String(Default ?? '')]));
  const { items } = costOf([{ name: 'OrdersStream', type: 'AWS::Kinesis::Stream' }], parameters, MODEL);
  expect(items.find(({ what }) => /key/.test(what))?.monthlyAtRest).toBe('0.05256');
});
