/** The pipeline in the user's own AWS account: the parts of one stack, put there by `alakazam deploy`. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { assetOf } from '../assets.js';
import { openSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import type { OrderHistory } from '../order-history/history.js';
import type { Target } from '../pipeline.js';
import { findResources } from '../stack/resources.aws.js';
import type { Stack } from '../stack/stack.js';
import type { OrderStream } from '../stream/stream.js';

export const aws: Target = (config, clock) => {
  const home = config.get('home') as string;
  const session = openSession(config.get('stack') as string);
  const { nameOf, stack } = findResources(session);
  let stream: Promise<OrderStream> | undefined;
  let history: Promise<OrderHistory> | undefined;
  let opened: Promise<Stack> | undefined;

  async function openStream(): Promise<OrderStream> {
    const [{ openAwsStream }, { PROGRESS_STORE }, { openStore }, name] = await Promise.all([
      import('../stream/stream.aws.js'),
      import('../stream/bookmarks.js'),
      import('../engines/lmdb/store.js'),
      nameOf('OrdersStreamName'),
    ]);
    return openAwsStream({
      session,
      name,
      clock,
      openStore(identity) {
        const hash = createHash('sha256').update(identity).digest('hex').slice(0, 16);
        return openStore(join(home, 'aws'), hash, PROGRESS_STORE);
      },
    });
  }

  async function* rejected() {
    stream ??= openStream();
    yield* (await stream).rejected();
    const { peekRejected } = await import('../order-history/rejected-queue.aws.js');
    yield* peekRejected(session, await nameOf('RejectedQueueUrl'));
  }

  async function openHistory(): Promise<OrderHistory> {
    const [{ openAwsHistory }, table, index] = await Promise.all([
      import('../order-history/history.aws.js'),
      nameOf('HistoryTableName'),
      nameOf('HistoryIndexTableName'),
    ]);
    return openAwsHistory({
      session,
      table,
      index,
      clock,
      async arrivals() {
        const { openArrivals, ordersIn } = await import('../stream/kinesis/arrivals.aws.js');
        return { log: openArrivals(session, await nameOf('OrdersStreamName')), ordersIn };
      },
      async changes() {
        const { openChanges, changesIn } = await import('../order-history/dynamodb/changes.aws.js');
        return { log: await openChanges(session, table), changesIn };
      },
    });
  }

  async function openStack(): Promise<Stack> {
    const [{ openAwsStack }, { readAssets }] = await Promise.all([
      import('../stack/stack.aws.js'),
      import('../stack/assets.js'),
    ]);
    return openAwsStack({ session, assets: readAssets(assetOf('dist/stack/')), clock });
  }

  return {
    stream: () => {
      stream ??= openStream();
      return stream;
    },
    history: () => {
      history ??= openHistory();
      return history;
    },
    stack: () => {
      opened ??= openStack();
      return opened;
    },
    rejected,
    // The Lambda function brings the history up to date by itself.
    views: async () => [],
    async *checks() {
      const { checks } = await import('../stack/checks.aws.js');
      yield* checks(session, { nameOf, stack });
    },
    async contents() {
      const { sizeOfHistory } = await import('../stack/checks.aws.js');
      return `${await sizeOfHistory(session, await nameOf('HistoryTableName'))} in stack ${session.stack}`;
    },
    async reset() {
      throw new AlakazamError('failed', `stack ${session.stack} can't be emptied in place`, {
        hint: 'alakazam destroy, then alakazam deploy',
      });
    },
    async close() {
      for (const each of [history, stream]) await (await each?.catch(() => undefined))?.close();
      session.close();
    },
  };
};
