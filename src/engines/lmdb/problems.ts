/** What goes wrong with a store, said alike whoever met it. */
import { statfsSync } from 'node:fs';
import { AlakazamError, reasonOf } from '../../errors.js';
import { diskError, diskFull } from '../disk-errors.js';

export interface Problems {
  /** The error to throw when stored data can't be right. */
  damage(what: string, cause?: unknown): AlakazamError;
  /** The error to show in place of this one. */
  explain(error: unknown): unknown;
  /** Throws in place of an error of LMDB the one to show, where there is one. */
  guard<T>(act: () => T): T;
  /** The same for what only reads. A store that is whole can always be read: any other error is one of damage. */
  read<T>(act: () => T): T;
}

/** `remedy` says, for people, what to do if the store at `path` is damaged. */
export function problemsOf(path: string, remedy: string): Problems {
  const damage = (what: string, cause?: unknown) =>
    new AlakazamError('failed', `${path} is damaged: ${what}`, { hint: remedy, cause });

  function explain(error: unknown): unknown {
    if (error instanceof AlakazamError) return error;
    const { code } = error as { code?: string | number };
    const reason = reasonOf(error);
    const isFailing = code === 5 || code === 'EIO';
    // LMDB reports EIO when the disk accepted only a part.
    if (isFailing && isFull(path)) return diskFull(path, error);
    if (reason.includes('MDB_READERS_FULL')) {
      return new AlakazamError('failed', `too many processes read ${path} at once`, {
        hint: 'wait until some of them have ended, then run the same command again',
        cause: error,
      });
    }
    const ofDisk = diskError(error, path);
    if (ofDisk) return ofDisk;
    if (isFailing) {
      return new AlakazamError('failed', `the disk failed to read or write ${path}: ${reason}`, { cause: error });
    }
    if (/MDB_INVALID|MDB_CORRUPTED|MDB_PAGE_NOTFOUND|MDB_PANIC|MDB_VERSION_MISMATCH/.test(reason)) {
      return damage(reason, error);
    }
    // So it is where something in a transaction could not be read. The file may also have been taken from under it.
    if (reason.includes('MDB_BAD_TXN')) {
      return new AlakazamError('failed', `${path} could not be written: ${reason}`, {
        hint: `run the same command again; if it says so again, the file is damaged: ${remedy}`,
        cause: error,
      });
    }
    return error;
  }

  return {
    damage,
    explain,
    guard(act) {
      try {
        return act();
      } catch (error) {
        throw explain(error);
      }
    },
    read(act) {
      try {
        return act();
      } catch (error) {
        const known = explain(error);
        throw known instanceof AlakazamError ? known : damage(reasonOf(error), error);
      }
    },
  };
}

/** A commit needs at least this much room. */
const FREE_BYTES_MIN = 1 << 18;

export function isFull(path: string): boolean {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize < FREE_BYTES_MIN;
}
