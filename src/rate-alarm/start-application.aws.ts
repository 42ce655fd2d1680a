/**
 * Starts the Flink application, which CloudFormation only makes, and follows it until its job runs. RUNNING alone proves nothing: a
 * program that ends with an error leaves the application RUNNING. So its metrics have to say that the job is up.
 */
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { callFlink, describeFlinkApplication } from '../engines/aws/flink-applications.js';
import { filterLogEvents } from '../engines/aws/log-events.js';
import { createPoll } from '../engines/aws/poll.js';
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import type { StackEvent } from '../stack/stack.js';

export interface StartOptions {
  readonly session: AwsSession;
  readonly clock: () => number;
  /** Of the stack. */
  readonly outputs: ReadonlyMap<string, string>;
  /** The waits between two questions; those of a test end at once. */
  readonly poll?: (signal?: AbortSignal) => Promise<void>;
  /** How long the job was up, by the last of its metrics since a time; 0 if it was not, or where nothing was measured. */
  readonly uptimeMs?: (application: string, sinceMs: number, nowMs: number) => Promise<number>;
}

const TYPE = 'AWS::KinesisAnalyticsV2::Application';
const POLL_MS_MAX = 10_000;
/** It takes some minutes to start, and its metrics come a few minutes later. */
const GIVE_UP_MS = 15 * 60_000;
/** Of a job that runs already, metrics of these last minutes say so. */
const RECENT_MS = 300_000;
/** What the program, or the job, says when it ends in an error. */
const ERRORS = '?Traceback ?ERROR ?Exception';

/** Nothing where the stack has no such application, or where the job runs. The signal ends the wait, and the start goes on. */
export async function* startApplication(
  { session, clock, outputs, poll = createPoll(POLL_MS_MAX), uptimeMs = uptimeIn(session) }: StartOptions,
  signal: AbortSignal,
): AsyncGenerator<StackEvent> {
  const name = outputs.get('RateApplicationName');
  if (name === undefined) return;
  const sinceMs = clock();
  const event = (status: string, reason = ''): StackEvent => ({
    ...{ at: new Date(clock()).toISOString(), name: 'RateApplication', type: TYPE, status, reason },
  });
  let shown = '';
  let isAsked = false;
  while (!signal.aborted) {
    const { ApplicationStatus: status = '' } = await describeFlinkApplication(session, name);
    if (status !== shown) yield event(status);
    shown = status;
    if (status === 'RUNNING') {
      if ((await uptimeMs(name, isAsked ? sinceMs : sinceMs - RECENT_MS, clock())) > 0) {
        if (isAsked) yield event('JOB_RUNNING');
        return;
      }
    } else if (status === 'READY') {
      if (isAsked) throw await whyNot(session, outputs, sinceMs, `${name} did not start`);
      await start(session, name, outputs);
      isAsked = true;
    }
    if (clock() - sinceMs > GIVE_UP_MS)
      throw await whyNot(session, outputs, sinceMs, `the job of ${name} does not run`);
    await poll(signal);
  }
}

async function start(session: AwsSession, name: string, outputs: ReadonlyMap<string, string>): Promise<void> {
  const application = await describeFlinkApplication(session, name);
  const log = outputs.get('RateApplicationLogStreamArn');
  if (log !== undefined && (application.CloudWatchLoggingOptionDescriptions ?? []).length === 0) {
    // CloudFormation can't do that in every region.
    await callFlink(session, 'AddApplicationCloudWatchLoggingOption', {
      ApplicationName: name,
      CurrentApplicationVersionId: application.ApplicationVersionId,
      CloudWatchLoggingOption: { LogStreamARN: log },
    });
  }
  const kept = await callFlink(session, 'ListApplicationSnapshots', { ApplicationName: name, Limit: 1 });
  const { SnapshotSummaries = [] } = kept as { readonly SnapshotSummaries?: readonly unknown[] };
  const restore = SnapshotSummaries.length > 0 ? 'RESTORE_FROM_LATEST_SNAPSHOT' : 'SKIP_RESTORE_FROM_SNAPSHOT';
  await callFlink(session, 'StartApplication', {
    ApplicationName: name,
    RunConfiguration: { ApplicationRestoreConfiguration: { ApplicationRestoreType: restore } },
  });
}

function uptimeIn(session: AwsSession): NonNullable<StartOptions['uptimeMs']> {
  return async (application, sinceMs, nowMs) => {
    const Metric = {
      ...{ Namespace: 'AWS/KinesisAnalytics', MetricName: 'uptime' },
      Dimensions: [{ Name: 'Application', Value: application }],
    };
    const { MetricDataResults: [found] = [] } = await session.client(CloudWatchClient).send(
      new GetMetricDataCommand({
        StartTime: new Date(sinceMs),
        EndTime: new Date(nowMs + 60_000),
        MetricDataQueries: [{ Id: 'uptime', MetricStat: { Metric, Period: 60, Stat: 'Maximum' } }],
        ScanBy: 'TimestampDescending',
      }),
    );
    return found?.Values?.[0] ?? 0;
  };
}

async function whyNot(
  session: AwsSession,
  outputs: ReadonlyMap<string, string>,
  sinceMs: number,
  what: string,
): Promise<AlakazamError> {
  const group = outputs.get('RateApplicationLogGroupName');
  const lines = group === undefined ? [] : await filterLogEvents(session, group, ERRORS, sinceMs).catch(() => []);
  const said = lines.at(-1);
  return new AlakazamError('failed', said === undefined ? what : `${what}: ${messageOf(said)}`, {
    hint: `its log says more: ${group ?? 'see the console of Managed Service for Apache Flink'}; then alakazam deploy`,
  });
}

/** A line of the log is JSON, as a rule: https://docs.aws.amazon.com/managed-flink/latest/java/cloudwatch-logs-reading.html */
function messageOf(line: string): string {
  const message = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? line;
  return message.replaceAll(/(?:\\+[nt]|\s)+/g, ' ').slice(0, 300);
}
