/** The recommender of the embedded target, in a directory of its own. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openStore } from '../../src/engines/lmdb/store.js';
import { currentTables } from '../../src/lake/current-tables.local.js';
import { openLocalLake } from '../../src/lake/lake.local.js';
import { spillPath } from '../../src/lake/spill.local.js';
import { LOCK_STORE } from '../../src/lake/writer-lock.local.js';
import { openLakePurchases } from '../../src/product-recommendations/lake-purchases.local.js';
import { openModelStore } from '../../src/product-recommendations/model-store.local.js';
import { openLocalRecommender } from '../../src/product-recommendations/recommender.local.js';
import { localFixture } from '../fixtures/local-pipeline.js';

export async function startLocalRecommender() {
  const { home, open, openHistory } = await localFixture();
  const stream = await open();
  const directory = join(home, 'lake');
  const lake = openLocalLake(directory, stream, openStore(directory, 'writer', LOCK_STORE));
  onTestFinished(() => lake.close());
  const history = await openHistory(stream);
  const recommender = openLocalRecommender({
    store: openModelStore(join(home, 'models')),
    source: async () =>
      openLakePurchases({
        currentTables: currentTables(
          directory,
          () => undefined,
          async () => lake,
        ),
        spillTo: () => spillPath(directory),
      }),
    history: async () => history,
    knownVersion: () => undefined,
    clock: () => 0,
  });
  return { stream, history, recommender };
}
