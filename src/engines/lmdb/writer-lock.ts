/** One process at a time writes a directory that others read. The lock of a process that has ended is free. */
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CannotWrite } from '../../errors.js';
import { isRunning, isStopped, type ProcessName, thisProcess } from '../processes.js';
import type { LocalStore } from './store.js';
import { heldBy, PATIENCE_MS } from './turn.js';

const POLL_MS = 20;
const KEY = 'writer';

export const LOCK_STORE = {
  tables: [],
  remedy: 'delete it: it holds no orders',
  isMadeAgain: true,
  mayLag: true,
} as const;

/**
 * Runs `write` while no other process writes; does nothing if the signal says stop before. Whoever may give up waits for no process
 * that somebody has stopped: then it throws a `CannotWrite`.
 */
export async function whileLocked(
  store: LocalStore,
  signal: AbortSignal | undefined,
  write: () => Promise<void>,
  mayGiveUp = false,
): Promise<void> {
  const meta = () => store.table('meta');
  const held = () => {
    const holder = meta().get(KEY);
    const name = holder && (JSON.parse(holder.toString()) as ProcessName);
    return name && isRunning(name) ? name : undefined;
  };
  const take = () => {
    store.refresh();
    // Most looks find who holds it, and a transaction would be in its way.
    return (
      held() ??
      store.write(() => {
        const holder = held();
        if (!holder) meta().putSync(KEY, Buffer.from(JSON.stringify(thisProcess())));
        return holder;
      })
    );
  };
  const startMs = performance.now();
  let isSaid = false;
  for (let holder = await take(); holder; holder = await take()) {
    if (performance.now() - startMs > PATIENCE_MS) {
      const what = heldBy(dirname(store.path), holder);
      if (mayGiveUp && isStopped(holder)) throw new CannotWrite('failed', what);
      if (!isSaid) store.waiting.warn(`waiting: ${what}`);
      isSaid = true;
    }
    await delay(POLL_MS, undefined, signal ? { signal } : {}).catch(() => undefined);
    if (signal?.aborted) return;
  }
  try {
    await write();
  } finally {
    await store
      .write(() => void meta().removeSync(KEY))
      .catch((error: unknown) => {
        // It is free when this process has ended.
        if (!(error instanceof CannotWrite)) throw error;
      });
  }
}
