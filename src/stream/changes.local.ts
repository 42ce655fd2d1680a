/** Tells when the file of the stream may have changed, so that a reader that waits costs next to nothing. */
import { type FSWatcher, watch } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** How often somebody looks all the same: not every file system tells. */
const LOOK_MS = 250;
/** How often where the system watches no file, such as when too many are watched. A look takes a fifth of a millisecond. */
const LOOK_UNWATCHED_MS = 20;

export interface FileChanges {
  /** Resolves when the file was written since the last call has resolved, or a while later; also when the signal says stop. */
  next(signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Watches from the first call on. */
export function fileChanges(path: string): FileChanges {
  let watcher: FSWatcher | undefined;
  let isWatched = true;
  let isChanged = false;
  let wake = () => {};

  function start(): void {
    try {
      watcher ??= watch(path, { persistent: false }, () => {
        isChanged = true;
        wake();
      }).on('error', giveUp);
    } catch {
      giveUp();
    }
  }

  function giveUp(): void {
    watcher?.close();
    isWatched = false;
  }

  return {
    async next(signal) {
      if (isWatched) start();
      if (!isChanged) {
        const waited = new AbortController();
        wake = () => waited.abort();
        const either = AbortSignal.any([signal, waited.signal]);
        await delay(isWatched ? LOOK_MS : LOOK_UNWATCHED_MS, undefined, { signal: either }).catch(() => undefined);
        wake = () => {};
      }
      isChanged = false;
    },
    close: () => watcher?.close(),
  };
}
