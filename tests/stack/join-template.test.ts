/** The joining of fragments, on fragments as short as can be. */
import { describe, expect, test, vi } from 'vitest';
import { type Fragment, joinTemplate } from '../../src/stack/join-template.js';
import { readTemplate } from './rules/template.js';

// A type whose tags are a map, whether the template has one or not.
vi.mock(import('../../src/stack/types.js'), async (actual) => {
  const types = await actual();
  const typeOf = (type: string) =>
    type === 'AWS::Made::Up' ? { tags: 'Labels', tagsForm: 'map' as const } : types.typeOf(type);
  return { ...types, typeOf };
});

const fragment = (stage: string, text: string): Fragment => ({ path: `src/${stage}/stack.yaml`, stage, text });
const join = (...fragments: Fragment[]) => readTemplate(joinTemplate(fragments).yaml);

const QUEUE = fragment(
  'first',
  `
Title: First
Parameters:
  Days: { Type: Number, Description: How long, Default: 4 }
Resources:
  # Why there is a queue.
  Waiting:
    Type: AWS::SQS::Queue
    Properties: { MessageRetentionPeriod: !Ref Days }
Alarms:
  too-many: { metric: ApproximateNumberOfMessagesVisible of Waiting, is: Maximum > 7, for: 2 of 3 x 60 s, says: "Too many, by far." }
Widgets:
  - { title: Shared, stat: Sum, period: 60, metrics: [NumberOfMessagesSent of Waiting] }
Outputs:
  WaitingUrl: { Value: !Ref Waiting, Description: Where they wait }
`,
);

const FRAME = fragment(
  'stack',
  `
Title: Frame
Resources:
  Dashboard: { Type: AWS::CloudWatch::Dashboard, Properties: { DashboardName: Board } }
`,
);

const COLUMNS = { a: 'varchar', b: 'timestamp', price: 'decimal(18,6)' };

