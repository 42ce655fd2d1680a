/** Versions of stores, and how a store that an older alakazam made is brought up to date. */
import { AlakazamError } from '../../errors.js';
import { addChecksums, CHECKSUM_BYTES, countOf, type RawTable, type Table } from './checked-table.js';

/** A store with a higher version was made by a newer alakazam. Values have checksums since version 2. */
const STORE_VERSION = 2;
const KEY = 'version';

export interface VersionedStore {
  readonly path: string;
  readonly damage: (what: string) => Error;
  /** All of its tables. */
  readonly raw: ReadonlyMap<string, RawTable>;
  /** Its table `meta`. */
  readonly meta: Table;
  /** The tables with checksums. */
  readonly checked: readonly string[];
  /** It is emptied rather than brought up to date. */
  readonly isMadeAgain: boolean;
}

/** Throws an `AlakazamError` if a newer alakazam made it. */
export function isUpToDate({ raw, meta, path }: VersionedStore): boolean {
  const stored = raw.get('meta')?.get(KEY);
  // Version 1 has no checksum.
  const version = Number((stored && stored.length > CHECKSUM_BYTES ? meta.find(KEY) : stored) ?? 0);
  if (version > STORE_VERSION) throw tooNew(path, version);
  return version === STORE_VERSION;
}

/** Call it in a transaction of the store. */
export function bringUpToDate(store: VersionedStore): void {
  const { raw, meta, checked, isMadeAgain, damage } = store;
  // Another process may have done it meanwhile.
  if (isUpToDate(store)) return;
  const isNew = raw.get('meta')?.get(KEY) === undefined;
  const tables = [...raw.values()];
  if (isNew && tables.some((table) => countOf(table) > 0)) throw damage('it has no version');
  if (isMadeAgain) for (const table of tables) table.clearSync();
  else for (const name of checked) addChecksums(raw.get(name) as RawTable);
  meta.putSync(KEY, Buffer.from(String(STORE_VERSION)));
}

function tooNew(path: string, version: number): AlakazamError {
  return new AlakazamError(
    'failed',
    `${path} was made by a newer alakazam (store version ${version}, known is ${STORE_VERSION})`,
    { hint: 'npm install -g . in a checkout of that version, or set ALAKAZAM_HOME to another directory' },
  );
}
