/** What a cluster and the step of a training say of it. */
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
  const isCancelled = /CANCELLED|INTERRUPTED/.test(ofStep ?? '');
  if (isCancelled && !/^TERMINAT/.test(cluster)) {
    const why = stepChange?.Message ? `: ${stepChange.Message}` : '';
    return { state: 'failed', status: ofStep ?? '', reason: `the step was cancelled${why}`, endedAt };
  }
  if (isCancelled || cluster === 'TERMINATED' || cluster === 'TERMINATED_WITH_ERRORS') {
    const how = `the cluster ended before its step: ${whyCluster ?? cluster}`;
    return { state: 'failed', status: cluster, reason: how, endedAt };
  }
  const isReady = /^(RUNNING|WAITING)$/.test(cluster) && ofStep !== undefined;
  return { state: 'running', status: isReady ? `step ${ofStep}` : cluster, reason: whyCluster, endedAt: null };
}

export function isStepUnderWay(state: string | undefined): boolean {
  return /^(PENDING|CANCEL_PENDING|RUNNING)$/.test(state ?? '');
}
