/** Status of each part of the stack: health, throughput, lag, and things that somebody has to look at. */
import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { AwsSession } from '../engines/aws/session.js';
import { reasonOf } from '../errors.js';
import { duration, whole } from '../terminal/numbers.js';
import type { StackResource } from './deployed.aws.js';
import { type NamedMetric, readMetric } from './metrics.js';
import type { StackModel, StatusRow } from './parts.js';
import { contentsOf, filesIn, probe } from './probes.aws.js';
import type { Holding, Part } from './stack.js';
import { holdsData } from './types.js';

const WINDOW_MS = 3_600_000;
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
const ALARMS_MAX = 100;

type Finding = Partial<Part> & Pick<Part, 'isHealthy' | 'health'>;

/** Metrics, by their texts in `parts.ts`. */
interface Metrics {
  /** Sum of the last hour; `?` if CloudWatch can't be asked. */
  sum(metric: string): string;
  last(metric: string): number | undefined;
}

/** The rows of the stages, and one row for all alarms of the stack. An optional part that the stack does not have has no row. */
export async function describeParts(
  session: AwsSession,
  { template, parts }: StackModel,
  resources: readonly StackResource[],
): Promise<Part[]> {
  const rows = parts
    .flatMap((part) => part.rows)
    .filter(({ resource }) => {
      const isOptional = template.Resources[resource]?.Condition !== undefined;
      return !isOptional || resources.some(({ name }) => name === resource);
    });
  let metrics: Metrics = { sum: () => '?', last: () => undefined };
  const measured = await partOf('metrics', async () => {
    metrics = await readMetrics(session, rows, resources);
    return { isHealthy: true, health: 'of the last hour' };
  });
  const found = await Promise.all([
    ...rows.map((row) => partOf(row.name, () => describeRow(session, row, resources, metrics))),
    partOf('alarms', () => describeAlarms(session, resources)),
  ]);
  return measured.isHealthy ? found : [...found, measured];
}

/** A part whose state can't be read gets a row that says so, and the other parts are still shown. */
async function partOf(name: string, find: () => Promise<Finding>): Promise<Part> {
  const found = await find().catch((error: unknown): Finding => ({ isHealthy: false, health: reasonOf(error) }));
  return { name, throughput: '', lag: '', waiting: '', ...found };
}

async function describeRow(
  session: AwsSession,
  { resource, does, unit = 'item', throughput = {}, faults = {}, lag, waiting }: StatusRow,
  resources: readonly StackResource[],
  metrics: Metrics,
): Promise<Finding> {
  const [state, files] = await Promise.all([
    probe(session, resourceOf(resources, resource), unit),
    waiting && filesIn(session, resourceOf(resources, waiting.resource).id, waiting.prefix),
  ]);
  const hasFault = waiting?.isFault === true && (files?.count ?? 0) > 0;
  const sums = Object.entries(throughput).map(([what, metric]) => `${metrics.sum(metric)} ${what}`);
  const errors = Object.entries(faults)
    .map(([what, metric]) => ({ what, sum: metrics.sum(metric) }))
    .filter(({ sum }) => !/^[0?]$/.test(sum))
    .map(({ what, sum }) => `${sum} ${what}`);
  const behind = lag && metrics.last(lag.metric);
  const health = [state.isUsual ? does : state.status, state.finding];
  return {
    isHealthy: state.isHealthy && !hasFault,
    health: [...health, ...errors].filter((each) => each).join(', '),
    throughput: sums.join(', '),
    lag: behind === undefined ? '' : duration(lag?.unit === 'ms' ? behind / 1000 : behind),
    waiting: files && files.count > 0 ? `${files.text} ${waiting?.what}` : (state.waiting ?? ''),
  };
}

