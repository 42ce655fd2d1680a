/** One process at a time writes a directory that others read. The lock of a process that has ended is free. */
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, type ProcessName, thisProcess } from '../processes.js';
import type { LocalStore } from './store.js';

const POLL_MS = 20;
const KEY = 'writer';

export const LOCK_STORE = { tables: [], remedy: 'delete it: it holds no orders', isMadeAgain: true } as const;

/** Runs `write` while no other process writes; does nothing if the signal says stop before. */
export async function whileLocked(
  store: LocalStore,
  signal: AbortSignal | undefined,
  write: () => Promise<void>,
): Promise<void> {
  const meta = () => store.table('meta');
  // LMDB lets one process in at a time, and lets go of it when the process is killed.
  const take = () =>
    store.write(() => {
      const holder = meta().get(KEY);
      if (holder && isRunning(JSON.parse(holder.toString()) as ProcessName)) return false;
      meta().putSync(KEY, Buffer.from(JSON.stringify(thisProcess())));
      return true;
    });
  while (!take()) {
    await delay(POLL_MS, undefined, signal ? { signal } : {}).catch(() => undefined);
    if (signal?.aborted) return;
  }
  try {
    await write();
  } finally {
    store.write(() => void meta().removeSync(KEY));
  }
}
