/**
 * Trains on a cluster of EMR that is made for one training and ends itself.
 * https://docs.aws.amazon.com/emr/latest/APIReference/API_RunJobFlow.html
 */
import {
  type Cluster,
  type ClusterSummary,
  DescribeClusterCommand,
  DescribeStepCommand,
  EMRClient,
  ListClustersCommand,
  ListStepsCommand,
  RunJobFlowCommand,
} from '@aws-sdk/client-emr';
import type { AwsSession } from '../engines/aws/session.js';
import { amountOf, type ListPrice, sourceOf } from '../stack/list-price.js';
import { type ClusterSettings, clusterOf, NODES_TAG, OWNER_TAG, RUN_TAG } from './cluster.emr.js';
import { stateOf } from './cluster-state.emr.js';
import { DAY_MS } from './days.js';
import type { RemoteTraining } from './recommender.js';
import { LATEST_DAYS, latestOf, type SparkJobs } from './spark-jobs.js';
import { whyNotStarted } from './training-failures.js';

export interface EmrOptions {
  readonly session: AwsSession;
  readonly settings: ClusterSettings;
  /** Of a node for an hour. */
  readonly price: ListPrice;
  readonly clock: () => number;
}

/** How long a training of some hundred thousand orders takes, with the start of the cluster. */
const HOURS_USUAL = 0.25;
const ACTIVE = ['STARTING', 'BOOTSTRAPPING', 'RUNNING', 'WAITING', 'TERMINATING'];

export function openEmrJobs({ session, settings, price, clock }: EmrOptions): SparkJobs {
  const client = session.client(EMRClient);
  const nodes = 1 + settings.workers;

  async function describe(id: string): Promise<Cluster> {
    const { Cluster: cluster = {} } = await client.send(new DescribeClusterCommand({ ClusterId: id }));
    return cluster;
  }

  async function trainingOn(id: string, cluster: Cluster): Promise<RemoteTraining> {
    const { Steps: [listed] = [] } = await client.send(new ListStepsCommand({ ClusterId: id }));
    // The list leaves out why a step failed.
    const step = listed?.Status?.State === 'FAILED' ? await describeStep(id, listed.Id as string) : listed;
    const tags = new Map(cluster.Tags?.map(({ Key, Value }) => [Key, Value]));
    const logs = `${cluster.LogUri ?? settings.logs}${id}/`;
    const state = stateOf(cluster, step);
    const { CreationDateTime: created, EndDateTime: ended } = cluster.Status?.Timeline ?? {};
    const hours = created ? ((ended?.getTime() ?? clock()) - created.getTime()) / 3_600_000 : undefined;
    return {
      ...{ id, engine: 'EMR cluster', run: tags.get(RUN_TAG) ?? '', logs, ...state },
      startedAt: (created ?? new Date(clock())).toISOString(),
      cost: hours === undefined ? null : (hours * Number(tags.get(NODES_TAG) ?? nodes) * price.perUnit).toFixed(4),
    };
  }

  async function describeStep(ClusterId: string, StepId: string) {
    const { Step: step } = await client.send(new DescribeStepCommand({ ClusterId, StepId }));
    return step;
  }

  /** Clusters of this name may be of a stack in another region of the same name, or of somebody else: their tags say. */
  const isOurs = ({ Tags = [] }: Cluster) =>
    Tags.some(({ Key, Value }) => Key === OWNER_TAG && Value === session.stack);

  const look = async (id: string) => trainingOn(id, await describe(id));

  return {
    engine: 'EMR cluster',
    estimate: `${nodes === 1 ? 'one node' : `${nodes} nodes`} of EMR, about ${amountOf(nodes * HOURS_USUAL, price)} for a quarter of an hour (${sourceOf(price)})`,
    async latest() {
      const named = await clustersNamed(client, settings.name, new Date(clock() - LATEST_DAYS * DAY_MS));
      const isActive = ({ Status }: ClusterSummary) => ACTIVE.includes(Status?.State ?? '');
      const createdMs = ({ Status }: ClusterSummary) => Status?.Timeline?.CreationDateTime?.getTime() ?? 0;
      named.sort((a, b) => Number(isActive(b)) - Number(isActive(a)) || createdMs(b) - createdMs(a));
      const ours: RemoteTraining[] = [];
      for (const each of named) {
        // A cluster may be there for a while after its step.
        if (ours.length > 0 && !isActive(each)) break;
        const id = each.Id as string;
        const cluster = await describe(id);
        if (isOurs(cluster)) ours.push(await trainingOn(id, cluster));
      }
      return latestOf(ours);
    },
    async start(program) {
      try {
        const { JobFlowId: id } = await client.send(new RunJobFlowCommand(clusterOf(settings, program)));
        return await look(id as string);
      } catch (error) {
        throw whyNotStarted(error);
      }
    },
    look,
  };
}

async function clustersNamed(client: EMRClient, name: string, CreatedAfter: Date): Promise<ClusterSummary[]> {
  const found: ClusterSummary[] = [];
  let marker: string | undefined;
  do {
    const page = await client.send(new ListClustersCommand({ CreatedAfter, Marker: marker }));
    found.push(...(page.Clusters ?? []).filter(({ Name }) => Name === name));
    marker = page.Marker;
  } while (marker !== undefined);
  return found;
}
