/** Why a training on AWS did not start or failed, and what to do about it. */
import { AlakazamError, reasonOf } from '../errors.js';
import type { RemoteTraining } from './recommender.js';

const SERVERLESS = 'alakazam train --target aws --serverless needs no network and no instances';

/** There is no subnet for the machines of a cluster. */
export class NoSubnetError extends Error {
  override readonly name = 'NoSubnetError';
}

/** AWS says it when the cluster is asked for, or while it starts. */
const NO_SUBNET =
  /no default (VPC|subnet)|default VPC .*not|VPCIdNotSpecified|VPCResourceNotSpecified|only be used in a VPC/i;

/** What to throw for an error of a call that should start a training. */
export function whyNotStarted(error: unknown): unknown {
  const reason = reasonOf(error);
  if (NO_SUBNET.test(reason)) return new NoSubnetError(reason);
  const hint = adviceOn(reason);
  return hint === undefined
    ? error
    : new AlakazamError('failed', `AWS starts no training: ${reason}`, { hint, cause: error });
}

/** The error for a training that failed, in the words of what ran it. */
export function whyFailed({ engine, id, status, reason, logs }: RemoteTraining): AlakazamError {
  const said = reason ?? status;
  const advice = adviceOn(said);
  return new AlakazamError('failed', `the training failed (${engine} ${id}): ${said}`, {
    hint: [...(advice ? [advice] : []), `its logs: ${logs}`].join('\n'),
  });
}

function adviceOn(reason: string): string | undefined {
  if (NO_SUBNET.test(reason)) {
    return `${SERVERLESS}\nor name a subnet: alakazam deploy --param SubnetIds=subnet-…`;
  }
  if (/service-linked role|CreateServiceLinkedRole/i.test(reason)) {
    return [
      'the account has no service-linked role for it yet; whoever may make one runs, once:',
      `aws iam create-service-linked-role --aws-service-name ${linkedServiceIn(reason)}`,
    ].join('\n');
  }
  if (/subnet/i.test(reason)) return `see parameter SubnetIds of the stack; ${SERVERLESS}`;
  if (/insufficient|capacity|quota|limit.*exceeded|vcpu/i.test(reason)) {
    return `AWS has no such instances for this account now; ${SERVERLESS}`;
  }
  if (/instance ?profile|invalid.*role|assume.*role|not authorized to perform: iam:PassRole/i.test(reason)) {
    return 'alakazam doctor --target aws says which permissions are missing; alakazam deploy repairs the roles';
  }
  return undefined;
}

function linkedServiceIn(reason: string): string {
  if (/spot/i.test(reason)) return 'spot.amazonaws.com';
  return /serverless/i.test(reason) ? 'ops.emr-serverless.amazonaws.com' : 'elasticmapreduce.amazonaws.com';
}