/** Contents of the rows' resources that `destroy` would delete, for people. */
export async function describeLosses(
  session: AwsSession,
  { template, parts }: StackModel,
  resources: readonly StackResource[],
): Promise<Holding[]> {
  const losses: Holding[] = [];
  for (const { name, resource, unit = 'item', holds } of parts.flatMap(({ rows }) => rows)) {
    const found = resources.find((each) => each.name === resource && each.id !== '');
    const isKept = /^Retain/.test(template.Resources[resource]?.DeletionPolicy ?? '');
    if (!found || isKept || !holdsData(found.type)) continue;
    const held = holds ?? (await contentsOf(session, found, unit));
    if (held !== undefined) losses.push({ name, holds: held, isKept });
  }
  return losses;
}

function resourceOf(resources: readonly StackResource[], name: string): StackResource {
  const found = resources.find((resource) => resource.name === name);
  if (!found) throw new Error(`the stack has no ${name} yet; alakazam deploy brings it up to date`);
  return found;
}

/** The alarms of this stack, by exact name: names in another stack may begin with the same text. */
async function describeAlarms(session: AwsSession, resources: readonly StackResource[]): Promise<Finding> {
  const names = resources.filter(({ type, id }) => type === 'AWS::CloudWatch::Alarm' && id !== '').map(({ id }) => id);
  const states: (readonly [name: string, state: string])[] = [];
  for (let at = 0; at < names.length; at += ALARMS_MAX) {
    const page = new DescribeAlarmsCommand({ AlarmNames: names.slice(at, at + ALARMS_MAX), MaxRecords: ALARMS_MAX });
    const { MetricAlarms = [] } = await session.client(CloudWatchClient).send(page);
    states.push(...MetricAlarms.map(({ AlarmName = '', StateValue = '' }) => [AlarmName, StateValue] as const));
  }
  const ringing = states.filter(([, state]) => state === 'ALARM').map(([name]) => name);
  return {
    isHealthy: ringing.length === 0,
    health: ringing.length === 0 ? `${states.length} quiet` : `ALARM: ${ringing.join(', ')}`,
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
async function readMetrics(
  session: AwsSession,
  rows: readonly StatusRow[],
  resources: readonly StackResource[],
): Promise<Metrics> {
  const named = new Set(
    rows.flatMap(({ throughput = {}, faults = {}, lag }) => [
      ...Object.values(throughput),
      ...Object.values(faults),
      ...(lag ? [lag.metric] : []),
    ]),
  );
  const lags = new Set(rows.flatMap(({ lag }) => (lag ? [lag.metric] : [])));
  const typeOfResource = (name: string) => resources.find((resource) => resource.name === name)?.type;
  const there = [...named].filter((text) => typeOfResource(text.split(' ').at(-1) as string) !== undefined);
  const queries = there.map((text, i) =>
    queryOf(`m${i}`, readMetric(text, typeOfResource), lags.has(text) ? 'Maximum' : 'Sum', resources),
  );
  const end = new Date();
  const { MetricDataResults = [] } = await session.client(CloudWatchClient).send(
    new GetMetricDataCommand({
      MetricDataQueries: queries,
      StartTime: new Date(end.getTime() - WINDOW_MS),
      EndTime: end,
      ScanBy: 'TimestampDescending',
    }),
  );
  const valuesOf = (text: string) => MetricDataResults.find(({ Id }) => Id === `m${there.indexOf(text)}`)?.Values ?? [];
  return {
    sum: (text) => whole(valuesOf(text).reduce((sum, value) => sum + value, 0)),
    last: (text) => valuesOf(text)[0],
  };
}

function queryOf(
  Id: string,
  { namespace, name, dimension, resource }: NamedMetric,
  Stat: 'Sum' | 'Maximum',
  resources: readonly StackResource[],
) {
  // The name of a queue is the last part of its URL.
  const Value = resourceOf(resources, resource).id.split('/').at(-1) as string;
  const Metric = { Namespace: namespace, MetricName: name, Dimensions: [{ Name: dimension, Value }] };
  return { Id, MetricStat: { Metric, Period: 60, Stat } };
}
