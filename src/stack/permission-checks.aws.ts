/** Checks whether the caller has the permissions for each purpose. There is one check a purpose; it names denied actions. */
import { IAMClient } from '@aws-sdk/client-iam';
import { type AwsSession, regionOf } from '../engines/aws/session.js';
import { type Check, impossible } from '../terminal/check.js';
import { arnsOf } from './arns.js';
import type { StackModel } from './parts.js';
import { needsOf, type Purpose, purposesOf } from './permissions.js';
import { type Decision, principalOf, simulate } from './policy-simulation.aws.js';
import type { Resources } from './resource-names.js';
import { trustedBy } from './template.js';

/** IAM throttles callers with many requests at once. */
const IN_FLIGHT_MAX = 4;

/** For each subject, the decision on each action, or the error if IAM could not decide. */
type Decisions = ReadonlyMap<string, ReadonlyMap<string, Decision> | Error>;

export async function permissionChecks(
  session: AwsSession,
  callerArn: string,
  resources: Resources,
  model: StackModel,
): Promise<Check[]> {
  try {
    const principal = await principalOf(session, callerArn);
    if (principal === 'root')
      return [{ name: 'permissions', isGood: true, finding: 'all of them: this is the root user' }];
    const purposes = purposesOf(model);
    const [, partition = '', , , account = ''] = callerArn.split(':');
    const region = await regionOf(session.client(IAMClient));
    const deployed = await resources.deployed(model);
    const arnOf = arnsOf(session.stack, { partition, account, region }, model.template, deployed);
    const decisions = await decide(purposes, (subject, actions) => {
      const [passedTo] = trustedBy(model.template.Resources[subject] ?? { Type: '' });
      return simulate(session, principal, { actions, resource: arnOf(subject), region, passedTo });
    });
    const failures = [...decisions.values()].filter((decided) => decided instanceof Error);
    // No decision could be had at all: one check says so, instead of one a purpose.
    if (failures.length === decisions.size) return [impossible('permissions', failures[0])];
    return purposes.map((purpose) => checkOf(purpose, decisions));
  } catch (error) {
    return [impossible('permissions', error)];
  }
}

/** Asks once for all actions on a subject, whatever the purpose. */
async function decide(
  purposes: readonly Purpose[],
  ask: (subject: string, actions: readonly string[]) => Promise<ReadonlyMap<string, Decision>>,
): Promise<Decisions> {
  const actions = new Map<string, Set<string>>();
  for (const { subject, action } of purposes.flatMap(needsOf)) {
    actions.set(subject, (actions.get(subject) ?? new Set()).add(action));
  }
  const decisions = new Map<string, ReadonlyMap<string, Decision> | Error>();
  const left = actions.entries();
  const worker = async () => {
    for (const [subject, names] of left) {
      decisions.set(subject, await ask(subject, [...names]).catch((error: Error) => error));
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT_MAX }, worker));
  return decisions;
}

function checkOf(purpose: Purpose, decisions: Decisions): Check {
  const name = `may ${purpose.name}`;
  const needs = needsOf(purpose);
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
    const { onlyWith } = purpose;
    const finding = `not allowed: ${[...denied].sort().join(', ')}`;
    return {
      name,
      isGood: onlyWith ? null : false,
      finding: onlyWith ? `${finding}; only ${onlyWith.join(', ')} take it` : finding,
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
