/** The history of a stack that adopted the tables of a destroyed one: they hold orders that its stream never had. */
import { expect, test } from 'vitest';
import type { AwsSession } from '../../src/engines/aws/session.js';
import type { OrderHistory } from '../../src/order-history/history.js';
import { awsHistoryStage } from '../../src/order-history/stage.aws.js';
import type { Resources } from '../../src/stack/resource-names.js';
import { streamCreatedMs } from '../../src/stream/created.aws.js';

const CREATED_MS = Date.parse('2026-11-27T09:50:00Z');

test.each([
  ['before its stream was made', 0, CREATED_MS - 1000],
  ['that the stream has forgotten', CREATED_MS + 86_400_000, CREATED_MS + 86_400_000],
])('verify compares no order that arrived %s', async (_, sinceMs, expected) => {
  const asked: (number | undefined)[] = [];
  const history = {
    all(since?: number) {
      asked.push(since);
      return (async function* () {})();
    },
  } as unknown as OrderHistory;
  const send = async () => ({ StreamDescriptionSummary: { StreamCreationTimestamp: new Date(CREATED_MS) } });
  const session = { client: () => ({ send }) } as unknown as AwsSession;
  const resources = {} as Resources;
  const created = () => streamCreatedMs(session, 'orders');
  const view = await awsHistoryStage(session, resources, async () => history, created).view?.();
  for await (const _block of view?.all(sinceMs) ?? []);
  expect(asked).toEqual([expected]);
});
