/** The lake as a stage of the AWS target. */
import type { AwsSession } from '../engines/aws/session.js';
import type { Resources } from '../stack/resource-names.js';
import type { Stage } from '../stage.js';
import { check } from '../terminal/check.js';
import { duration } from '../terminal/numbers.js';
import type { AwsLake } from './lake.aws.js';
import { LAKE_DELIVERY } from './resources.js';

export function awsLakeStage(session: AwsSession, resources: Resources, open: () => Promise<AwsLake>): Stage {
  return {
    name: 'data lake',
    view: async () => (await open()).view(),
    async *checks() {
      const { describeDelivery } = await import('./delivery.aws.js');
      yield await check('lake', async () => {
        const { startMs, latestMs } = await describeDelivery(session, await resources.nameOf(LAKE_DELIVERY));
        return `Firehose delivers within ${duration(latestMs / 1000)} what arrived since ${new Date(startMs).toISOString()}`;
      });
    },
  };
}
