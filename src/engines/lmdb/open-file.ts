/** An LMDB file as it is open now, for reading or for writing, with its tables. */
import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { notLinked } from '../../no-links.js';
import { diskFull } from '../disk-errors.js';
import { checkedTable, countOf, type RawTable, type Table } from './checked-table.js';
import { whatIsDamaged } from './file.js';
import { checkTransaction, noteTransaction } from './last-transaction.js';
import { prepareLockFile } from './lock-file.js';
import { isFull, type Problems } from './problems.js';
import type { LmdbKey, StoreOptions } from './store.js';
import { bringUpToDate, isUpToDate, type VersionedStore } from './version.js';

export interface FileToOpen {
  readonly path: string;
  readonly options: StoreOptions;
  readonly problems: Problems;
  /** Whether a table was empty when this process first asked. */
  readonly begunEmpty: Map<string, boolean>;
}

export interface OpenFile {
  readonly root: RootDatabase<Buffer, LmdbKey>;
  readonly raw: ReadonlyMap<string, RawTable>;
  /** Those with checksums. */
  readonly tables: ReadonlyMap<string, Table>;
  readonly isReadOnly: boolean;
  /** Tell these files from others that take their places. */
  readonly file: number | undefined;
  readonly lockFile: number | undefined;
  /** Runs `act` in a transaction of LMDB. */
  transact<T>(act: () => T): T;
}

/** Opens the file for reading if nothing has to be made first, else for writing. */
export function openFile(of: FileToOpen): OpenFile {
  const { path, problems } = of;
  for (const each of [path, `${path}-lock`]) notLinked(each);
  prepareLockFile(`${path}-lock`);
  const damage = whatIsDamaged(path);
  if (damage) throw problems.damage(damage);
  return openForReading(of) ?? openForWriting(of);
}

/** Needs no permission to write and no room, and waits for nobody. Undefined where something has to be made first. */
function openForReading(of: FileToOpen): OpenFile | undefined {
  if (!statSync(of.path, { throwIfNoEntry: false })?.size) return undefined;
  const found = openAs(of, true);
  // A table that is not there is undefined here.
  const isWhole = [...found.raw.values()].every((table) => table);
  if (isWhole && isUpToDate(versioned(of, found))) {
    check(of, found);
    return found;
  }
  void found.root.close();
  return undefined;
}

export function openForWriting(of: FileToOpen): OpenFile {
  const { path, options } = of;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (options.leavesRoom && isFull(dirname(path))) throw diskFull(path);
  // LMDB would let everybody read it.
  closeSync(openSync(path, 'a', 0o600));
  const made = openAs(of, false);
  const store = versioned(of, made);
  if (!isUpToDate(store)) made.transact(() => bringUpToDate(store));
  check(of, made);
  return made;
}

function openAs({ path, options, problems, begunEmpty }: FileToOpen, readOnly: boolean): OpenFile {
  const { tables: names, uncheckedTables = [] } = options;
  const root = open<Buffer, LmdbKey>({ path, encoding: 'binary', overlappingSync: false, maxDbs: 8, readOnly });
  let isChanged = false;
  const onChange = () => {
    isChanged = true;
  };
  // All at once: a table that is first opened in a failing transaction disappears with it.
  const raw = new Map(
    ['meta', ...names, ...uncheckedTables].map((name) => [
      name,
      root.openDB<Buffer, LmdbKey>(name, { encoding: 'binary' }),
    ]),
  );
  const checked = (name: string) => {
    const table = raw.get(name) as RawTable;
    const isNew = () => {
      if (!begunEmpty.has(name)) begunEmpty.set(name, countOf(table) === 0);
      return begunEmpty.get(name) as boolean;
    };
    return checkedTable(table, { ...problems, onChange, isNew });
  };
  const tables = new Map(['meta', ...names].map((name) => [name, checked(name)]));
  return {
    ...{ root, raw, tables, isReadOnly: readOnly },
    ...{ file: fileAt(path), lockFile: fileAt(`${path}-lock`) },
    transact: (act) =>
      root.transactionSync(() => {
        const result = act();
        if (isChanged) noteTransaction(root, tables.get('meta') as Table);
        isChanged = false;
        return result;
      }),
  };
}

/** Sees that this is what the last transaction left. */
function check({ problems }: FileToOpen, { root, tables }: OpenFile): void {
  checkTransaction(root, tables.get('meta') as Table, problems.damage);
}

function versioned({ path, options, problems }: FileToOpen, { raw, tables }: OpenFile): VersionedStore {
  const meta = tables.get('meta') as Table;
  const { damage } = problems;
  return { path, damage, raw, meta, checked: [...tables.keys()], isMadeAgain: options.isMadeAgain === true };
}

/** Tells a file from another that takes its place; undefined if there is none. */
export function fileAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
