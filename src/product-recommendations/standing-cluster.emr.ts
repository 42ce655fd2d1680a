/**
 * Trains as a step of a cluster of EMR that stands already. Whoever made it ends it.
 * https://docs.aws.amazon.com/emr/latest/APIReference/API_AddJobFlowSteps.html
 */
import {
  AddJobFlowStepsCommand,
  type Cluster,
  DescribeClusterCommand,
  DescribeStepCommand,
  EMRClient,
  ListStepsCommand,
  type StepSummary,
} from '@aws-sdk/client-emr';
import { nameOf } from '../engines/aws/errors.js';
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import { stepOf } from './cluster.emr.js';
import { isStepUnderWay, stateOf } from './cluster-state.emr.js';
import { DAY_MS } from './days.js';
import type { RemoteTraining } from './recommender.js';
import { LATEST_DAYS, type SparkJobs } from './spark-jobs.js';
import { whyNotStarted } from './training-failures.js';

export interface StandingClusterOptions {
  readonly session: AwsSession;
  /** Id of the cluster: `j-2AXXXXXXGAPLF`. */
  readonly cluster: string;
  readonly clock: () => number;
}

const TAKES_STEPS = ['STARTING', 'BOOTSTRAPPING', 'RUNNING', 'WAITING'];
const ANOTHER =
  'name another one by --cluster; without any, alakazam train --target aws makes a cluster for the training';

export function openStandingCluster({ session, cluster: id, clock }: StandingClusterOptions): SparkJobs {
  const client = session.client(EMRClient);
  // Others add steps too, and a step has no tags.
  const prefix = `alakazam ${session.stack}: train `;
  const isOurs = ({ Name = '' }: StepSummary) => Name.startsWith(prefix);

  /** Throws an `AlakazamError` if there is no such cluster. */
  async function describe(): Promise<Cluster> {
    try {
      const { Cluster: cluster = {} } = await client.send(new DescribeClusterCommand({ ClusterId: id }));
      return cluster;
    } catch (error) {
      if (nameOf(error) !== 'InvalidRequestException') throw error;
      throw new AlakazamError('failed', `EMR knows no cluster ${id} in this region`, { hint: ANOTHER, cause: error });
    }
  }

  /** Trainings of the last days; the latest first, as EMR lists them. */
  async function recent(): Promise<StepSummary[]> {
    const sinceMs = clock() - LATEST_DAYS * DAY_MS;
    const found: StepSummary[] = [];
    let marker: string | undefined;
    do {
      const page = await client.send(new ListStepsCommand({ ClusterId: id, Marker: marker }));
      const steps = (page.Steps ?? []).filter(({ Status }) => createdMs(Status) >= sinceMs);
      found.push(...steps.filter(isOurs));
      // What comes after is older still.
      marker = steps.length === page.Steps?.length ? page.Marker : undefined;
    } while (marker !== undefined);
    return found;
  }

  async function look(stepId: string): Promise<RemoteTraining> {
    const [cluster, { Step: step = {} }] = await Promise.all([
      describe(),
      client.send(new DescribeStepCommand({ ClusterId: id, StepId: stepId })),
    ]);
    return {
      ...{ id: stepId, engine: 'EMR step', run: (step.Name ?? '').slice(prefix.length), cost: null },
      ...stateOf(cluster, step),
      logs: logsOf(cluster, stepId),
      startedAt: new Date(createdMs(step.Status) || clock()).toISOString(),
    };
  }

  return {
    engine: 'EMR step',
    estimate: `cluster ${id}, as a step of it; a cluster that stands is billed whether it trains or not`,
    async latest() {
      await describe();
      const steps = await recent();
      const found = steps.find(({ Status }) => isStepUnderWay(Status?.State)) ?? steps[0];
      return found?.Id === undefined ? undefined : look(found.Id);
    },
    async start(program) {
      checkTakesSpark(id, await describe());
      const there = (await recent()).find(({ Name }) => Name === prefix + program.run);
      if (there?.Id !== undefined) return look(there.Id);
      const Steps = [stepOf(prefix + program.run, program, 'CONTINUE')];
      try {
        const { StepIds = [] } = await client.send(new AddJobFlowStepsCommand({ JobFlowId: id, Steps }));
        return await look(StepIds[0] as string);
      } catch (error) {
        throw whyNotStarted(error);
      }
    },
    look,
  };
}

function createdMs(status: StepSummary['Status']): number {
  return status?.Timeline?.CreationDateTime?.getTime() ?? 0;
}

/** Without a place in S3, a cluster keeps logs on its own disk. */
function logsOf({ LogUri: place, Id }: Cluster, stepId: string): string {
  if (!place) return `/mnt/var/log/hadoop/steps/${stepId}/ on the primary node of ${Id}`;
  return `${place.replace(/^s3n:/, 's3:').replace(/\/?$/, '/')}${Id}/steps/${stepId}/`;
}

function checkTakesSpark(id: string, { Status: status, Applications: applications = [] }: Cluster): void {
  const state = status?.State ?? 'without a state';
  if (!TAKES_STEPS.includes(state)) {
    const { Code, Message } = status?.StateChangeReason ?? {};
    const why = [Code, Message].filter(Boolean).join(': ');
    const message = `cluster ${id} is ${state}${why && ` (${why})`}; a step needs one that is ${TAKES_STEPS.join(', ')}`;
    throw new AlakazamError('failed', message, { hint: ANOTHER });
  }
  const names = applications.flatMap(({ Name }) => Name ?? []);
  if (names.some((name) => name.toLowerCase() === 'spark')) return;
  const message = `cluster ${id} has no Spark, only ${names.join(', ') || 'no application at all'}`;
  throw new AlakazamError('failed', message, { hint: ANOTHER });
}
