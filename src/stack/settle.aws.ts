/** Waits until CloudFormation has ended its operation on a stack, and repairs a stack whose operation failed. */
import { ContinueUpdateRollbackCommand, DeleteStackCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { AlakazamError } from '../errors.js';
import { followEvents, lastEventOf } from './events.aws.js';
import { isEmpty, type StackLookup } from './lookup.aws.js';
import type { StackEvent } from './stack.js';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-console-view-stack-data-resources-status-codes */
const UNDER_WAY = /_IN_PROGRESS$/;
const CHANGING = /^(UPDATE|ROLLBACK|IMPORT)_.*IN_PROGRESS$/;
/** After a first deployment that failed, or a deletion that failed: such a stack can only be deleted. */
const BROKEN = /^(CREATE_FAILED|ROLLBACK_COMPLETE|ROLLBACK_FAILED|DELETE_FAILED)$/;
/** A rollback that failed. Once it is continued to its end, the stack can be deployed to again. */
const STUCK = 'UPDATE_ROLLBACK_FAILED';

/** True if CloudFormation takes a change set for a stack of this status. */
export function isSettled(status: string): boolean {
  return /_COMPLETE$/.test(status) && !BROKEN.test(status);
}

export async function* settle(
  lookup: StackLookup,
  clock: () => number,
  signal: AbortSignal,
): AsyncGenerator<StackEvent> {
  const { client, find } = lookup;
  for (;;) {
    const stack = await find();
    if (!stack || isEmpty(stack) || signal.aborted) return;
    const { StackName: name = '', StackId: id = '' } = stack;
    const status = String(stack.StackStatus);
    if (UNDER_WAY.test(status)) {
      // The next look at the stack shows how the operation ended.
      yield* untilItFails(followEvents(client, id, undefined, signal));
    } else if (BROKEN.test(status)) {
      const reason = 'a failed operation left this stack: it is deleted, then made anew';
      yield { at: new Date(clock()).toISOString(), name, type: 'AWS::CloudFormation::Stack', status, reason };
      yield* deleteStack(lookup, stack, signal);
    } else if (status === STUCK) {
      const last = await lastEventOf(client, id);
      await client.send(new ContinueUpdateRollbackCommand({ StackName: id }));
      yield* untilItFails(followEvents(client, id, last, signal));
      const now = await find();
      if (now?.StackStatus === STUCK) throw whyStuck(await lookup.where(), now);
    } else return;
  }
}

/** Deletes a stack and follows the deletion to its end. CloudFormation keeps the resources that the template retains. */
export async function* deleteStack(
  { client }: StackLookup,
  { StackId = '', StackStatus }: Stack,
  signal: AbortSignal,
): AsyncGenerator<StackEvent> {
  // CloudFormation refuses to delete a stack that it is changing.
  if (CHANGING.test(String(StackStatus))) yield* untilItFails(followEvents(client, StackId, undefined, signal));
  if (signal.aborted) return;
  const last = await lastEventOf(client, StackId);
  await client.send(new DeleteStackCommand({ StackName: StackId }));
  yield* followEvents(client, StackId, last, signal);
}

async function* untilItFails(events: AsyncGenerator<StackEvent>): AsyncGenerator<StackEvent> {
  try {
    yield* events;
  } catch (error) {
    // An error with a cause is of an API call that failed. Without a cause, the operation failed, which the caller handles.
    if (!(error instanceof AlakazamError) || error.cause !== undefined) throw error;
  }
}

function whyStuck(where: string, { StackStatusReason }: Stack): AlakazamError {
  return new AlakazamError('failed', `${where} can't be brought back: ${StackStatusReason}`, {
    hint: 'repair the resource that it names, or skip it with aws cloudformation continue-update-rollback --resources-to-skip; then alakazam deploy',
  });
}
