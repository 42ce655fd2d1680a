/** Refuses a number of shards that Kinesis would refuse in the middle of a deployment. */
import { DescribeStreamSummaryCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import type { ProposalCheck } from '../stack/stack.js';
import { counted } from '../terminal/numbers.js';

/**
 * One change may at most double the open shards, and at most halve them. A stream that leaves the mode ON_DEMAND keeps its
 * shards, four or more, until CloudFormation sets their number; and AWS allows two changes of mode in 24 hours, so that a
 * rollback uses up the next try. https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html
 */
export function shardLimits(session: AwsSession): ProposalCheck {
  return async ({ outputs, before, after }) => {
    const name = outputs.get('OrdersStreamName');
    const isChanged = ['StreamMode', 'StreamShards'].some((each) => before.get(each) !== after.get(each));
    if (!name || !isChanged || after.get('StreamMode') !== 'PROVISIONED') return;
    const describe = new DescribeStreamSummaryCommand({ StreamName: name });
    const { StreamDescriptionSummary } = await session.client(KinesisClient).send(describe);
    const open = StreamDescriptionSummary?.OpenShardCount ?? 0;
    const [least, most] = [Math.ceil(open / 2), open * 2];
    const wanted = Number(after.get('StreamShards'));
    if (wanted >= least && wanted <= most) return;
    throw new AlakazamError(
      'usage',
      `StreamShards is ${wanted}; valid: ${least} to ${most}, since the stream has ${counted(open, 'open shard')}`,
      {
        hint: `alakazam deploy --param StreamMode=PROVISIONED --param StreamShards=${wanted < least ? least : most}, then again to go further`,
      },
    );
  };
}
