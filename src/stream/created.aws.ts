/** Time at which a stream was created: no order in the stream arrived earlier. */
import { DescribeStreamSummaryCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import type { AwsSession } from '../engines/aws/session.js';

/** Kinesis gives the time to the second. */
const PRECISION_MS = 1000;

/** In milliseconds since 1970; up to a second early, and never late. */
export async function streamCreatedMs(session: AwsSession, name: string): Promise<number> {
  const describe = new DescribeStreamSummaryCommand({ StreamName: name });
  const { StreamDescriptionSummary: found } = await session.client(KinesisClient).send(describe);
  return Math.max(0, (found?.StreamCreationTimestamp?.getTime() ?? 0) - PRECISION_MS);
}
