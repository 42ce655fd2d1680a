/** The cluster that a training gets: what it is made of, what it does, and when it ends. */
import type { ActionOnFailure, InstanceFleetConfig, RunJobFlowCommandInput, StepConfig } from '@aws-sdk/client-emr';
import { SPARK_SUBMIT, type SparkProgram } from './spark-jobs.js';

export interface ClusterSettings {
  readonly stack: string;
  /** Name of the cluster. */
  readonly name: string;
  /** `emr-7.13.0` */
  readonly release: string;
  readonly serviceRole: string;
  readonly instanceProfile: string;
  /** Ids of subnets, of which EMR chooses one; none for one of the default VPC. */
  readonly subnets: readonly string[];
  /** Nodes besides the primary one. */
  readonly workers: number;
  readonly workersAreSpot: boolean;
  /** URL, with a slash at the end. */
  readonly logs: string;
}

export const OWNER_TAG = 'alakazam:stack';
export const RUN_TAG = 'alakazam:run';
export const NODES_TAG = 'alakazam:nodes';
/** EMR puts the cluster's tags on all that it makes, and its role may touch only what has this one. */
const OWN_TAG = 'for-use-with-amazon-emr-managed-policies';

/** Types of four processors and 16 GB, of which EMR takes what is there and cheap. */
const INSTANCE_TYPES = ['m6g.xlarge', 'm7g.xlarge', 'm6a.xlarge', 'm5.xlarge'];
/** A cluster that has nothing to do, because its step never came, ends after so many seconds. */
const IDLE_SECONDS_MAX = 600;
const SPOT_WAIT_MINUTES = 10;

export function clusterOf(settings: ClusterSettings, program: SparkProgram): RunJobFlowCommandInput {
  const { stack, name, release, subnets, workers, workersAreSpot, logs } = settings;
  const tags = {
    application: 'alakazam',
    stage: 'product-recommendations',
    [OWNER_TAG]: stack,
    [RUN_TAG]: program.run,
    [OWN_TAG]: 'true',
  };
  return {
    Name: name,
    ReleaseLabel: release,
    LogUri: logs,
    Applications: [{ Name: 'Spark' }],
    ServiceRole: settings.serviceRole,
    JobFlowRole: settings.instanceProfile,
    Tags: Object.entries({ ...tags, [NODES_TAG]: String(1 + workers) }).map(([Key, Value]) => ({ Key, Value })),
    VisibleToAllUsers: true,
    Instances: {
      InstanceFleets: [fleetOf('MASTER', 1, false), ...(workers > 0 ? [fleetOf('CORE', workers, workersAreSpot)] : [])],
      ...(subnets.length > 0 && { Ec2SubnetIds: [...subnets] }),
      // Two ways to its end: with its last step, and if it is idle all the same.
      KeepJobFlowAliveWhenNoSteps: false,
      TerminationProtected: false,
    },
    AutoTerminationPolicy: { IdleTimeout: IDLE_SECONDS_MAX },
    Steps: [stepOf(`train ${program.run}`, program, 'TERMINATE_CLUSTER')],
  };
}

export function stepOf(name: string, program: SparkProgram, onFailure: ActionOnFailure): StepConfig {
  return {
    Name: name,
    ActionOnFailure: onFailure,
    HadoopJarStep: {
      Jar: 'command-runner.jar',
      Args: ['spark-submit', '--deploy-mode', 'cluster', ...SPARK_SUBMIT, program.main, ...program.arguments],
    },
  };
}

/** Where there are no Spot instances for a while, EMR takes others. */
function fleetOf(type: 'MASTER' | 'CORE', nodes: number, isSpot: boolean): InstanceFleetConfig {
  return {
    Name: type.toLowerCase(),
    InstanceFleetType: type,
    ...(isSpot ? { TargetSpotCapacity: nodes } : { TargetOnDemandCapacity: nodes }),
    InstanceTypeConfigs: INSTANCE_TYPES.map((InstanceType) => ({ InstanceType, WeightedCapacity: 1 })),
    LaunchSpecifications: isSpot
      ? {
          SpotSpecification: {
            TimeoutDurationMinutes: SPOT_WAIT_MINUTES,
            TimeoutAction: 'SWITCH_TO_ON_DEMAND',
            AllocationStrategy: 'price-capacity-optimized',
          },
        }
      : { OnDemandSpecification: { AllocationStrategy: 'lowest-price' } },
  };
}
