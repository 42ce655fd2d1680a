/** A stack on an emulator, under a name of its own. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import type { Assets } from '../../src/stack/assets.js';
import { readAssets } from '../../src/stack/assets.js';
import { openAwsStack } from '../../src/stack/stack.aws.js';
import type { Stack } from '../../src/stack/stack.js';
import { shardLimits } from '../../src/stream/shard-limits.aws.js';
import { ROOT } from '../run-cli.js';
import type { StackFixture } from './stack.contract.js';

export interface AwsStackFixture extends StackFixture {
  readonly name: string;
  /** Some assets may be others than those of the build. */
  open(changed?: Partial<Assets>): Stack;
}

const assets = readAssets(pathToFileURL(join(ROOT, 'dist', 'stack', '/')));
/** As the stages declare them. */
const HOLDINGS = [
  { name: 'order stream', resource: 'OrdersStream', holds: 'the orders of the last day' },
  { name: 'rejected queue', resource: 'RejectedQueue', unit: 'record' },
  {
    name: 'process-orders',
    resource: 'ProcessOrdersFunction',
    waiting: { resource: 'LakeBucket', prefix: 'aws/lambda/', what: 'given up' },
  },
];
let made = 0;

export async function startStack(): Promise<AwsStackFixture> {
  const name = `orders-${++made}`;
  return {
    name,
    open(changed = {}) {
      const session = openSession(name);
      onTestFinished(() => session.close());
      return openAwsStack({
        session,
        assets: { ...assets, ...changed },
        clock: Date.now,
        holdings: HOLDINGS,
        checks: [shardLimits(session)],
      });
    },
  };
}
