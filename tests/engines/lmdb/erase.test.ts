/** What was deleted from a store is not in its file any more once it is erased. */
import { readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openStore } from '../../../src/engines/lmdb/store.js';
import { temporaryDirectory } from '../../run-cli.js';

const OPTIONS = { tables: ['small', 'large'], remedy: 'none' };

/** How often a text is in a file. */
const countIn = (path: string, text: string) => readFileSync(path, 'latin1').split(text).length - 1;

test('no byte of what was deleted stays, and what was not deleted does', async () => {
  const directory = temporaryDirectory();
  const store = openStore(directory, 'orders', OPTIONS);
  const fill = async (mark: string, from: number) => {
    for (let i = from; i < from + 20; i++) {
      await store.write(() => {
        for (let n = 0; n < 50; n++) {
          store.table('small').putSync([mark, i * 50 + n], Buffer.from(`${mark} of ${n}`));
          store.table('large').putSync([mark, i * 50 + n], Buffer.from(`${mark} of ${n} `.repeat(100 + 20 * n)));
        }
      });
    }
  };
  await fill('GONE', 0);
  // Deleted, and written anew, so that pages are given up in many ways.
  await store.write(() => store.table('small').clearSync());
  await fill('GONE', 100);
  await store.write(() => {
    for (const name of OPTIONS.tables) store.table(name).clearSync();
  });
  await store.write(() => store.table('small').putSync('kept', Buffer.from('KEPT')));
  const other = openStore(directory, 'orders', OPTIONS);
  expect(other.table('small').get('kept')?.toString()).toBe('KEPT');
  expect(countIn(store.path, 'GONE')).toBeGreaterThan(10_000);

  const { size } = statSync(store.path);
  // The other one reads at this moment what is to be overwritten.
  await expect(store.erase()).rejects.toThrow(`process ${process.pid} still reads what was deleted`);
  other.refresh();
  await store.erase();
  expect(countIn(store.path, 'GONE')).toBe(0);
  expect(statSync(store.path).size).toBeLessThan(size + 10_000_000);
  // Both go on with the same file.
  other.refresh();
  expect(other.table('small').get('kept')?.toString()).toBe('KEPT');
  await other.write(() => other.table('large').putSync('more', Buffer.from('MORE')));
  store.refresh();
  expect(store.table('large').get('more')?.toString()).toBe('MORE');
  expect(store.isExchanged()).toBe(false);
  await store.close();
  await other.close();
});
