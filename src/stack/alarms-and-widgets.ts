/** Short forms in a fragment of the template: an alarm in one line, and a widget of the dashboard. */
import { type NamedMetric, readMetric } from './metrics.js';

/**
 * An alarm goes off if a statistic of one metric is over a threshold, or if one metric counts nothing while another metric
 * counts something.
 */
export type Alarm = {
  /** `3 of 5 x 60 s`: in 3 of the last 5 periods of 60 seconds. */
  readonly for: string;
  /** Text of the message that arrives by SMS and e-mail. */
  readonly says: string;
} & (
  | { readonly metric: string /** `Maximum > 300000` */; readonly is: string }
  | { readonly while: string; readonly no: string }
);

/** Stages that have widgets of one title share it. */
export interface Widget {
  readonly title: string;
  readonly stat: string;
  /** Seconds. */
  readonly period: number;
  /** The condition under which the dashboard has the widget, where its resources are there without one. */
  readonly condition?: string;
  readonly metrics: readonly (string | WidgetMetric)[];
}

export interface WidgetMetric {
  readonly metric?: string;
  /** A CloudWatch expression, in place of a metric. */
  readonly expression?: string;
  readonly label?: string;
  readonly stat?: string;
  readonly yAxis?: string;
}

type TypeOf = (resource: string) => string | undefined;

/** `history-behind`: `HistoryBehindAlarm` */
export function alarmIdOf(name: string): string {
  return `${name.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Alarm`;
}

/** The texts of the metrics that an alarm reads. */
export function metricsOf(alarm: Alarm): readonly string[] {
  return 'while' in alarm ? [alarm.while, alarm.no] : [alarm.metric];
}

/**
 * The resource of an alarm, which the stack has only under a condition if one is given. Throws an `Error` for a line that isn't
 * valid.
 */
export function alarmYaml(name: string, alarm: Alarm, typeOf: TypeOf, condition?: string): string {
  const [, breaching, periods, seconds] = /^(\d+) of (\d+) x (\d+) s$/.exec(alarm.for) ?? [];
  if (seconds === undefined) throw new Error(`alarm ${name} is for ${alarm.for}; valid: 3 of 5 x 60 s`);
  const lines = 'while' in alarm ? standingStill(alarm, seconds, typeOf) : overThreshold(name, alarm, seconds, typeOf);
  return `${alarmIdOf(name)}:
  Type: AWS::CloudWatch::Alarm
${condition === undefined ? '' : `  Condition: ${condition}\n`}  Properties:
    AlarmName: !Sub \${AWS::StackName}-${name}
    AlarmDescription: ${JSON.stringify(alarm.says)}
${lines.map((line) => `    ${line}\n`).join('')}\
    EvaluationPeriods: ${periods}
    DatapointsToAlarm: ${breaching}
    ComparisonOperator: GreaterThanThreshold
    TreatMissingData: notBreaching
    AlarmActions: [ !Ref AlarmTopic ]
`;
}

function overThreshold(name: string, alarm: { metric: string; is: string }, seconds: string, typeOf: TypeOf): string[] {
  const [, statistic, threshold] = /^(Sum|Maximum|Minimum|Average) > (\d+)$/.exec(alarm.is) ?? [];
  if (threshold === undefined) throw new Error(`alarm ${name} is ${alarm.is}; valid: Maximum > 300000`);
  return [
    ...metricLines(readMetric(alarm.metric, typeOf)),
    `Statistic: ${statistic}`,
    `Period: ${seconds}`,
    `Threshold: ${threshold}`,
  ];
}

/** Metric math: 1 for a period in which the metric `while` counts something and the metric `no` counts nothing, else 0. */
function standingStill(alarm: { while: string; no: string }, seconds: string, typeOf: TypeOf): string[] {
  const stat = (id: string, text: string) => [
    `  - Id: ${id}`,
    '    ReturnData: false',
    '    MetricStat:',
    '      Metric:',
    ...metricLines(readMetric(text, typeOf)).map((line) => `        ${line}`),
    `      Period: ${seconds}`,
    '      Stat: Sum',
  ];
  return [
    'Metrics:',
    '  - Id: standing',
    '    Expression: IF(FILL(coming, 0) > 0 AND FILL(going, 0) == 0, 1, 0)',
    '    Label: standing still',
    ...stat('coming', alarm.while),
    ...stat('going', alarm.no),
    'Threshold: 0',
  ];
}

function metricLines({ namespace, name, dimension, resource, attribute, by }: NamedMetric): string[] {
  if (by) throw new Error(`an alarm reads one metric, and ${name} has one for each ${by.join(' and ')}`);
  const value = attribute ? `!GetAtt ${resource}.${attribute}` : `!Ref ${resource}`;
  return [`Namespace: ${namespace}`, `MetricName: ${name}`, `Dimensions: [ { Name: ${dimension}, Value: ${value} } ]`];
}
