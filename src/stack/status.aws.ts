/** Status of each part of the stack: health, throughput, lag, and things that somebody has to look at. */
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import type { AwsSession } from '../engines/aws/session.js';
import { reasonOf } from '../errors.js';
import { duration } from '../terminal/numbers.js';
import type { StackResource } from './deployed.aws.js';
import type { StackModel, StatusRow } from './parts.js';
import { contentsOf, filesIn, probe, type State } from './probes.aws.js';
import { type RowMetrics, readRowMetrics } from './row-metrics.aws.js';
import type { Holding, Part } from './stack.js';
import { holdsData } from './types.js';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
const ALARMS_MAX = 100;

type Finding = Partial<Part> & Pick<Part, 'isHealthy' | 'health'>;

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
  let metrics: RowMetrics | undefined;
  const measured = await partOf('metrics', async () => {
    metrics = await readRowMetrics(session, rows, resources);
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
  { resource, does, unit = 'item', throughput = {}, faults = {}, rises = {}, lag, uptime, waiting }: StatusRow,
  resources: readonly StackResource[],
  metrics: RowMetrics | undefined,
): Promise<Finding> {
  const [state, files] = await Promise.all([
    probe(session, resourceOf(resources, resource), unit),
    waiting && filesIn(session, resourceOf(resources, waiting.resource).id, waiting.prefix),
  ]);
  const hasFault = waiting?.isFault === true && (files?.count ?? 0) > 0;
  const sums = Object.entries(throughput).map(([what, metric]) => `${metrics?.sum(metric) ?? '?'} ${what}`);
  const risen = Object.entries(rises).map(([what, metric]) => `${metrics?.risen(metric) ?? '?'} ${what}`);
  const errors = Object.entries(faults)
    .map(([what, metric]) => ({ what, sum: metrics?.sum(metric) ?? '?' }))
    .filter(({ sum }) => !/^[0?]$/.test(sum))
    .map(({ what, sum }) => `${sum} ${what}`);
  // A lag of -1 is one that AWS has yet to measure.
  const behind = lag && metrics?.last(lag.metric);
  const upMs = uptime && metrics ? (metrics.recent(uptime) ?? 0) : undefined;
  const { isUp, words } = runningOf(state, does, upMs);
  return {
    isHealthy: state.isHealthy && !hasFault && isUp,
    health: [...words, state.finding, ...errors].filter((each) => each).join(', '),
    throughput: [...sums, ...risen].join(', '),
    lag: behind === undefined || behind < 0 ? '' : duration(lag?.unit === 'ms' ? behind / 1000 : behind),
    waiting: files && files.count > 0 ? `${files.text} ${waiting?.what}` : (state.waiting ?? ''),
  };
}

/** `upMs` is how long what the resource runs is up, where that is measured. A resource may do as it should, and what it runs not. */
function runningOf({ isUsual, status }: State, does: string | undefined, upMs: number | undefined) {
  if (!isUsual) return { isUp: true, words: [status] };
  if (upMs === undefined) return { isUp: true, words: [does] };
  if (upMs > 0) return { isUp: true, words: [does, `up ${duration(upMs / 1000)}`] };
  return { isUp: false, words: [status, 'but its job does not run: its log says why'] };
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
