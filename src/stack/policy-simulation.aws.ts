/**
 * Simulates which actions IAM allows a user or role, from the policies of that user or role, its permissions boundary, and the
 * limits of the organization: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html. The
 * simulation leaves out session policies, and the policies of buckets and keys.
 */
import {
  type ContextEntry,
  type EvaluationResult,
  GetRoleCommand,
  IAMClient,
  paginateSimulatePrincipalPolicy,
} from '@aws-sdk/client-iam';
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';

export interface Decision {
  readonly isAllowed: boolean;
  /** For a denied action, condition keys that a simulation can't know (`aws:SourceIp`): their values might allow the action. */
  readonly unknown: readonly string[];
}

/** ARN of the user or role, or 'root', who may do everything. Throws an `AlakazamError` for any other caller. */
export async function principalOf(session: AwsSession, callerArn: string): Promise<string> {
  if (/^arn:[\w-]+:iam::\d+:root$/.test(callerArn)) return 'root';
  if (/^arn:[\w-]+:iam::\d+:user\//.test(callerArn)) return callerArn;
  const role = /^arn:[\w-]+:sts::\d+:assumed-role\/([^/]+)\//.exec(callerArn)?.[1];
  if (role === undefined) {
    throw new AlakazamError('access', 'IAM simulates users and roles alone, and the credentials are of neither');
  }
  // The ARN of a session leaves out the path of its role, so IAM is asked for the role's full ARN.
  const { Role } = await session.client(IAMClient).send(new GetRoleCommand({ RoleName: role }));
  return Role?.Arn as string;
}

export interface Simulated {
  readonly actions: readonly string[];
  /** ARN of the resource of the actions. */
  readonly resource: string;
  readonly region: string;
  /** If the resource is a role, the service to which iam:PassRole passes the role. */
  readonly passedTo: string | undefined;
}

/** What IAM decides on each of these actions. */
export async function simulate(
  session: AwsSession,
  principal: string,
  simulated: Simulated,
): Promise<ReadonlyMap<string, Decision>> {
  const { actions, resource } = simulated;
  const decisions = new Map<string, Decision>();
  try {
    const client = session.client(IAMClient);
    const input = {
      PolicySourceArn: principal,
      ActionNames: [...actions],
      ResourceArns: [resource],
      ContextEntries: contextOf(simulated),
    };
    for await (const { EvaluationResults = [] } of paginateSimulatePrincipalPolicy({ client }, input)) {
      for (const result of EvaluationResults) decisions.set(result.EvalActionName as string, decisionOf(result));
    }
  } catch (error) {
    // IAM refuses some actions in one request, such as a creation with a change, and documents no groups: so halve the list.
    const isMixed = /different authorization information/.test((error as Error).message);
    if (!isMixed || actions.length < 2) throw error;
    const half = Math.ceil(actions.length / 2);
    for (const part of [actions.slice(0, half), actions.slice(half)]) {
      for (const [action, decision] of await simulate(session, principal, { ...simulated, actions: part })) {
        decisions.set(action, decision);
      }
    }
  }
  return decisions;
}

/** Where a resource is given, IAM lists missing condition keys under that resource only. */
function decisionOf({
  EvalDecision,
  MissingContextValues = [],
  ResourceSpecificResults = [],
}: EvaluationResult): Decision {
  const isAllowed = EvalDecision === 'allowed';
  const ofResource = ResourceSpecificResults.flatMap((result) => result.MissingContextValues ?? []);
  const missing = [...MissingContextValues, ...ofResource];
  return { isAllowed, unknown: isAllowed ? [] : [...new Set(missing)] };
}

/** Values of condition keys that policies often use and that are known beforehand. IAM itself answers in one region only. */
function contextOf({ resource, region, passedTo }: Simulated): ContextEntry[] {
  const [, , service] = resource.split(':');
  const requested = service === 'iam' && resource.startsWith('arn:aws:') ? 'us-east-1' : region;
  const string = (ContextKeyName: string, value: string): ContextEntry => ({
    ContextKeyName,
    ContextKeyType: 'string',
    ContextKeyValues: [value],
  });
  return [
    string('aws:RequestedRegion', requested),
    { ContextKeyName: 'aws:SecureTransport', ContextKeyType: 'boolean', ContextKeyValues: ['true'] },
    ...(passedTo === undefined ? [] : [string('iam:PassedToService', passedTo)]),
  ];
}
