/** The Firehose stream that fills the lake: which orders it must have delivered by now. */
import { DescribeDeliveryStreamCommand, FirehoseClient } from '@aws-sdk/client-firehose';
import type { AwsSession } from '../engines/aws/session.js';
import { requireActive } from '../terminal/check.js';

/**
 * Firehose writes a file when the oldest order in it has waited for the interval of the buffer. Before that, an order waits up to
 * a minute for the function; the rest is for what Firehose does itself, which nobody promises.
 */
const LATER_MS = 5 * 60_000;

export interface Delivery {
  /** Since when Firehose reads the stream: it begins at the end. */
  readonly startMs: number;
  /** After how long an order must be in the lake. */
  readonly latestMs: number;
}

/** Throws an `AlakazamError` if there is no such Firehose stream, or it does not deliver. */
export async function describeDelivery(session: AwsSession, name: string): Promise<Delivery> {
  const { DeliveryStreamDescription: found } = await session
    .client(FirehoseClient)
    .send(new DescribeDeliveryStreamCommand({ DeliveryStreamName: name }));
  requireActive(name, found?.DeliveryStreamStatus);
  // https://docs.aws.amazon.com/firehose/latest/APIReference/API_KinesisStreamSourceDescription.html
  const start = found?.Source?.KinesisStreamSourceDescription?.DeliveryStartTimestamp ?? found?.CreateTimestamp;
  const buffer = found?.Destinations?.[0]?.ExtendedS3DestinationDescription?.BufferingHints?.IntervalInSeconds;
  return { startMs: start?.getTime() ?? 0, latestMs: (buffer ?? BUFFER_SECONDS) * 1000 + LATER_MS };
}

/** Of Firehose where nothing else is set. https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html */
const BUFFER_SECONDS = 300;
