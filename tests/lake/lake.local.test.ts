import { join } from 'node:path';
import { openStore } from '../../src/engines/lmdb/store.js';
import { openLocalLake } from '../../src/lake/lake.local.js';
import { LOCK_STORE } from '../../src/lake/writer-lock.local.js';
import { localFixture } from '../fixtures/local-pipeline.js';
import { testLake } from './lake.contract.js';

testLake('local', async () => {
  const { home, open } = await localFixture();
  const stream = await open();
  const directory = join(home, 'lake');
  return { stream, lake: openLocalLake(directory, stream, openStore(directory, 'writer', LOCK_STORE)) };
});