describe('fragments', () => {
  test('make one template, which bears their comments, headings and tags', () => {
    const { yaml, json } = joinTemplate([QUEUE, FRAME]);
    const template = readTemplate(yaml);
    expect(JSON.parse(json)).toEqual(template);
    expect(yaml).toMatch(/^ {2}# Why there is a queue\.\n {2}Waiting:$/m);
    expect(Object.keys(template.Resources)).toEqual(['Waiting', 'Dashboard', 'TooManyAlarm']);
    expect(template.Resources['Waiting']?.Properties).toEqual({
      MessageRetentionPeriod: { Ref: 'Days' },
      Tags: [
        { Key: 'application', Value: 'alakazam' },
        { Key: 'stage', Value: 'first' },
      ],
    });
    expect(JSON.parse(json).Metadata['AWS::CloudFormation::Interface'].ParameterGroups).toEqual([
      { Label: { default: 'First' }, Parameters: ['Days'] },
    ]);
  });

  test('tag a type in the form that it takes', () => {
    const made = fragment('x', 'Resources: { Thing: { Type: AWS::Made::Up, Properties: { Size: 1 } } }');
    const { Properties } = join(made).Resources['Thing'] ?? {};
    expect(Properties).toEqual({ Size: 1, Labels: { application: 'alakazam', stage: 'x' } });
  });

  test('write views as SQL, which CloudFormation puts into a table of Glue', () => {
    const database = 'Lake: { Type: AWS::Glue::Database, Properties: { DatabaseInput: { Name: orders } } }';
    const sql = `SELECT "a", '\\'\n  AS b, price FROM raw\n`;
    const view = { name: 'tidy', database: 'Lake', about: 'All: of "it"', columns: COLUMNS, sql };
    const { Resources } = join(
      fragment('x', `Resources: { ${database} }\nViews: ${JSON.stringify({ TidyView: view })}`),
    );
    const { Type, Properties = {} } = Resources['TidyView'] ?? {};
    // biome-ignore lint/suspicious/noExplicitAny: what is asked of it is compared
    const table = Properties['TableInput'] as any;
    expect([Type, Properties['DatabaseName']]).toEqual(['AWS::Glue::Table', { Ref: 'Lake' }]);
    expect(table).toMatchObject({ Name: 'tidy', Description: 'All: of "it"', TableType: 'VIRTUAL_VIEW' });
    expect(table.StorageDescriptor.Columns).toEqual([
      { Name: 'a', Type: 'string' },
      { Name: 'b', Type: 'timestamp' },
      { Name: 'price', Type: 'decimal(18,6)' },
    ]);
    const [text, names] = table.ViewOriginalText['Fn::Sub'];
    expect(text).toBe('/* Presto View: $' + '{view} */');
    expect(JSON.parse(names.view['Fn::Base64']['Fn::Sub'])).toEqual({
      originalSql: sql.trim(),
      catalog: 'awsdatacatalog',
      schema: '$' + '{Lake}',
      columns: Object.entries(COLUMNS).map(([name, type]) => ({ name, type })),
    });
  });

  test.each([
    ['a resource', 'Resources: { Waiting: { Type: AWS::SQS::Queue } }', 'Resources Waiting'],
    ['a parameter', 'Parameters: { Days: { Type: String } }', 'Parameters Days'],
    ['an output', 'Outputs: { WaitingUrl: { Value: x } }', 'Outputs WaitingUrl'],
    [
      'an alarm',
      'Alarms: { too-many: { metric: NumberOfMessagesSent of Waiting, is: Sum > 1, for: 1 of 1 x 60 s, says: x } }',
      'Resources TooManyAlarm',
    ],
  ])('that both have %s name both files', (_, text, name) => {
    expect(() => join(QUEUE, fragment('second', text))).toThrow(
      `${name} is both in src/first/stack.yaml and in src/second/stack.yaml`,
    );
  });

  test.each([
    [
      'Resource: {}',
      'src/x/stack.yaml has a section Resource; valid: Title, Views, Variables, Alarms, Widgets, Parameters,',
    ],
    [
      'Resources: { A: { Type: AWS::Nothing::Known } }',
      'src/x/stack.yaml: src/stack/types.ts knows nothing of AWS::Nothing::Known',
    ],
    ['Title: [', 'src/x/stack.yaml: '],
    [
      'Views: { V: { name: v, database: D, about: x, columns: { a: text }, sql: SELECT 1 AS a } }',
      'src/x/stack.yaml: view v has a column of type text; valid: bigint, date, timestamp, varchar, decimal(18,6)',
    ],
    [
      'Views: { V: { name: v, database: D, about: x, columns: { a: bigint }, sql: "SELECT $' + '{a}" } }',
      'src/x/stack.yaml: view v has ${ in its SQL, which CloudFormation would replace',
    ],
    ['- 1', 'src/x/stack.yaml has no sections'],
    ['Variables: { Nobody: { A: b } }', 'src/x/stack.yaml: Nobody is no function of the template that has variables'],
    [
      'Alarms: { a: { metric: Errors of Nobody, is: Sum > 1, for: 1 of 1 x 60 s, says: x } }',
      'src/x/stack.yaml: "Errors of Nobody" is of no resource of the template',
    ],
    [
      'Alarms: { a: { metric: Errors, is: Sum > 1, for: 1 of 1 x 60 s, says: x } }',
      'src/x/stack.yaml: "Errors" is no metric; valid: IteratorAge of ProcessOrdersFunction',
    ],
    [
      'Alarms: { a: { metric: NumberOfMessagesSent of Waiting, is: much, for: 1 of 1 x 60 s, says: x } }',
      'src/x/stack.yaml: alarm a is much; valid: Maximum > 300000',
    ],
    [
      'Alarms: { a: { metric: NumberOfMessagesSent of Waiting, is: Sum > 1, for: ever, says: x } }',
      'src/x/stack.yaml: alarm a is for ever; valid: 3 of 5 x 60 s',
    ],
    [
      'Alarms: { a: { metric: "Sent of Waiting by Flow, Id", is: Sum > 1, for: 1 of 1 x 60 s, says: x } }',
      'src/x/stack.yaml: an alarm reads one metric, and Sent has one for each Flow and Id',
    ],
  ])('that are wrong say where: %s', (text, message) => {
    expect(() => join(QUEUE, fragment('x', text))).toThrow(message);
  });
});

test('a stage may set a variable of another stage’s function, which refers to what the stage has', () => {
  const worker = `
Resources:
  Worker: { Type: AWS::Lambda::Function, Properties: { Environment: { Variables: { TABLE: !Ref Table } } } }`;
  const asked = 'Variables: { Worker: { IS_WATCHED: !If [HasIt, "yes", "no"] } }';
  const { Worker } = join(fragment('a', asked), fragment('b', worker)).Resources;
  expect(Worker?.Properties?.['Environment']).toEqual({
    Variables: { TABLE: { Ref: 'Table' }, IS_WATCHED: { 'Fn::If': ['HasIt', 'yes', 'no'] } },
  });
});

describe('an alarm of one line', () => {
  test('is a resource that tells the topic', () => {
    expect(join(QUEUE).Resources['TooManyAlarm']).toEqual({
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: { 'Fn::Sub': `\${AWS::StackName}-too-many` },
        AlarmDescription: 'Too many, by far.',
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['Waiting', 'QueueName'] } }],
        Statistic: 'Maximum',
        Period: 60,
        Threshold: 7,
        EvaluationPeriods: 3,
        DatapointsToAlarm: 2,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
        AlarmActions: [{ Ref: 'AlarmTopic' }],
        Tags: [
          { Key: 'application', Value: 'alakazam' },
          { Key: 'stage', Value: 'first' },
        ],
      },
    });
  });

  test('may be on one metric that stands still while another doesn’t', () => {
    const line =
      'while: NumberOfMessagesSent of Waiting, no: NumberOfMessagesDeleted of Waiting, for: 2 of 3 x 300 s, says: x';
    const { Properties } = join(QUEUE, fragment('x', `Alarms: { stuck: { ${line} } }`)).Resources['StuckAlarm'] ?? {};
    const stat = (Id: string, MetricName: string) => ({
      Id,
      ReturnData: false,
      MetricStat: {
        Metric: {
          Namespace: 'AWS/SQS',
          MetricName,
          Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['Waiting', 'QueueName'] } }],
        },
        Period: 300,
        Stat: 'Sum',
      },
    });
    expect(Properties?.['Metrics']).toEqual([
      expect.objectContaining({ Expression: 'IF(FILL(coming, 0) > 0 AND FILL(going, 0) == 0, 1, 0)' }),
      stat('coming', 'NumberOfMessagesSent'),
      stat('going', 'NumberOfMessagesDeleted'),
    ]);
  });
});

