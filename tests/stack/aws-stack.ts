/** A stack on an emulator, under a name of its own. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import { readAssets } from '../../src/stack/assets.js';
import { openAwsStack } from '../../src/stack/stack.aws.js';
import { ROOT } from '../run-cli.js';
import type { StackFixture } from './stack.contract.js';

const assets = readAssets(pathToFileURL(join(ROOT, 'dist', 'stack', '/')));
let made = 0;

export async function startStack(): Promise<StackFixture & { readonly name: string }> {
  const name = `orders-${++made}`;
  return {
    name,
    open() {
      const session = openSession(name);
      onTestFinished(() => session.close());
      return openAwsStack({ session, assets, clock: Date.now });
    },
  };
}
