/** Metrics of the last hour that the rows of `status` show. */
import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { AwsSession } from '../engines/aws/session.js';
import { whole } from '../terminal/numbers.js';
import type { StackResource } from './deployed.aws.js';
import { type NamedMetric, readMetric } from './metrics.js';
import type { StatusRow } from './parts.js';

/** Metrics, by their texts in `parts.ts`. */
export interface RowMetrics {
  /** Sum of the last hour. */
  sum(metric: string): string;
  /** How far a counter rose in the last hour. It begins again at 0 with what it counts. */
  risen(metric: string): string;
  last(metric: string): number | undefined;
  /** The last value of the last five minutes. */
  recent(metric: string): number | undefined;
}

const WINDOW_MS = 3_600_000;
const RECENT_MS = 300_000;

interface Datum {
  readonly atMs: number;
  readonly value: number;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
export async function readRowMetrics(
  session: AwsSession,
  rows: readonly StatusRow[],
  resources: readonly StackResource[],
): Promise<RowMetrics> {
  const gauges = new Set(
    rows.flatMap(({ rises = {}, lag, uptime }) => [
      ...Object.values(rises),
      ...(lag ? [lag.metric] : []),
      ...(uptime ? [uptime] : []),
    ]),
  );
  const sums = rows.flatMap(({ throughput = {}, faults = {} }) => [throughput, faults].flatMap(Object.values<string>));
  const named = [...new Set([...sums, ...gauges])];
  const found = new Map(resources.map((resource) => [resource.name, resource]));
  const typeOfResource = (name: string) => found.get(name)?.type;
  const there = named.filter((text) => typeOfResource(/ of (\w+)/.exec(text)?.[1] as string) !== undefined);
  const end = new Date();
  const queries = there.map((text, i): MetricDataQuery => {
    const metric = readMetric(text, typeOfResource);
    // The name of a queue is the last part of its URL, that of a topic the last part of its ARN.
    const value = found.get(metric.resource)?.id.split(/[/:]/).at(-1) as string;
    return { Id: `m${i}`, ...queryOf(metric, value, gauges.has(text) ? 'Maximum' : 'Sum') };
  });
  const { MetricDataResults = [] } = await session.client(CloudWatchClient).send(
    new GetMetricDataCommand({
      MetricDataQueries: queries,
      StartTime: new Date(end.getTime() - WINDOW_MS),
      EndTime: end,
    }),
  );
  /** From the earliest to the latest. A search has a result for each metric that it finds. */
  function dataOf(text: string): Datum[] {
    const results = MetricDataResults.filter(({ Id }) => Id === `m${there.indexOf(text)}`);
    const data = results.flatMap(({ Values = [], Timestamps = [] }) =>
      Values.map((value, i) => ({ value, atMs: Number(Timestamps[i]) })),
    );
    return data.sort((a, b) => a.atMs - b.atMs);
  }
  return {
    sum: (text) => whole(dataOf(text).reduce((sum, { value }) => sum + value, 0)),
    risen: (text) => whole(riseOf(dataOf(text))),
    last: (text) => dataOf(text).at(-1)?.value,
    recent: (text) => dataOf(text).findLast(({ atMs }) => atMs >= end.getTime() - RECENT_MS)?.value,
  };
}

function riseOf(data: readonly Datum[]): number {
  let rise = 0;
  for (const [i, { value }] of data.entries()) {
    const before = data[i - 1]?.value ?? value;
    rise += value >= before ? value - before : value;
  }
  return rise;
}

function queryOf(
  { namespace, name, dimension, by }: NamedMetric,
  value: string,
  Stat: 'Sum' | 'Maximum',
): Partial<MetricDataQuery> {
  if (!by) {
    const Metric = { Namespace: namespace, MetricName: name, Dimensions: [{ Name: dimension, Value: value }] };
    return { MetricStat: { Metric, Period: 60, Stat } };
  }
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
  const schema = [namespace, dimension, ...by].join(',');
  const search = `{${schema}} MetricName="${name}" ${dimension}="${value}"`;
  return { Expression: `SEARCH('${search}', '${Stat}', 60)` };
}
