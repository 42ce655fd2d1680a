/** Deletes a stack, and says beforehand which data is lost and which stays. */
import type { AwsSession } from '../engines/aws/session.js';
import { isArtifactBucketOf } from './artifact-bucket.js';
import { deleteData } from './delete-data.aws.js';
import { listResources } from './deployed.aws.js';
import type { StackLookup } from './lookup.aws.js';
import type { StackModel } from './parts.js';
import { contentsOf } from './probes.aws.js';
import { dataIn, findRemains, isData } from './remains.aws.js';
import { deleteStack } from './settle.aws.js';
import type { Holding, StackEvent } from './stack.js';
import { describeLosses } from './status.aws.js';
import { keptTypeOf } from './types.js';

export async function* destroyStack(
  session: AwsSession,
  lookup: StackLookup,
  isWithData: boolean,
  signal: AbortSignal,
): AsyncGenerator<StackEvent> {
  const stack = await lookup.find();
  if (stack) yield* deleteStack(lookup, stack, signal);
  if (signal.aborted) return;
  const { account } = await lookup.owner();
  for (const remainder of (await findRemains(session)).filter(isData)) {
    if (!isWithData && !isArtifactBucketOf(session.stack, remainder.name)) continue;
    yield* deleteData(session, remainder, account, signal);
    if (signal.aborted) return;
  }
}

export async function findHoldings(session: AwsSession, lookup: StackLookup, model: StackModel): Promise<Holding[]> {
  const stack = await lookup.find();
  const resources = stack ? await listResources(session, stack.StackId) : [];
  const found = await describeLosses(session, model, resources);
  if (stack) found.push({ name: 'logs, alarms, dashboard', holds: 'how the stack ran', isKept: false });
  const data = [...dataIn(resources), ...(await findRemains(session)).filter(isData)];
  for (const [name, { type }] of new Map(data.map((each) => [each.name, each]))) {
    const holds = await contentsOf(session, { name, id: name, type: keptTypeOf(type) as string });
    if (holds !== undefined) found.push({ name, holds, isKept: !isArtifactBucketOf(session.stack, name) });
  }
  return found;
}
