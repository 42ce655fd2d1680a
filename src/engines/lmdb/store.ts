/** The one place that opens LMDB: paths and versions of the files, and the errors of a failing disk. */
import { mkdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { AlakazamError, reasonOf } from '../../errors.js';
import { diskError, diskFull } from '../disk-errors.js';
import { whatIsDamaged } from './file.js';

/** Version in every store. A store with a higher version was made by a newer alakazam. */
const STORE_VERSION = 1;

export interface LocalStore {
  readonly path: string;
  /** A table of the store; values are bytes. Valid until `unmap`, so ask for it where it is used. */
  table(name: string): Database<Buffer, LmdbKey>;
  /** Runs `write` in a transaction that is durable, whole, when this returns. */
  write<T>(write: () => T): T;
  /** The error to throw when stored data can't be right. */
  damaged(what: string): AlakazamError;
  /** Sees what other processes have written since the last look. */
  refresh(): void;
  /**
   * Frees the memory of pages that were read. LMDB maps its file, and a page that was read counts as this process's memory
   * until the map is closed, so a reader of the whole store calls this now and then.
   */
  unmap(): void;
  /** True if another file has taken the place of this one: this process still has the old file open. */
  isExchanged(): boolean;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** The tables of the store, besides `meta`. */
  readonly tables: readonly string[];
  /** What to do if the store is damaged, for people. */
  readonly remedy: string;
  /**
   * It can be made again, and refuses to be opened or written where the disk is almost full: the rest is for what can't. LMDB may
   * end the process where the disk has no room for a page.
   */
  readonly leavesRoom?: true;
}

export type LmdbKey = string | number | (string | number)[];

/** Opens the file `<store>.mdb` with the tables `names` and `meta`. Throws an `AlakazamError` if it can't be opened, is damaged, or was made by a newer version. */
export function openStore(directory: string, store: string, options: StoreOptions): LocalStore {
  const { tables: names, remedy, leavesRoom } = options;
  const path = join(directory, `${store}.mdb`);
  function guard<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw storeError(path, remedy, error);
    }
  }

  let root = guard(() => {
    mkdirSync(directory, { recursive: true });
    // The lock file is mapped too, and a page of it for which the disk has no room would kill the process. Its first page has
    // room for sixty readers.
    if (!isBegun(`${path}-lock`) && isFull(directory)) throw diskFull(`${path}-lock`);
    if (leavesRoom && isFull(directory)) throw diskFull(path);
    const damage = whatIsDamaged(path);
    if (damage) throw damaged(path, damage, remedy);
    return openRoot();
  });
  let tables = openTables();
  let file = fileAt(path);

  function openRoot(): RootDatabase<Buffer, LmdbKey> {
    return open<Buffer, LmdbKey>({ path, encoding: 'binary', overlappingSync: false, maxDbs: 8, noMemInit: true });
  }

  /** Opens all tables at once: a table that is first opened in a failing transaction disappears with it. */
  function openTables(): Map<string, Database<Buffer, LmdbKey>> {
    const open = (table: string) => root.openDB<Buffer, LmdbKey>(table, { encoding: 'binary' });
    return guard(() => new Map(['meta', ...names].map((table) => [table, open(table)])));
  }

  function table(name: string): Database<Buffer, LmdbKey> {
    return tables.get(name) as Database<Buffer, LmdbKey>;
  }

  const meta = table('meta');
  const version = Number(meta.get('version')?.toString() ?? 0);
  if (version > STORE_VERSION) throw tooNew(path, version);
  if (version === 0) guard(() => meta.putSync('version', Buffer.from(String(STORE_VERSION))));

  return {
    path,
    table,
    write: (write) =>
      guard(() => {
        if (leavesRoom && isFull(path)) throw diskFull(path);
        return root.transactionSync(write);
      }),
    refresh: () => root.resetReadTxn(),
    unmap() {
      // The map is closed when this returns, because no write is ever pending between two turns of the event loop.
      void root.close();
      root = guard(openRoot);
      tables = openTables();
      file = fileAt(path);
    },
    isExchanged: () => fileAt(path) !== file,
    damaged: (what) => damaged(path, what, remedy),
    close: () => root.close(),
  };
}

/** Tells a file from another that takes its place; undefined if there is none. */
function fileAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

function storeError(path: string, remedy: string, error: unknown): unknown {
  if (error instanceof AlakazamError) return error;
  const { code } = error as { code?: string | number };
  const reason = reasonOf(error);
  const isFailing = code === 5 || code === 'EIO';
  // LMDB reports EIO when the disk accepted only a part.
  if (isFailing && isFull(path)) return diskFull(path, error);
  const ofDisk = diskError(error, path);
  if (ofDisk) return ofDisk;
  if (isFailing)
    return new AlakazamError('failed', `the disk failed to read or write ${path}: ${reason}`, { cause: error });
  if (/MDB_INVALID|MDB_CORRUPTED|MDB_PAGE_NOTFOUND|MDB_PANIC|MDB_VERSION_MISMATCH/.test(reason)) {
    return damaged(path, reason, remedy, error);
  }
  return error;
}

/** A commit needs at least this much room. */
const FREE_BYTES_MIN = 1 << 18;

/** Whether the disk holds the first page of the file. */
function isBegun(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.blocks ?? 0) > 0;
}

function isFull(path: string): boolean {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize < FREE_BYTES_MIN;
}

function damaged(path: string, what: string, remedy: string, cause?: unknown): AlakazamError {
  return new AlakazamError('failed', `${path} is damaged: ${what}`, { hint: remedy, cause });
}

function tooNew(path: string, version: number): AlakazamError {
  return new AlakazamError(
    'failed',
    `${path} was made by a newer alakazam (store version ${version}, known is ${STORE_VERSION})`,
    { hint: 'npm install -g . in a checkout of that version, or set ALAKAZAM_HOME to another directory' },
  );
}