describe('the dashboard', () => {
  const widgets = (...fragments: Fragment[]) => {
    const { DashboardBody } = join(...fragments).Resources['Dashboard']?.Properties ?? {};
    return JSON.parse((DashboardBody as { 'Fn::Sub': string })['Fn::Sub']).widgets;
  };

  test('shows every alarm, and the widgets of all stages, those of one title as one', () => {
    const other = fragment(
      'second',
      `
Resources:
  Stream: { Type: AWS::Kinesis::Stream }
Widgets:
  - { title: Shared, stat: Sum, period: 60, metrics: [{ metric: Own/Seen of Stream, label: seen }] }
  - { title: Alone, stat: Sum, period: 300, metrics: [{ expression: SEARCH('x') }] }
`,
    );
    const [alarms, shared, alone, ...rest] = widgets(QUEUE, other, FRAME);
    expect(rest).toEqual([]);
    expect(alarms.properties.alarms).toEqual([`\${TooManyAlarm.Arn}`]);
    expect(shared.properties).toMatchObject({
      title: 'Shared',
      metrics: [
        ['AWS/SQS', 'NumberOfMessagesSent', 'QueueName', `\${Waiting.QueueName}`],
        ['Own', 'Seen', 'StreamName', `\${Stream}`, { label: 'seen' }],
      ],
    });
    expect(alone.properties.metrics).toEqual([[{ expression: "SEARCH('x')" }]]);
  });

  test('has what stands under a condition only under that condition, and last', () => {
    const optional = fragment(
      'optional',
      `
Parameters:
  WithIt: { Type: String }
Conditions:
  HasIt: !Equals [!Ref WithIt, "yes"]
Resources:
  Maybe: { Type: AWS::Kinesis::Stream, Condition: HasIt }
Alarms:
  full: { metric: IncomingRecords of Maybe, is: Sum > 1, for: 1 of 1 x 60 s, says: It is full. }
Widgets:
  - { title: Maybe, stat: Sum, period: 60, metrics: [IncomingRecords of Maybe] }
  - { title: Then, condition: HasIt, stat: Sum, period: 1, metrics: [NumberOfMessagesSent of Waiting] }
`,
    );
    const { Resources } = join(optional, QUEUE, FRAME);
    expect(Resources['FullAlarm']).toMatchObject({ Condition: 'HasIt' });
    interface Shown {
      readonly properties: { readonly title: string; readonly metrics: readonly unknown[] };
    }
    type Values = Record<string, { 'Fn::If': [string, { 'Fn::Sub': string }, string] }>;
    const { DashboardBody } = Resources['Dashboard']?.Properties ?? {};
    const { 'Fn::Sub': body } = DashboardBody as { 'Fn::Sub': [string, Values] };
    const [text, values] = body;
    const bodyIf = (isThere: boolean) =>
      JSON.parse(
        Object.entries(values).reduce(
          (
            body,
            [
              name,
              {
                'Fn::If': [condition, there, otherwise],
              },
            ],
          ) => {
            expect(condition).toBe('HasIt');
            return body.replace(`\${${name}}`, () => (isThere ? there['Fn::Sub'] : otherwise));
          },
          text,
        ),
      ).widgets;
    const [alarms, ...shown] = bodyIf(true);
    expect(alarms.properties.alarms).toEqual([`\${TooManyAlarm.Arn}`, `\${FullAlarm.Arn}`]);
    expect(shown.slice(-2).map(({ properties: { title, metrics } }: Shown) => [title, ...metrics])).toEqual([
      ['Maybe', ['AWS/Kinesis', 'IncomingRecords', 'StreamName', `\${Maybe}`]],
      ['Then', ['AWS/SQS', 'NumberOfMessagesSent', 'QueueName', `\${Waiting.QueueName}`]],
    ]);
    const [fewer, ...without] = bodyIf(false);
    expect(fewer.properties.alarms).toEqual([`\${TooManyAlarm.Arn}`]);
    expect(without).toEqual(shown.slice(0, -2));
  });

  test('puts three widgets in a row, none over another', () => {
    const titles = ['a', 'b', 'c', 'd'].map((title) => `{ title: ${title}, stat: Sum, period: 60, metrics: [] }`);
    const shown = widgets(fragment('x', `Widgets: [${titles.join(', ')}]`), FRAME).slice(1);
    expect(shown.map(({ x, y }: { x: number; y: number }) => [x, y])).toEqual([
      [0, 3],
      [8, 3],
      [16, 3],
      [0, 9],
    ]);
  });
});
