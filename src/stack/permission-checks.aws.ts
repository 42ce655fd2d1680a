/** Whether the caller may do what each purpose takes: one check a purpose, naming what is denied. */
import { IAMClient } from '@aws-sdk/client-iam';
import { type AwsSession, regionOf } from '../engines/aws/session.js';
import { type Check, impossible } from '../terminal/check.js';
import { arnsOf } from './arns.js';
import { needsOf, PURPOSES, type Subject } from './permissions.js';
import { type Decision, principalOf, simulate } from './policy-simulation.aws.js';
import type { Resources } from './resource-names.js';

/** IAM throttles who asks much at once. */
const IN_FLIGHT_MAX = 4;

/** What was decided on each action on a subject, or why nothing could be. */
type Decisions = ReadonlyMap<Subject, ReadonlyMap<string, Decision> | Error>;

export async function permissionChecks(session: AwsSession, callerArn: string, resources: Resources): Promise<Check[]> {
  try {
    const principal = await principalOf(session, callerArn);
    if (principal === 'root')
      return [{ name: 'permissions', isGood: true, finding: 'all of them: this is the root user' }];
    const decisions = await decide(session, principal, callerArn, resources);
    const failures = [...decisions.values()].filter((of) => of instanceof Error);
    // None could be asked for: once is enough to say so.
    if (failures.length === decisions.size) return [impossible('permissions', failures[0])];
    return PURPOSES.map((purpose) => checkOf(`may ${purpose.name}`, needsOf(purpose), decisions));
  } catch (error) {
    return [impossible('permissions', error)];
  }
}

async function decide(
  session: AwsSession,
  principal: string,
  callerArn: string,
  resources: Resources,
): Promise<Decisions> {
  const actions = new Map<Subject, Set<string>>();
  for (const { subject, action } of PURPOSES.flatMap(needsOf)) {
    actions.set(subject, (actions.get(subject) ?? new Set()).add(action));
  }
  const [, partition = '', , , account = ''] = callerArn.split(':');
  const region = await regionOf(session.client(IAMClient));
  const arns = await arnsOf(session.stack, { partition, account, region }, resources);
  const decisions = new Map<Subject, ReadonlyMap<string, Decision> | Error>();
  const left = actions.entries();
  const worker = async () => {
    for (const [subject, names] of left) {
      const decided = await simulate(session, principal, [...names], arns[subject], region).catch(
        (error: Error) => error,
      );
      decisions.set(subject, decided);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT_MAX }, worker));
  return decisions;
}

function checkOf(name: string, needs: ReturnType<typeof needsOf>, decisions: Decisions): Check {
  const denied = new Set<string>();
  const unsure = new Map<string, string>();
  let failure: Error | undefined;
  for (const { subject, action } of needs) {
    const decided = decisions.get(subject) as ReadonlyMap<string, Decision> | Error;
    if (decided instanceof Error) {
      failure ??= decided;
      continue;
    }
    const { isAllowed = false, unknown = [] } = decided.get(action) ?? {};
    if (!isAllowed && unknown.length === 0) denied.add(action);
    if (!isAllowed && unknown.length > 0) unsure.set(action, unknown.join(', '));
  }
  if (denied.size > 0) {
    return {
      name,
      isGood: false,
      finding: `not allowed: ${[...denied].sort().join(', ')}`,
      hint: 'ask whoever manages the AWS account to allow it',
    };
  }
  if (failure) return impossible(name, failure);
  if (unsure.size > 0) {
    const shown = [...unsure].map(([action, conditions]) => `${action} depends on ${conditions}`);
    return impossible(name, new Error(shown.join('; ')));
  }
  return { name, isGood: true, finding: `all ${needs.length} permissions` };
}
