/**
 * Whose turn it is to write a store. LMDB has a lock of its own, which a process waits for deaf to every signal, even where the
 * other process is stopped. So nobody asks for that lock before its turn, and the wait for a turn is one of JavaScript.
 *
 * A turn is a symbolic link beside the store, because one call makes it with its content, or fails. Its content names the
 * process, whose turn ends with it, and the file, so that a copy of the directory is nobody's turn. Two processes that find the
 * link of a dead one may both take it for theirs: they then meet at LMDB's lock, and one waits for the other's commit.
 */
import { readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { CannotWrite } from '../../errors.js';
import type { Waiting } from '../../waiting.js';
import { isRunning, isStopped, type ProcessName, thisProcess } from '../processes.js';

const POLL_MS = 2;
/** Turns take milliseconds. Whoever has waited for so long hears why. */
export const PATIENCE_MS = 3000;

export interface TurnOptions {
  /** The file that is written. */
  readonly path: string;
  /** Tells that file from a copy of it. */
  readonly fileId: () => number | undefined;
  readonly waiting: Waiting;
  /** Somebody who can go on without: gives up after a while, and throws a `CannotWrite`. */
  readonly mayGiveUp: boolean;
}

/**
 * Gives a function that waits for the turn and, if it came, gives one that ends it. The wait ends with the signal, by throwing its
 * reason.
 */
export function turnsAt({ path, fileId, waiting, mayGiveUp }: TurnOptions): () => Promise<() => void> {
  const link = `${path}-turn`;
  /** Who was waited for in vain. */
  let givenUpOn: number | undefined;

  /** Takes the turn, or gives who has it. */
  function take(): ProcessName | undefined {
    const { pid, started } = thisProcess();
    for (;;) {
      try {
        symlinkSync(`${pid} ${started} ${fileId()}`, link);
        return undefined;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // LMDB's own lock is enough. What frees room must not need some first, and some file systems know no such links.
        if (['ENOSPC', 'EDQUOT', 'EPERM', 'ENOTSUP', 'ENOSYS'].includes(code ?? '')) return undefined;
        if (code !== 'EEXIST') throw error;
      }
      const holder = holderAt(link, fileId());
      if (holder) return holder;
      remove(link);
    }
  }

  return async () => {
    let isSaid = false;
    const startMs = performance.now();
    for (let holder = take(); holder; holder = take()) {
      const isLong = performance.now() - startMs > PATIENCE_MS;
      if (mayGiveUp && (isLong || givenUpOn === holder.pid)) {
        givenUpOn = holder.pid;
        throw new CannotWrite('failed', heldBy(path, holder), { hint: 'then run the same command again' });
      }
      if (isLong && !isSaid) waiting.warn(`waiting: ${heldBy(path, holder)}`);
      isSaid ||= isLong;
      const { signal } = waiting;
      await delay(POLL_MS, undefined, signal ? { signal } : {});
    }
    givenUpOn = undefined;
    return () => remove(link);
  };
}

/** For people: who holds a file, and what lets go of it. */
export function heldBy(path: string, holder: ProcessName): string {
  const { pid } = holder;
  return isStopped(holder)
    ? `process ${pid} is stopped while it writes ${path}; kill -CONT ${pid} lets it go on, kill -9 ${pid} ends it`
    : `process ${pid} has been writing ${path} for a while; kill ${pid} ends it`;
}

function remove(link: string): void {
  try {
    unlinkSync(link);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** The process whose turn it is; undefined if that has ended, or had another file. */
function holderAt(link: string, file: number | undefined): ProcessName | undefined {
  let content: string;
  try {
    content = readlinkSync(link);
  } catch (error) {
    // It is no link, and nobody's turn.
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return undefined;
    // The turn has just ended.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const [, pid, started = '', of] = /^(\d+) (\d*) (\d+)$/.exec(content) ?? [];
  if (pid === undefined || Number(of) !== file) return undefined;
  const holder = { pid: Number(pid), started };
  const self = thisProcess();
  // What this process has left here it holds no more: it never waits between the two ends of a turn.
  const isSelf = holder.pid === self.pid && holder.started === self.started;
  return !isSelf && isRunning(holder) ? holder : undefined;
}
