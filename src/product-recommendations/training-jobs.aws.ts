/** Where a stack trains: on clusters with its roles, and on its application of EMR Serverless. */
import type { AwsSession } from '../engines/aws/session.js';
import type { ListPrice } from '../stack/list-price.js';
import { EMR_RELEASE } from './resources.js';
import { openEmrJobs } from './spark-jobs.emr.js';
import { openEmrServerlessJobs } from './spark-jobs.emr-serverless.js';
import { openStandingCluster } from './standing-cluster.emr.js';

export interface TrainingPlace {
  readonly session: AwsSession;
  /** Id of the application of EMR Serverless. */
  readonly application: string;
  /** Of the stack. */
  readonly outputs: ReadonlyMap<string, string>;
  /** URL, with a slash at the end. */
  readonly logs: string;
  readonly prices: { readonly node: ListPrice; readonly processor: ListPrice; readonly memory: ListPrice };
  /** Id of the cluster that was named to train on, if one was. */
  readonly standing: string | undefined;
  readonly clock: () => number;
}

export function openTrainingJobs({ session, application, outputs, logs, prices, standing, clock }: TrainingPlace) {
  const output = (name: string) => outputs.get(name) as string;
  const subnets = output('TrainingSubnets');
  const settings = {
    ...{ stack: session.stack, name: `alakazam ${session.stack}`, release: EMR_RELEASE, logs },
    serviceRole: output('TrainingServiceRoleArn'),
    instanceProfile: output('TrainingProfileName'),
    // The template has a word for the default VPC, since an output can't be empty.
    subnets: subnets === 'default' ? [] : subnets.split(','),
    workers: Number(output('TrainingClusterWorkers')),
    workersAreSpot: output('TrainingClusterMarket') === 'SPOT',
  };
  const role = output('TrainingRoleArn');
  return {
    cluster: openEmrJobs({ session, settings, price: prices.node, clock }),
    serverless: openEmrServerlessJobs({ session, application, role, logs, prices, clock }),
    standing:
      standing === undefined
        ? undefined
        : { cluster: standing, jobs: openStandingCluster({ session, cluster: standing, clock }) },
  };
}
