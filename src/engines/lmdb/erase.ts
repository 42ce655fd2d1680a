/**
 * Overwrites what was deleted from a store. LMDB only forgets its pages: what they held stays in the file until they are used
 * again, so they are used. Processes that have the file open go on with it, which they could not if another took its place.
 */
import type { RootDatabase } from 'lmdb';
import { AlakazamError } from '../../errors.js';
import type { LmdbKey, LocalStore } from './store.js';

const FILLER = 'filler';
/** Before the data of a page. */
const PAGE_HEADER_BYTES = 24;
const PAGES_A_COMMIT = 1024;
/** A page that one transaction gave up may be used by the second one after it. */
const COMMITS_UNTIL_FREE = 2;

export interface Erasable extends Pick<LocalStore, 'table' | 'write'> {
  /** As it is open now. */
  root(): RootDatabase<Buffer, LmdbKey>;
}

/**
 * The file grows by a few MB at most. Throws an `AlakazamError` if somebody still reads what was deleted,
 * who keeps it from being overwritten.
 */
export async function overwriteFreePages({ root, table, write }: Erasable): Promise<void> {
  const filler = () => root().openDB<Buffer, number>(FILLER, { encoding: 'binary' });
  // Each transaction changes what the store itself knows of, as all of them do.
  const begin = () => table('meta').putSync('erased', Buffer.from('1'));
  await write(begin);
  root().resetReadTxn();
  const { pageSize, lastTxnId } = root().getStats() as { pageSize: number; lastTxnId: number };
  // Each takes a page of its own, whole.
  const page = Buffer.alloc(pageSize - PAGE_HEADER_BYTES);
  const lastPage = () => {
    root().resetReadTxn();
    return (root().getStats() as { lastPageNumber: number }).lastPageNumber;
  };
  let next = 1;
  const fill = (pages: number) =>
    write(() => {
      begin();
      const into = filler();
      for (let i = 0; i < pages; i++) into.putSync(next++, page);
    });
  for (let i = 0; i < COMMITS_UNTIL_FREE; i++) await fill(1);
  // A file that grows had no page left that was free.
  for (let isFull = false; !isFull; ) {
    const before = lastPage();
    await fill(PAGES_A_COMMIT);
    isFull = lastPage() > before;
  }
  await write(() => {
    filler().dropSync();
    table('meta').removeSync('erased');
  });
  root().resetReadTxn();
  const reader = readersOf(root()).find(({ transaction }) => transaction <= lastTxnId);
  if (!reader) return;
  throw new AlakazamError('partial', `it is emptied, and process ${reader.pid} still reads what was deleted`, {
    hint: `end that process, then overwrite the rest: alakazam reset --erase`,
  });
}

/** Who reads, and what the last transaction was when they began. */
function readersOf(root: RootDatabase<Buffer, LmdbKey>): { pid: number; transaction: number }[] {
  root.readerCheck();
  return [...root.readerList().matchAll(/^\s*(\d+)\s+\S+\s+(\d+)\s*$/gm)].map(([, pid, transaction]) => ({
    pid: Number(pid),
    transaction: Number(transaction),
  }));
}
