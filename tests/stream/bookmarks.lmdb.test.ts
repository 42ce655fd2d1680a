import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openStore } from '../../src/engines/lmdb/store.js';
import { BOOKMARK_STORE, openBookmarks } from '../../src/stream/bookmarks.lmdb.js';
import { temporaryDirectory } from '../run-cli.js';
import { testBookmarks } from './bookmarks.contract.js';

const directory = temporaryDirectory();
let homes = 0;

testBookmarks('LMDB', () => {
  const store = openStore(join(directory, String(homes++)), 'bookmarks', BOOKMARK_STORE);
  onTestFinished(() => store.close());
  return { open: () => openBookmarks(store), write: (write) => store.write(write) };
});
