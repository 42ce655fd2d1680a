/** The one place that opens LMDB: paths and versions of the files, and the errors of a failing disk. */
import { closeSync, lstatSync, mkdirSync, openSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { AlakazamError, reasonOf } from '../../errors.js';
import { diskError, diskFull } from '../disk-errors.js';
import { checkedTable, type RawTable, type Table } from './checked-table.js';
import { whatIsDamaged } from './file.js';
import { checkTransaction, noteTransaction } from './last-transaction.js';
import { bringUpToDate, isUpToDate } from './version.js';

export interface LocalStore {
  readonly path: string;
  /** A table of the store; values are bytes. Valid until `unmap`, so ask for it where it is used. */
  table(name: string): Table;
  /** One of `uncheckedTables`. */
  uncheckedTable(name: string): RawTable;
  /** Reads tables that are not checked. Throws the error to show where that fails. */
  read<T>(act: () => T): T;
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
  /** Tables whose values have a checksum of their own. */
  readonly uncheckedTables?: readonly string[];
  /** What to do if the store is damaged, for people. */
  readonly remedy: string;
  /**
   * It can be made again, and refuses to be opened or written where the disk is almost full: the rest is for what can't. LMDB may
   * end the process where the disk has no room for a page.
   */
  readonly leavesRoom?: true;
  /** It is emptied where an older alakazam made it, and is made again from the stream. */
  readonly isMadeAgain?: true;
}

export type LmdbKey = string | number | (string | number)[];

/** Opens the file `<store>.mdb` with the tables `names` and `meta`. Throws an `AlakazamError` if it can't be opened, is damaged, or was made by a newer version. */
export function openStore(directory: string, store: string, options: StoreOptions): LocalStore {
  const { tables: names, uncheckedTables = [], remedy, leavesRoom, isMadeAgain = false } = options;
  const path = join(directory, `${store}.mdb`);
  const damage = (what: string) => damaged(path, what, remedy);
  function guard<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw storeError(path, remedy, error);
    }
  }

  let root = guard(() => {
    prepareFiles(directory, path, leavesRoom === true);
    const damaged = whatIsDamaged(path);
    if (damaged) throw damage(damaged);
    return openRoot();
  });
  const begunEmpty = new Map<string, boolean>();
  let raw = openTables();
  let tables = checkedTables();
  let file = fileAt(path);
  let isChanged = false;

  function openRoot(): RootDatabase<Buffer, LmdbKey> {
    return open<Buffer, LmdbKey>({ path, encoding: 'binary', overlappingSync: false, maxDbs: 8 });
  }

  /** Opens all tables at once: a table that is first opened in a failing transaction disappears with it. */
  function openTables(): Map<string, RawTable> {
    const open = (table: string) => root.openDB<Buffer, LmdbKey>(table, { encoding: 'binary' });
    return guard(() => new Map(['meta', ...names, ...uncheckedTables].map((table) => [table, open(table)])));
  }

  /** A store that is whole can always be read. */
  function read<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      const shown = storeError(path, remedy, error);
      throw shown instanceof AlakazamError ? shown : damaged(path, reasonOf(error), remedy, error);
    }
  }

  function checkedTables(): Map<string, Table> {
    const onChange = () => {
      isChanged = true;
    };
    const checked = (name: string) => {
      const of = raw.get(name) as RawTable;
      const isNew = () => {
        if (!begunEmpty.has(name)) begunEmpty.set(name, of.getKeysCount() === 0);
        return begunEmpty.get(name) as boolean;
      };
      return checkedTable(of, { damage, read, onChange, isNew });
    };
    return new Map(['meta', ...names].map((name) => [name, checked(name)]));
  }

  const table = (name: string) => tables.get(name) as Table;

  function write<T>(act: () => T): T {
    return guard(() => {
      if (leavesRoom && isFull(path)) throw diskFull(path);
      return root.transactionSync(() => {
        const result = act();
        if (isChanged) noteTransaction(root, table('meta'));
        isChanged = false;
        return result;
      });
    });
  }

  /** Sees that this is what the last transaction left, and not what one before it did. */
  function check(): void {
    guard(() => checkTransaction(root, table('meta'), damage));
  }

  const versioned = { path, damage, raw, meta: table('meta'), checked: ['meta', ...names], isMadeAgain };
  if (!guard(() => isUpToDate(versioned))) write(() => bringUpToDate(versioned));
  check();

  return {
    path,
    table,
    read,
    uncheckedTable: (name) => raw.get(name) as RawTable,
    write,
    refresh: () => root.resetReadTxn(),
    unmap() {
      // The map is closed when this returns, because no write is ever pending between two turns of the event loop.
      void root.close();
      root = guard(openRoot);
      raw = openTables();
      tables = checkedTables();
      file = fileAt(path);
      check();
    },
    isExchanged: () => fileAt(path) !== file,
    damaged: damage,
    close: () => root.close(),
  };
}

/** Makes what LMDB would make with other permissions, or would open through a link that somebody else may have put there. */
function prepareFiles(directory: string, path: string, leavesRoom: boolean): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lock = `${path}-lock`;
  for (const each of [path, lock]) {
    if (lstatSync(each, { throwIfNoEntry: false })?.isSymbolicLink()) throw linked(each);
  }
  // The lock file is mapped too, and a page of it for which the disk has no room would kill the process. Its first page has
  // room for sixty readers.
  if (!isBegun(lock) && isFull(directory)) throw diskFull(lock);
  if (leavesRoom && isFull(directory)) throw diskFull(path);
  for (const each of [path, lock]) closeSync(openSync(each, 'a', 0o600));
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

function linked(path: string): AlakazamError {
  return new AlakazamError('failed', `${path} is a link, and a store is opened through none`, {
    hint: 'remove the link, or set ALAKAZAM_HOME to the directory where the store is',
  });
}
