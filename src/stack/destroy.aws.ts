/** Deletes a stack, and says before that what is lost and what stays. */
import { isMissing } from '../engines/aws/errors.js';
import type { AwsSession } from '../engines/aws/session.js';
import { counted } from '../terminal/numbers.js';
import { isArtifactBucketOf } from './artifact-bucket.js';
import { deleteData } from './delete-data.aws.js';
import { type DeployedResource, resourcesOf, type StackLookup } from './lookup.aws.js';
import { dataIn, findRemains, isData, TABLE } from './remains.aws.js';
import { deleteStack } from './settle.aws.js';
import type { Holding, HoldingRow, StackEvent } from './stack.js';
import { filesIn, itemsIn, messagesIn } from './status.aws.js';

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

export async function findHoldings(
  session: AwsSession,
  lookup: StackLookup,
  rows: readonly HoldingRow[],
): Promise<Holding[]> {
  const stack = await lookup.find();
  const resources = stack ? await resourcesOf(lookup, stack) : [];
  const found = stack ? await declared(session, rows, resources) : [];
  const data = [...dataIn(resources), ...(await findRemains(session)).filter(isData)];
  for (const [name, { type }] of new Map(data.map((each) => [each.name, each]))) {
    const holds = await unlessGone(async () =>
      type === TABLE ? itemsIn(session, name) : (await filesIn(session, name, '')).text,
    );
    if (holds !== undefined) found.push({ name, holds, isKept: !isArtifactBucketOf(session.stack, name) });
  }
  return found;
}

/** What the stages declare of a stack that exists; a stack that is half-way gone has lost some of it. */
async function declared(
  session: AwsSession,
  rows: readonly HoldingRow[],
  resources: readonly DeployedResource[],
): Promise<Holding[]> {
  const ids = new Map(resources.map(({ name, id }) => [name, id]));
  const found: Holding[] = [];
  for (const { name, resource, holds, unit, waiting } of rows) {
    const id = ids.get(resource);
    const bucket = waiting && ids.get(waiting.resource);
    if (id && unit) {
      const messages = await unlessGone(async () => counted(await messagesIn(session, id), unit));
      if (messages) found.push({ name, holds: messages, isKept: false });
    } else if (id && holds) found.push({ name, holds, isKept: false });
    if (!bucket) continue;
    const files = await unlessGone(() => filesIn(session, bucket, waiting.prefix));
    if (files && files.count > 0) found.push({ name, holds: `${files.text} ${waiting.what}`, isKept: true });
  }
  return [...found, { name: 'logs, alarms, dashboard', holds: 'how the stack ran', isKept: false }];
}

async function unlessGone<T>(ask: () => Promise<T>): Promise<T | undefined> {
  return ask().catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
}
