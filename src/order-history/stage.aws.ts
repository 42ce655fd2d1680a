/** The order history as a stage of the AWS target: the tables, and the records that the Lambda function could not accept. */

import type { AwsSession } from '../engines/aws/session.js';
import type { Resources } from '../stack/resource-names.js';
import type { Stage } from '../stage.js';
import type { OrderHistory } from './history.js';
import { historyView } from './history-view.js';
import { REJECTED_QUEUE } from './resources.js';

/** `streamCreatedMs` says when the stream was made, in milliseconds since 1970. */
export function awsHistoryStage(
  session: AwsSession,
  resources: Resources,
  open: () => Promise<OrderHistory>,
  streamCreatedMs: () => Promise<number>,
): Stage {
  return {
    name: 'order history',
    // The Lambda function brings the history up to date by itself.
    async view() {
      const view = historyView(await open());
      return {
        ...view,
        // A stack that adopted the tables of a destroyed one holds orders that its own stream never had.
        async *all(sinceMs = 0) {
          yield* view.all(Math.max(sinceMs, await streamCreatedMs()));
        },
      };
    },
    async *checks() {
      const { historyChecks } = await import('./checks.aws.js');
      yield* historyChecks(session, resources);
    },
    async *rejected() {
      const { peekRejected } = await import('./rejected-queue.aws.js');
      yield* peekRejected(session, await resources.nameOf(REJECTED_QUEUE));
    },
    async *replay(signal) {
      const [{ replay }, { outputs }] = await Promise.all([import('./replay.aws.js'), resources.stack()]);
      const output = (name: string) => outputs.get(name) as string;
      const places = {
        functionName: output('ProcessOrdersFunctionName'),
        bucket: output('FailedOrdersBucketName'),
        prefix: output('FailedOrdersPrefix'),
        queueUrl: output('RejectedQueueUrl'),
      };
      yield* replay(session, places, signal);
    },
  };
}
