/** The recommender of the embedded target, in a directory of its own. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type LocalStore, openStore } from '../../src/engines/lmdb/store.js';
import { LOCK_STORE } from '../../src/engines/lmdb/writer-lock.js';
import { currentTables } from '../../src/lake/current-tables.local.js';
import { openLocalLake } from '../../src/lake/lake.local.js';
import { spillPath } from '../../src/lake/spill.local.js';
import { openLakePurchases } from '../../src/product-recommendations/lake-purchases.local.js';
import { openModelStore } from '../../src/product-recommendations/model-store.local.js';
import { openRecommenderByEngine } from '../../src/product-recommendations/recommender-by-engine.local.js';
import { openSparkRecommender } from '../../src/product-recommendations/spark-recommender.local.js';
import { localFixture } from '../fixtures/local-pipeline.js';

/** Opens the lock of a directory, once. */
export function lockOf(directory: string): () => Promise<LocalStore> {
  let opened: LocalStore | undefined;
  onTestFinished(() => opened?.close());
  return async () => {
    opened ??= openStore(directory, 'writer', LOCK_STORE);
    return opened;
  };
}

/** Noon of a day after all orders of the tests, but for those that are to lie in the future. */
export const clock = () => Date.UTC(2011, 11, 31, 12);

export async function startLocalRecommender() {
  const { home, open, openHistory } = await localFixture();
  const stream = await open();
  const directory = join(home, 'lake');
  const lake = openLocalLake(directory, { stream, openLock: async () => openStore(directory, 'writer', LOCK_STORE) });
  onTestFinished(() => lake.close());
  const models = join(home, 'models');
  const history = await openHistory(stream);
  const found = {
    currentTables: currentTables(
      directory,
      () => undefined,
      async () => lake,
    ),
    spillTo: () => spillPath(directory),
    clock,
  };
  const store = openModelStore(models, lockOf(models));
  const shared = { store, history: async () => history, knownVersion: () => undefined, clock };
  const recommender = openRecommenderByEngine({
    ...shared,
    source: async () => openLakePurchases(found),
    spark: async () => openSparkRecommender({ ...shared, ...found }),
  });
  return { home, stream, history, recommender };
}
