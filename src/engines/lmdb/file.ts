/**
 * Looks at an LMDB file before it is mapped: reading a mapped file that is not whole kills the process, with no chance to
 * say why. Layout from `MDB_meta` in liblmdb/mdb.c as the `lmdb` package carries it.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';

const MAGIC = 0xbeefc0de;
const PAGE_HEADER_BYTES = 24;
const PAGE_SIZE_AT = PAGE_HEADER_BYTES + 24;
const LAST_PAGE_AT = PAGE_HEADER_BYTES + 120;
const TRANSACTION_AT = PAGE_HEADER_BYTES + 128;
const META_BYTES = PAGE_HEADER_BYTES + 136;

/** Says what is wrong with the file at `path`; undefined if the file is whole, empty or absent. */
export function whatIsDamaged(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    if (size === 0) return undefined;
    const first = pageAt(file, 0);
    const pageBytes = first.readUInt32LE(PAGE_SIZE_AT);
    if (first.readUInt32LE(PAGE_HEADER_BYTES) !== MAGIC || pageBytes < 512 || pageBytes > 65_536) {
      return 'it does not begin like a store';
    }
    const second = pageAt(file, pageBytes);
    if (second.readUInt32LE(PAGE_HEADER_BYTES) !== MAGIC) return 'its second page is not that of a store';
    if (!followEachOther(file, pageBytes))
      return 'its first two pages are of transactions that do not follow each other';
    const pages = Math.max(...[first, second].map((meta) => Number(meta.readBigUInt64LE(LAST_PAGE_AT)))) + 1;
    // Free pages at the end are never written. Only reading the file tells whether the missing pages are free.
    if (size < pages * pageBytes && !canBeRead(path)) return `it has ${size} of its ${pages * pageBytes} bytes`;
    return undefined;
  } finally {
    closeSync(file);
  }
}

function pageAt(file: number, at: number): Buffer {
  const page = Buffer.alloc(META_BYTES);
  readSync(file, page, 0, META_BYTES, at);
  return page;
}

/** Others may write between two reads, but not so often. */
const READS_MAX = 100;

/**
 * Transactions write these two pages in turn: one of them has the number of the last transaction, the other the one before, and the
 * first page has the even one. A bit that changes in the last one's would have LMDB begin with the one before.
 */
function followEachOther(file: number, pageBytes: number): boolean {
  for (let reads = 0; reads < READS_MAX; reads++) {
    const [even, odd] = [0, pageBytes].map((at) => pageAt(file, at).readBigUInt64LE(TRANSACTION_AT)) as [
      bigint,
      bigint,
    ];
    const isBegun = even !== 0n || odd !== 0n;
    if (!isBegun || (even % 2n === 0n && (even - odd === 1n || odd - even === 1n))) return true;
  }
  return false;
}

/**
 * A text that changes with every transaction of the store at `path`, and with the file; undefined if it can't be read. LMDB
 * itself need not be loaded to read it.
 */
export function stampOf(path: string): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const { ino, size, mtimeMs } = fstatSync(file);
    const page = Buffer.alloc(META_BYTES);
    const transactions = [0, size > 0 ? pageBytesOf(file) : 0].map((at) => {
      readSync(file as number, page, 0, META_BYTES, at);
      return page.readBigUInt64LE(TRANSACTION_AT);
    });
    return [ino, size, mtimeMs, ...transactions].join('-');
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function pageBytesOf(file: number): number {
  const bytes = Buffer.alloc(4);
  readSync(file, bytes, 0, 4, PAGE_SIZE_AT);
  return bytes.readUInt32LE(0);
}

/** Reads the whole store in a process of its own, because a damaged store kills the process that reads it. */
function canBeRead(path: string): boolean {
  // Loaded only here: it brings sockets, and almost every store is whole.
  const { spawnSync } = createRequire(import.meta.url)('node:child_process') as typeof import('node:child_process');
  const script = `
    const { open } = await import(${JSON.stringify(import.meta.resolve('lmdb'))});
    const root = open({ path: process.argv[1], encoding: 'binary', readOnly: true });
    for (const name of [...root.getKeys()]) {
      let bytes = 0;
      for (const { value } of root.openDB(name, { encoding: 'binary' }).getRange()) bytes += value[0] ?? 0;
    }`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script, path], { stdio: 'ignore' });
  return status === 0;
}
