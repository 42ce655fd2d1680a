/**
 * A line in the log of a function, of which CloudWatch makes metrics.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export interface MetricLine {
  /** The only dimension: CloudWatch bills each combination of dimensions as a metric. */
  readonly functionName: string;
  readonly atMs: number;
  /** Seconds that a value is of. CloudWatch keeps those of a second for three hours, and then those of the minute. */
  readonly resolution?: 1 | 60;
  readonly counts: Readonly<Record<string, number>>;
  /** What else the line says. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

export function metricLine({ functionName, atMs, resolution = 60, counts, fields = {} }: MetricLine): string {
  const Metrics = Object.keys(counts).map((Name) => ({
    ...{ Name, Unit: 'Count' },
    ...(resolution === 1 ? { StorageResolution: 1 } : {}),
  }));
  const CloudWatchMetrics = [{ Namespace: 'Alakazam', Dimensions: [['FunctionName']], Metrics }];
  const line = { _aws: { Timestamp: atMs, CloudWatchMetrics }, FunctionName: functionName, ...counts, ...fields };
  return `${JSON.stringify(line)}\n`;
}
