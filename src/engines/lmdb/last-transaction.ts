/**
 * Whether a store shows what its last transaction left. LMDB begins at the newer of two pages, each of which leads to the whole of
 * a transaction. A bit that changes in one of them may lead to the transaction before, or to one before that: all of it would look
 * right, and be old. So each transaction leaves its number in the store, which has to be the one that LMDB begins with.
 */
import type { RootDatabase } from 'lmdb';
import type { Table } from './checked-table.js';
import type { LmdbKey } from './store.js';

const KEY = 'transaction';
/** Somebody who has opened the store may be making a table that it lacks. */
const PATIENCE_MS = 500;
const WAIT_MS = 5;

interface Statistics {
  readonly lastTxnId: number;
}

/** Call it at the end of a transaction. */
export function noteTransaction(root: RootDatabase<Buffer, LmdbKey>, meta: Table): void {
  meta.putSync(KEY, Buffer.from(String(root.getWriteTxnId())));
}

export function checkTransaction(
  root: RootDatabase<Buffer, LmdbKey>,
  meta: Table,
  damage: (what: string) => Error,
): void {
  const numberNow = () => (root.getStats() as Statistics).lastTxnId;
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    root.resetReadTxn();
    const before = numberNow();
    const noted = meta.get(KEY);
    if (!noted || Number(noted) === before) return;
    // Others write between two looks.
    if (numberNow() === before && performance.now() > endMs) {
      throw damage(`it shows what transaction ${noted} left, of ${before}`);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
  }
}
