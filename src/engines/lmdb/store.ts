/** A store of the embedded target: one LMDB file, with the turns in which processes write it. */
import { join } from 'node:path';
import type { AlakazamError } from '../../errors.js';
import { UNHEARD, type Waiting } from '../../waiting.js';
import { diskFull } from '../disk-errors.js';
import type { RawTable, Table } from './checked-table.js';
import { overwriteFreePages } from './erase.js';
import { fileAt, openFile, openForWriting } from './open-file.js';
import { isFull, problemsOf } from './problems.js';
import { turnsAt } from './turn.js';

export interface LocalStore {
  readonly path: string;
  readonly waiting: Waiting;
  /** A table of the store; values are bytes. Valid until `unmap`, so ask for it where it is used. */
  table(name: string): Table;
  /** One of `uncheckedTables`. */
  uncheckedTable(name: string): RawTable;
  /** Reads such tables. Throws the error to show where that fails. */
  read<T>(act: () => T): T;
  /**
   * Runs `act` in a transaction that is durable, whole, when this resolves. Waits while another process writes: ends that wait as
   * the signal of the store's `Waiting` does, by throwing its reason. Tables are to be asked for within.
   */
  write<T>(act: () => T): Promise<T>;
  /** Overwrites what was deleted. Throws an `AlakazamError` if a process still reads it. */
  erase(): Promise<void>;
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
  /** Nobody has to wait for it: `write` gives up where another process does not let go, and throws a `CannotWrite`. */
  readonly mayLag?: true;
}

export type LmdbKey = string | number | (string | number)[];

/** Opens the file `<store>.mdb`. Throws an `AlakazamError` if it can't be opened, is damaged, or was made by a newer version. */
export function openStore(
  directory: string,
  store: string,
  options: StoreOptions,
  waiting: Waiting = UNHEARD,
): LocalStore {
  const { remedy, leavesRoom, mayLag = false } = options;
  const path = join(directory, `${store}.mdb`);
  const problems = problemsOf(path, remedy);
  const { guard } = problems;
  const of = { path, options, problems, begunEmpty: new Map<string, boolean>() };
  const turn = turnsAt({ path, fileId: () => fileAt(path), waiting, mayGiveUp: mayLag });

  let opened = guard(() => openFile(of));
  const handle = {
    path,
    close: () => void opened.root.close(),
    reopen: () => {
      opened = guard(() => openFile(of));
    },
  };
  HANDLES.add(handle);

  /** The files at these paths are still those that are open. Who removes LMDB's lock file has others begin with a new one. */
  const isOpen = () => opened.file === fileAt(path) && opened.lockFile === fileAt(`${path}-lock`);

  async function write<T>(act: () => T): Promise<T> {
    const end = await turn().catch((error: unknown) => {
      throw problems.explain(error);
    });
    try {
      return guard(() => {
        if (leavesRoom && isFull(path)) throw diskFull(path);
        if (opened.isReadOnly || !isOpen()) {
          reopenAll(handle, () => {
            opened = openForWriting(of);
          });
        }
        return opened.transact(act);
      });
    } finally {
      end();
    }
  }

  const table = (name: string) => opened.tables.get(name) as Table;

  return {
    path,
    waiting,
    table,
    uncheckedTable: (name) => opened.raw.get(name) as RawTable,
    read: problems.read,
    write,
    erase: () => overwriteFreePages({ root: () => opened.root, table, write }),
    refresh: () => opened.root.resetReadTxn(),
    unmap() {
      // The map is closed when this returns, because no write is ever pending between two turns of the event loop.
      handle.close();
      handle.reopen();
    },
    isExchanged: () => fileAt(path) !== opened.file,
    damaged: problems.damage,
    async close() {
      HANDLES.delete(handle);
      await opened.root.close();
    },
  };
}

interface Handle {
  readonly path: string;
  close(): void;
  reopen(): void;
}

const HANDLES = new Set<Handle>();

/** LMDB opens a file once a process, for reading or for writing: every handle of this process lets go of it before one opens it. */
function reopenAll(handle: Handle, open: () => void): void {
  const all = [...HANDLES].filter(({ path }) => path === handle.path);
  for (const { close } of all) close();
  open();
  for (const other of all) if (other !== handle) other.reopen();
}
