/** Follows what CloudFormation does to a stack, event by event, until it has settled. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type CloudFormationClient,
  DescribeStackEventsCommand,
  type StackEvent as SdkEvent,
} from '@aws-sdk/client-cloudformation';
import { AlakazamError } from '../errors.js';
import type { StackEvent } from './stack.js';

/** Often enough to watch, and far from what CloudFormation throttles. */
const POLL_MS = 1500;

/** The newest event there is, behind which to follow. */
export async function lastEventOf(client: CloudFormationClient, stackId: string): Promise<string | undefined> {
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName: stackId }));
  return StackEvents[0]?.EventId;
}

/**
 * Yields the events behind one, or without one all of the operation that is under way; ends when that has ended, and throws
 * what made it fail. When the signal says stop it ends at once: CloudFormation goes on.
 */
export async function* followEvents(
  client: CloudFormationClient,
  stackId: string,
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<StackEvent> {
  let seen = after;
  const failures: SdkEvent[] = [];
  for (;;) {
    for (const event of await eventsBehind(client, stackId, seen)) {
      seen = event.EventId;
      const shown = eventOf(event);
      yield shown;
      if (isFailure(event)) failures.push(event);
      if (event.PhysicalResourceId !== stackId || /_IN_PROGRESS$/.test(shown.status)) continue;
      if (/ROLLBACK|FAILED/.test(shown.status)) throw failed(failures, event);
      return;
    }
    // It is cut short by the signal, which the loop looks at then.
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
  }
}

/** Oldest first. */
async function eventsBehind(client: CloudFormationClient, stackId: string, seen: string | undefined) {
  const found: SdkEvent[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new DescribeStackEventsCommand({ StackName: stackId, ...(token ? { NextToken: token } : {}) }),
    );
    for (const event of page.StackEvents ?? []) {
      if (event.EventId === seen) return found.reverse();
      found.push(event);
      if (seen === undefined && isStart(event, stackId)) return found.reverse();
    }
    token = page.NextToken;
  } while (token);
  return found.reverse();
}

function isStart({ PhysicalResourceId, ResourceStatus }: SdkEvent, stackId: string): boolean {
  return PhysicalResourceId === stackId && /^(CREATE|UPDATE|DELETE)_IN_PROGRESS$/.test(String(ResourceStatus));
}

function eventOf(event: SdkEvent): StackEvent {
  const { Timestamp, LogicalResourceId, ResourceType, ResourceStatus, ResourceStatusReason } = event;
  return {
    at: (Timestamp ?? new Date(0)).toISOString(),
    name: LogicalResourceId ?? '',
    type: ResourceType ?? '',
    status: ResourceStatus ?? '',
    reason: ResourceStatusReason ?? '',
  };
}

/** What fails because something else did says that it was cancelled. */
function isFailure({ ResourceStatus, ResourceStatusReason, ResourceType }: SdkEvent): boolean {
  return (
    /_FAILED$/.test(String(ResourceStatus)) &&
    ResourceType !== 'AWS::CloudFormation::Stack' &&
    !/cancelled/i.test(String(ResourceStatusReason))
  );
}

const ACTIONS = { CREATE: 'made', UPDATE: 'changed', DELETE: 'deleted' } as const;

/** The first that failed, in one sentence, and the way on. */
function failed(failures: readonly SdkEvent[], end: SdkEvent): AlakazamError {
  const { name, status, reason: said } = eventOf(failures[0] ?? end);
  const action = ACTIONS[status.split('_', 1)[0] as keyof typeof ACTIONS] ?? 'deployed';
  const reason = said.replaceAll(/\s+/g, ' ').trim() || status;
  const denied = /not authorized to perform:? ([\w:*-]+)/.exec(reason)?.[1];
  return new AlakazamError(denied ? 'access' : 'failed', `${name} could not be ${action}: ${reason}`, {
    hint: wayOn(reason, denied, end.ResourceStatus ?? ''),
  });
}

function wayOn(reason: string, denied: string | undefined, status: string): string {
  const again = status.startsWith('DELETE')
    ? 'alakazam destroy goes on from there'
    : 'alakazam deploy makes good what it left, and tries again';
  if (denied) return `ask whoever manages the AWS account to allow ${denied}; then ${again}`;
  if (/already exists/i.test(reason)) return `another has that name: choose another with --param or --stack; ${again}`;
  if (/limit|quota/i.test(reason)) return `ask AWS for a higher quota, or free what isn't needed; then ${again}`;
  if (/not empty/i.test(reason)) return 'alakazam destroy --with-data empties it';
  return `mend that; then ${again}`;
}
