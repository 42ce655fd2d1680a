/** What `doctor` checks of the order stream on AWS. */

import { DescribeLimitsCommand, DescribeStreamSummaryCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import type { Resources } from '../stack/resource-names.js';
import { type Check, check, checkIfPossible, type Finding, requireActive } from '../terminal/check.js';
import { counted } from '../terminal/numbers.js';
import { ORDERS_STREAM } from './resources.js';

export async function* streamChecks(session: AwsSession, resources: Resources): AsyncGenerator<Check> {
  const found = [
    checkIfPossible('Kinesis quota', () => kinesisQuota(session, resources)),
    check('stream', () => streamStatus(session, resources)),
  ];
  for (const each of found) yield await each;
}

async function streamStatus(session: AwsSession, { nameOf }: Resources): Promise<Finding> {
  const name = await nameOf(ORDERS_STREAM);
  const describe = new DescribeStreamSummaryCommand({ StreamName: name });
  const { StreamDescriptionSummary: found } = await session.client(KinesisClient).send(describe);
  requireActive(name, found?.StreamStatus);
  return `${name}: ${counted(found?.OpenShardCount ?? 0, 'shard')}, orders kept for ${found?.RetentionPeriodHours} hours`;
}

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeLimits.html */
async function kinesisQuota(session: AwsSession, { nameOf }: Resources): Promise<Finding> {
  const { OnDemandStreamCount, OnDemandStreamCountLimit, OpenShardCount, ShardLimit } = await session
    .client(KinesisClient)
    .send(new DescribeLimitsCommand({}));
  const streams = `${OnDemandStreamCount} of ${OnDemandStreamCountLimit} on-demand streams`;
  const isFull = (OnDemandStreamCount ?? 0) >= (OnDemandStreamCountLimit ?? Number.POSITIVE_INFINITY);
  const isMade = await nameOf(ORDERS_STREAM).then(
    () => true,
    () => false,
  );
  if (isFull && !isMade) {
    return new AlakazamError('failed', `${streams} are in use, and deploy makes one`, {
      hint: 'ask for more in Service Quotas, or alakazam deploy --param StreamMode=PROVISIONED',
    });
  }
  return `${streams}, ${OpenShardCount} of ${ShardLimit} shards`;
}
