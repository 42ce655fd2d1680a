/** What a cluster and its one step say of a training. */
import type { Cluster, Step } from '@aws-sdk/client-emr';
import type { RemoteTraining } from './recommender.js';

type State = Pick<RemoteTraining, 'state' | 'status' | 'reason' | 'endedAt'>;

/** The step decides while there is one; a cluster that ends before its step has failed. */
export function stateOf({ Status: ofCluster }: Cluster, step: Pick<Step, 'Status'> | undefined): State {
  const { State: cluster = 'STARTING', StateChangeReason: change } = ofCluster ?? {};
  const { State: ofStep, FailureDetails: failure, StateChangeReason: stepChange } = step?.Status ?? {};
  const endedAt = (step?.Status?.Timeline?.EndDateTime ?? ofCluster?.Timeline?.EndDateTime)?.toISOString() ?? null;
  const whyCluster = [change?.Code, change?.Message].filter(Boolean).join(': ') || null;
  if (ofStep === 'COMPLETED') return { state: 'done', status: ofStep, reason: null, endedAt };
  if (ofStep === 'FAILED') {
    const words = [failure?.Reason, failure?.Message, stepChange?.Message].filter(Boolean);
    const file = failure?.LogFile ? [`see ${failure.LogFile}`] : [];
    return { state: 'failed', status: ofStep, reason: [...words, ...file].join('; ') || whyCluster, endedAt };
  }
  if (cluster === 'TERMINATED' || cluster === 'TERMINATED_WITH_ERRORS' || /CANCELLED|INTERRUPTED/.test(ofStep ?? '')) {
    const how = `the cluster ended before its step: ${whyCluster ?? cluster}`;
    return { state: 'failed', status: cluster, reason: how, endedAt };
  }
  const isReady = cluster === 'RUNNING' && ofStep !== undefined;
  return { state: 'running', status: isReady ? `step ${ofStep}` : cluster, reason: whyCluster, endedAt: null };
}
