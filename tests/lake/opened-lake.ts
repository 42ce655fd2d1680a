/** Lakes over one stream, as different processes open them; closed when the test has ended. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openStore } from '../../src/engines/lmdb/store.js';
import type { Lake } from '../../src/lake/lake.js';
import { openLocalLake } from '../../src/lake/lake.local.js';
import { LOCK_STORE } from '../../src/lake/writer-lock.local.js';
import type { Order } from '../../src/orders/order.js';
import type { NumberedStream } from '../../src/stream/numbered-stream.js';
import { localFixture } from '../fixtures/local-pipeline.js';
import { ordersIn } from '../fixtures/orders.js';

export async function openedLake() {
  const { home, open } = await localFixture();
  const stream = await open();
  const directory = join(home, 'lake');
  const openLake = (of: NumberedStream = stream): Lake => {
    const lake = openLocalLake(directory, of, openStore(directory, 'writer', LOCK_STORE));
    onTestFinished(() => lake.close());
    return lake;
  };
  return { home, directory, stream, open, openLake, lake: openLake() };
}

/** The latest version of each order, by id. */
export async function latestIn(lake: Lake): Promise<Order[]> {
  const orders: Order[] = [];
  for await (const block of lake.all()) orders.push(...ordersIn([block]));
  return orders.sort((a, b) => (a.orderId < b.orderId ? -1 : 1));
}

/** The files that are the lake, as it names them now. */
export function pathsIn(lake: Lake): readonly string[] {
  const { paths, release } = lake.tables();
  release();
  return paths;
}
