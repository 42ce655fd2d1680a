/**
 * Trains as a job of EMR Serverless: no cluster, no network.
 * https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_StartJobRun.html
 */
import { createHash } from 'node:crypto';
import {
  EMRServerlessClient,
  GetJobRunCommand,
  type JobRunSummary,
  ListJobRunsCommand,
  StartJobRunCommand,
  type StartJobRunCommandInput,
} from '@aws-sdk/client-emr-serverless';
import { nameOf } from '../engines/aws/errors.js';
import type { AwsSession } from '../engines/aws/session.js';
import { type ListPrice, sourceOf } from '../stack/list-price.js';
import { dollars } from '../terminal/numbers.js';
import { DAY_MS } from './days.js';
import type { RemoteTraining } from './recommender.js';
import { LATEST_DAYS, SPARK_SUBMIT, type SparkJobs, type SparkProgram } from './spark-jobs.js';
import { whyNotStarted } from './training-failures.js';

export interface EmrServerlessOptions {
  readonly session: AwsSession;
  /** Id of the application. */
  readonly application: string;
  readonly role: string;
  /** URL, with a slash at the end. */
  readonly logs: string;
  /** Of a processor and of a gigabyte of memory, each for an hour. */
  readonly prices: { readonly processor: ListPrice; readonly memory: ListPrice };
  readonly clock: () => number;
}

/** A driver and three executors of four processors and 16 GB, for six minutes. */
const USUAL = { processorHours: 1.6, memoryHours: 6.4 };
const MINUTES_MAX = 120;
const NAME = /^train (\w+)$/;
const RUNNING = ['SUBMITTED', 'PENDING', 'SCHEDULED', 'QUEUED', 'RUNNING', 'CANCELLING'];

export function openEmrServerlessJobs(options: EmrServerlessOptions): SparkJobs {
  const { session, application: applicationId, logs, prices, clock } = options;
  const client = session.client(EMRServerlessClient);

  async function look(jobRunId: string): Promise<RemoteTraining> {
    const { jobRun } = await client.send(new GetJobRunCommand({ applicationId, jobRunId }));
    const { name = '', state = 'PENDING', stateDetails, createdAt, endedAt, updatedAt } = jobRun ?? {};
    const { vCPUHour, memoryGBHour } = jobRun?.billedResourceUtilization ?? jobRun?.totalResourceUtilization ?? {};
    const isRunning = RUNNING.includes(state);
    return {
      id: jobRunId,
      engine: 'EMR Serverless job',
      run: NAME.exec(name)?.[1] ?? '',
      state: isRunning ? 'running' : state === 'SUCCESS' ? 'done' : 'failed',
      status: state,
      reason: stateDetails || null,
      logs: `${logs}applications/${applicationId}/jobs/${jobRunId}/`,
      startedAt: (createdAt ?? new Date(clock())).toISOString(),
      endedAt: isRunning ? null : ((endedAt ?? updatedAt)?.toISOString() ?? null),
      cost: vCPUHour === undefined ? null : costOf(vCPUHour, memoryGBHour ?? 0),
    };
  }

  /** In dollars. */
  function costOf(processorHours: number, memoryHours: number): string {
    return (processorHours * prices.processor.perUnit + memoryHours * prices.memory.perUnit).toFixed(4);
  }

  /** Trainings of the last days; the latest first. */
  async function recent(): Promise<JobRunSummary[]> {
    const found: JobRunSummary[] = [];
    let nextToken: string | undefined;
    do {
      const createdAtAfter = new Date(clock() - LATEST_DAYS * DAY_MS);
      const page = await client.send(new ListJobRunsCommand({ applicationId, createdAtAfter, nextToken }));
      found.push(...(page.jobRuns ?? []).filter(({ name }) => NAME.test(name ?? '')));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return found.sort((a, b) => (b.createdAt?.getTime() ?? 0) - (a.createdAt?.getTime() ?? 0));
  }

  return {
    engine: 'EMR Serverless job',
    estimate: `EMR Serverless, about ${dollars(costOf(USUAL.processorHours, USUAL.memoryHours))} for six minutes on 16 processors (${sourceOf(prices.processor)})`,
    async latest() {
      const all = await recent();
      const found = all.find(({ state }) => RUNNING.includes(state ?? '')) ?? all[0];
      return found?.id === undefined ? undefined : look(found.id);
    },
    async start(program) {
      try {
        const before = (await recent())[0]?.id ?? 'none';
        const asked = requestOf(options, program, before);
        const { jobRunId } = await client.send(new StartJobRunCommand(asked));
        return await look(jobRunId as string);
      } catch (error) {
        // Somebody else was faster with the same token.
        const other = nameOf(error) === 'ConflictException' ? (await recent())[0]?.id : undefined;
        if (other !== undefined) return look(other);
        throw whyNotStarted(error);
      }
    },
    look,
  };
}

/** `before` is the last job. Two who start at once have seen the same one, so they get the same new one by its token. */
function requestOf(
  { application: applicationId, role, logs }: EmrServerlessOptions,
  { run, main, arguments: entryPointArguments }: SparkProgram,
  before: string,
): StartJobRunCommandInput {
  return {
    applicationId,
    clientToken: createHash('sha256').update(`${applicationId} after ${before}`).digest('hex'),
    executionRoleArn: role,
    name: `train ${run}`,
    jobDriver: {
      sparkSubmit: {
        entryPoint: main,
        entryPointArguments: [...entryPointArguments],
        sparkSubmitParameters: SPARK_SUBMIT.join(' '),
      },
    },
    configurationOverrides: { monitoringConfiguration: { s3MonitoringConfiguration: { logUri: logs } } },
    executionTimeoutMinutes: MINUTES_MAX,
    tags: { application: 'alakazam', stage: 'product-recommendations', 'alakazam:run': run },
  };
}
