/** A table whose values carry a checksum over key and value, so that a changed bit is damage and never an answer. LMDB has none. */
import { crc32 } from 'node:zlib';
import { compareKeys, type Database } from 'lmdb';
import type { LmdbKey } from './store.js';

export type RawTable = Database<Buffer, LmdbKey>;

export interface Range {
  readonly start?: LmdbKey;
  readonly end?: LmdbKey;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** The names are those of LMDB's own tables. Whatever reads throws what `damage` gives where a value is not as it was put. */
export interface Table {
  /**
   * The value of a key, valid until the next call. Where there is none, the keys around it prove that: one whose bits have
   * changed stands there.
   */
  get(key: LmdbKey): Buffer | undefined;
  /** The same without that proof, which costs more than the look. For keys that are rarely there and that nobody answers with. */
  find(key: LmdbKey): Buffer | undefined;
  getRange(range?: Range): Generator<{ readonly key: LmdbKey; readonly value: Buffer }>;
  /** Keys whose values nobody looks at; those of the whole table are as many as it says that it has. */
  getKeys(range?: Range): LmdbKey[];
  getKeysCount(): number;
  putSync(key: LmdbKey, value: Uint8Array): void;
  removeSync(key: LmdbKey): boolean;
  clearSync(): void;
}

export const CHECKSUM_BYTES = 4;

export interface CheckedTableOptions {
  readonly damage: (what: string) => Error;
  /** Reads, and says what is wrong in words for people. */
  readonly read: <T>(act: () => T) => T;
  /** Hears that something is written. */
  readonly onChange: () => void;
  /** True if the table was empty when this process first asked. What it holds was then written a moment ago, and is whole. */
  readonly isNew: () => boolean;
}

export function checkedTable(raw: RawTable, { onChange, isNew, ...checks }: CheckedTableOptions): Table {
  const { damage, read } = checks;

  function checkedValue(key: LmdbKey, stored: Buffer): Buffer {
    const value = stored.subarray(0, Math.max(0, stored.length - CHECKSUM_BYTES));
    const isWhole = stored.length >= CHECKSUM_BYTES && stored.readUInt32LE(value.length) === checksumOf(key, value);
    if (!isWhole) throw damage('a value in it is not as it was stored');
    return value;
  }

  function find(key: LmdbKey): Buffer | undefined {
    const stored = read(() => raw.getBinaryFast(key));
    return stored && checkedValue(key, stored);
  }

  const getKeysCount = () => read(() => countOf(raw));

  function getKeys(range?: Range): LmdbKey[] {
    const keys = [...inOrder(checks, range ?? {}, raw.getKeys(range), (key) => key)];
    if (!range && keys.length !== getKeysCount()) throw damage(`it has ${keys.length} of ${getKeysCount()} keys`);
    return keys;
  }

  function* getRange(range: Range = {}) {
    for (const { key, value } of inOrder(checks, range, raw.getRange(range), (entry) => entry.key)) {
      yield { key, value: checkedValue(key, value) };
    }
  }

  /** LMDB looks a key up by halving. A changed key leads it astray, and it ends beside that key, or where keys are out of order. */
  function proveMissing(start: LmdbKey): void {
    for (const reverse of [false, true]) {
      for (const { key } of getRange({ start, reverse, limit: 1 })) {
        if (compareKeys(key, start) === 0) throw damage('a key in it is not where it belongs');
      }
    }
  }

  return {
    find,
    get(key) {
      const value = find(key);
      if (!value && !isNew()) proveMissing(key);
      return value;
    },
    getRange,
    getKeys,
    getKeysCount,
    putSync(key, value) {
      onChange();
      raw.putSync(key, withChecksum(key, value));
    },
    removeSync(key) {
      onChange();
      return raw.removeSync(key);
    },
    clearSync() {
      onChange();
      raw.clearSync();
    },
  };
}

/** How many keys LMDB says that a table has. Its own function of that name counts them, and so reads them all. */
export function countOf(raw: RawTable): number {
  return (raw.getStats() as { readonly entryCount: number }).entryCount;
}

/** Of entries that LMDB gives: a changed key may lead it to another place, or back to where it was. */
function* inOrder<Entry>(
  { damage, read }: Pick<CheckedTableOptions, 'damage' | 'read'>,
  { start, reverse }: Range,
  entries: Iterable<Entry>,
  keyOf: (entry: Entry) => LmdbKey,
): Generator<Entry> {
  let before: LmdbKey | undefined;
  const remaining = read(() => entries[Symbol.iterator]());
  try {
    for (;;) {
      const next = read(() => remaining.next());
      if (next.done) return;
      const key = keyOf(next.value);
      const order =
        before === undefined && start === undefined ? undefined : compareKeys(key, (before ?? start) as LmdbKey);
      // Only the first may be the start itself.
      const isBehind = order !== undefined && (reverse ? order > 0 : order < 0);
      if (isBehind || (order === 0 && before !== undefined)) throw damage('its keys are out of order');
      before = key;
      yield next.value;
    }
  } finally {
    // Whoever reads on no further would keep what it has seen from being overwritten.
    remaining.return?.();
  }
}

/** Gives every value of a table that has none a checksum. */
export function addChecksums(raw: RawTable): void {
  for (const key of Array.from(raw.getKeys())) raw.putSync(key, withChecksum(key, raw.get(key) as Buffer));
}

function withChecksum(key: LmdbKey, value: Uint8Array): Buffer {
  const stored = Buffer.allocUnsafe(value.length + CHECKSUM_BYTES);
  stored.set(value);
  stored.writeUInt32LE(checksumOf(key, value), value.length);
  return stored;
}

function checksumOf(key: LmdbKey, value: Uint8Array): number {
  // LMDB gives a key that was put as a list of one as that one. A key that has changed may be anything.
  return crc32(value, crc32(Array.isArray(key) ? key.map(String).join('\n') : String(key)));
}
