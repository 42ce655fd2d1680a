/**
 * What somebody may do, as IAM reckons it from the policies of that user or role, its permissions boundary, and the limits of
 * the organization: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html. It doesn't know of
 * policies of a session, nor of those that a bucket or a key has of its own.
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
  /** Conditions that a simulation can't know, such as `aws:SourceIp`, if it wasn't allowed and they might allow it. */
  readonly unknown: readonly string[];
}

/** Whose policies count, or 'root', who may do everything. Throws an `AlakazamError` for whom there is no telling. */
export async function principalOf(session: AwsSession, callerArn: string): Promise<string> {
  if (/^arn:[\w-]+:iam::\d+:root$/.test(callerArn)) return 'root';
  if (/^arn:[\w-]+:iam::\d+:user\//.test(callerArn)) return callerArn;
  const role = /^arn:[\w-]+:sts::\d+:assumed-role\/([^/]+)\//.exec(callerArn)?.[1];
  if (role === undefined) {
    throw new AlakazamError('access', 'IAM simulates users and roles alone, and the credentials are of neither');
  }
  // The name of a session leaves out the path of its role, without which that has no other name.
  const { Role } = await session.client(IAMClient).send(new GetRoleCommand({ RoleName: role }));
  return Role?.Arn as string;
}

export interface Simulated {
  readonly actions: readonly string[];
  /** The ARN that they are done to. */
  readonly resource: string;
  readonly region: string;
  /** The service that it is passed to, if it is a role. */
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
    // Such as a creation beside what is done to what is there: IAM says so, and nowhere which go together.
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

/** Beside a resource, what is unknown is said of that resource alone. */
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

/** What policies often ask of a request, as far as it is known what the request will be. IAM itself answers in one region. */
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
