/** Follows what CloudFormation does to a stack, event by event, until the operation has ended. */
import {
  type CloudFormationClient,
  DescribeStackEventsCommand,
  type StackEvent as SdkEvent,
} from '@aws-sdk/client-cloudformation';
import { createPoll } from '../engines/aws/poll.js';
import { AlakazamError } from '../errors.js';
import type { StackEvent } from './stack.js';

/** Often enough for a person who watches, and too seldom for CloudFormation to throttle. */
const POLL_MS_MAX = 1500;

/** Id of the newest event: `followEvents` begins after it. */
export async function lastEventOf(client: CloudFormationClient, stackId: string): Promise<string | undefined> {
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName: stackId }));
  return StackEvents[0]?.EventId;
}

/**
 * Yields the events that follow the event `after`, or, where that is undefined, all events of the current operation. Ends with
 * the operation, and throws an `AlakazamError` without a cause if the operation failed. The signal ends the iteration at
 * once; CloudFormation continues the operation.
 */
export async function* followEvents(
  client: CloudFormationClient,
  stackId: string,
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<StackEvent> {
  let seen = after;
  const failures: SdkEvent[] = [];
  const poll = createPoll(POLL_MS_MAX);
  for (;;) {
    for (const event of await eventsAfter(client, stackId, seen)) {
      seen = event.EventId;
      const shown = eventOf(event);
      yield shown;
      if (isFailure(event)) failures.push(event);
      if (event.PhysicalResourceId !== stackId || /_IN_PROGRESS$/.test(shown.status)) continue;
      if (/ROLLBACK|FAILED/.test(shown.status)) throw failed(failures, event);
      return;
    }
    await poll(signal);
    if (signal.aborted) return;
  }
}

/** Oldest first. */
async function eventsAfter(client: CloudFormationClient, stackId: string, seen: string | undefined) {
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
  return PhysicalResourceId === stackId && /^(CREATE|UPDATE|IMPORT|DELETE)_IN_PROGRESS$/.test(String(ResourceStatus));
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

/** A resource that CloudFormation cancels because another one failed is not the cause. */
function isFailure({ ResourceStatus, ResourceStatusReason, ResourceType }: SdkEvent): boolean {
  return (
    /_FAILED$/.test(String(ResourceStatus)) &&
    ResourceType !== 'AWS::CloudFormation::Stack' &&
    !/cancelled/i.test(String(ResourceStatusReason))
  );
}

const ACTIONS = { CREATE: 'made', UPDATE: 'changed', IMPORT: 'adopted', DELETE: 'deleted' } as const;

/** Says which resource failed first and why, and what to do next. */
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
    : 'alakazam deploy repairs the stack, and tries again';
  // CloudFormation says the first where the account has no subscription, and the second where QuickSight takes its caller for nobody.
  if (/not (subscribed|signed up)\b.*QuickSight|Access denied for operation 'AWS::QuickSight::/i.test(reason)) {
    return `subscribe the account at https://quicksight.aws.amazon.com/, or deploy with --without quicksight; ${again}`;
  }
  if (denied) return `ask whoever manages the AWS account to allow ${denied}; then ${again}`;
  if (/already exists/i.test(reason))
    return `another resource has that name: choose another name with --param or --stack; ${again}`;
  if (/limit|quota/i.test(reason)) return `ask AWS for a higher quota, or free what isn't needed; then ${again}`;
  if (/not empty/i.test(reason)) return 'alakazam destroy --with-data empties it';
  return `correct the cause; then ${again}`;
}
