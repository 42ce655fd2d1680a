/** A stack on an emulator, under a name of its own. */
import { onTestFinished } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import type { Assets } from '../../src/stack/assets.js';
import { openAwsStack } from '../../src/stack/stack.aws.js';
import type { OptionalUpload, Stack } from '../../src/stack/stack.js';
import { shardLimits } from '../../src/stream/shard-limits.aws.js';
import { ASSETS } from '../fixtures/built-stack.js';
import type { StackFixture } from './stack.contract.js';

export interface AwsStackFixture extends StackFixture {
  readonly name: string;
  /** Some assets may be others than those of the build. */
  open(changed?: Partial<Assets>, uploads?: readonly OptionalUpload[]): Stack;
}

let made = 0;

export async function startStack(): Promise<AwsStackFixture> {
  const name = `orders-${++made}`;
  return {
    name,
    open(changed = {}, uploads = []) {
      const session = openSession(name);
      onTestFinished(() => session.close());
      return openAwsStack({
        session,
        assets: { ...ASSETS, ...changed },
        clock: Date.now,
        checks: [shardLimits(session)],
        uploads,
        starts: [],
      });
    },
  };
}
