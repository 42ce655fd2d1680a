/** Readers of the stream leave to Lambda and Firehose their share of the five calls a second that a shard answers. */
import { expect, onTestFinished, test } from 'vitest';
import { openSession } from '../../../src/engines/aws/session.js';
import { openArrivals } from '../../../src/stream/kinesis/arrivals.aws.js';

test('a shard is polled once a second and read twice a second, after three calls at once', () => {
  const session = openSession('alakazam', { AWS_REGION: 'eu-central-1' });
  onTestFinished(() => session.close());
  const { pollMs, turnMs } = openArrivals(session, 'orders');
  expect(pollMs).toBe(1000);
  const turns = Array.from({ length: 7 }, () => turnMs?.('shardId-000000000000') as number);
  expect(turns.map((ms) => Math.round(ms / 500) * 500)).toEqual([0, 0, 0, 500, 1000, 1500, 2000]);
});
