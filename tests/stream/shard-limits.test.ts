/** What Kinesis refuses: UpdateShardCount may not go below half nor above double the open shards. */
import { expect, test } from 'vitest';
import type { AwsSession } from '../../src/engines/aws/session.js';
import { AlakazamError } from '../../src/errors.js';
import { shardLimits } from '../../src/stream/shard-limits.aws.js';

const outputs = new Map([['OrdersStreamName', 'orders']]);
const parameters = (StreamMode: string, StreamShards: number) =>
  new Map(Object.entries({ StreamMode, StreamShards: String(StreamShards) }));

/** A Kinesis whose stream has so many open shards. */
function check(open: number) {
  let asked = 0;
  const send = async ({ input }: { input: { StreamName: string } }) => {
    asked++;
    expect(input.StreamName).toBe('orders');
    return { StreamDescriptionSummary: { OpenShardCount: open } };
  };
  const session = { client: () => ({ send }) } as unknown as AwsSession;
  return { run: shardLimits(session), asked: () => asked };
}

test.each([
  [4, 'ON_DEMAND', 1, 'PROVISIONED', 1, '2 to 8', '--param StreamShards=2'],
  [4, 'ON_DEMAND', 1, 'PROVISIONED', 9, '2 to 8', '--param StreamShards=8'],
  [5, 'PROVISIONED', 5, 'PROVISIONED', 2, '3 to 10', '--param StreamShards=3'],
  [1, 'PROVISIONED', 1, 'PROVISIONED', 3, '1 to 2', '--param StreamShards=2'],
])('with %s open shards, from %s %s to %s %s is refused', async (open, mode, shards, newMode, wanted, valid, next) => {
  const proposal = { outputs, before: parameters(mode, shards), after: parameters(newMode, wanted) };
  const error = await check(open)
    .run(proposal)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AlakazamError);
  const { code, message, hint } = error as AlakazamError;
  expect(code).toBe('usage');
  expect(message).toContain(`StreamShards is ${wanted}; valid: ${valid}`);
  expect(hint).toContain(next);
});

test.each([
  [4, 'ON_DEMAND', 1, 'PROVISIONED', 2],
  [4, 'ON_DEMAND', 1, 'PROVISIONED', 8],
  [4, 'PROVISIONED', 4, 'ON_DEMAND', 1],
  [2, 'PROVISIONED', 2, 'PROVISIONED', 1],
])('with %s open shards, from %s %s to %s %s is allowed', async (open, mode, shards, newMode, wanted) => {
  await check(open).run({ outputs, before: parameters(mode, shards), after: parameters(newMode, wanted) });
});

test('a deployment that leaves the shards alone asks nothing, whatever somebody made of them by hand', async () => {
  const { run, asked } = check(16);
  await run({ outputs, before: parameters('PROVISIONED', 1), after: parameters('PROVISIONED', 1) });
  await run({ outputs, before: parameters('ON_DEMAND', 1), after: parameters('ON_DEMAND', 5) });
  await run({ outputs: new Map(), before: parameters('ON_DEMAND', 1), after: parameters('PROVISIONED', 1) });
  expect(asked()).toBe(0);
});
