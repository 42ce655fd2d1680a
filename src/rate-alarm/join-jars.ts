/** Several jars as one, as an application of Flink takes it. What is in them stays compressed as it was, so the result is always the same. */
import { crc32, inflateRawSync } from 'node:zlib';

/** A file in a jar. */
interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  /** Compressed. */
  readonly data: Buffer;
  readonly size: number;
}

const STORED = 0;
const DIRECTORY_END = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
const DIRECTORY_END_BYTES = 22;
const ENTRIES_MAX = 0xffff;
/** 1 January 1980, the first day that a zip file can name. */
const DATE = 0x0021;
const IS_UTF8 = 0x0800;
/** Format 2.0. */
const VERSION = 20;

/** Of files with one name, that of the first jar counts; lists of services are joined. Throws a `RangeError` for what is no jar. */
export function joinJars(jars: readonly Buffer[]): Buffer {
  const entries = new Map<string, Entry>();
  for (const entry of jars.flatMap(entriesOf)) {
    const { name } = entry;
    const other = entries.get(name);
    // A signature would be that of one of the jars.
    if (name.endsWith('/') || /^META-INF\/[^/]+\.(SF|RSA|DSA|EC)$/.test(name)) continue;
    if (!other) entries.set(name, entry);
    else if (/^META-INF\/services\/[^/]+$/.test(name)) entries.set(name, joined(other, entry));
  }
  return jarOf([...entries.values()]);
}

/** https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16 */
function entriesOf(jar: Buffer): Entry[] {
  // The directory ends the file, but for a comment.
  let end = jar.length - DIRECTORY_END_BYTES;
  while (end >= 0 && jar.readUInt32LE(end) !== DIRECTORY_END) end--;
  if (end < 0) throw new RangeError('no zip file');
  const entries: Entry[] = [];
  let at = jar.readUInt32LE(end + 16);
  for (let left = jar.readUInt16LE(end + 10); left > 0; left--) {
    if (jar.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new RangeError('a zip file without its directory');
    const nameEnd = at + 46 + jar.readUInt16LE(at + 28);
    const local = jar.readUInt32LE(at + 42);
    const start = local + 30 + jar.readUInt16LE(local + 26) + jar.readUInt16LE(local + 28);
    entries.push({
      name: jar.toString('utf8', at + 46, nameEnd),
      method: jar.readUInt16LE(at + 10),
      crc: jar.readUInt32LE(at + 16),
      data: jar.subarray(start, start + jar.readUInt32LE(at + 20)),
      size: jar.readUInt32LE(at + 24),
    });
    at = nameEnd + jar.readUInt16LE(at + 30) + jar.readUInt16LE(at + 32);
  }
  return entries;
}

function joined(one: Entry, other: Entry): Entry {
  const data = Buffer.from([one, other].map((each) => `${textOf(each).trimEnd()}\n`).join(''));
  return { name: one.name, method: STORED, crc: crc32(data), data, size: data.length };
}

function textOf({ method, data }: Entry): string {
  return (method === STORED ? data : inflateRawSync(data)).toString('utf8');
}

function jarOf(entries: readonly Entry[]): Buffer {
  if (entries.length > ENTRIES_MAX) throw new RangeError(`${entries.length} files in one jar; valid: ${ENTRIES_MAX}`);
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const { data } = entry;
    const name = Buffer.from(entry.name);
    const described = descriptionOf(entry, name);
    const local = Buffer.alloc(4);
    local.writeUInt32LE(LOCAL_ENTRY);
    files.push(local, described, name, data);
    const listed = Buffer.alloc(46);
    listed.writeUInt32LE(DIRECTORY_ENTRY);
    listed.writeUInt16LE(VERSION, 4);
    described.copy(listed, 6);
    listed.writeUInt32LE(at, 42);
    directory.push(listed, name);
    at += local.length + described.length + name.length + data.length;
  }
  const end = Buffer.alloc(DIRECTORY_END_BYTES);
  end.writeUInt32LE(DIRECTORY_END);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...files, ...directory, end]);
}

/** What stands before a file and in the directory alike. */
function descriptionOf({ method, crc, data, size }: Entry, name: Buffer): Buffer {
  const description = Buffer.alloc(26);
  description.writeUInt16LE(VERSION, 0);
  description.writeUInt16LE(IS_UTF8, 2);
  description.writeUInt16LE(method, 4);
  description.writeUInt16LE(DATE, 8);
  description.writeUInt32LE(crc, 10);
  description.writeUInt32LE(data.length, 14);
  description.writeUInt32LE(size, 18);
  description.writeUInt16LE(name.length, 22);
  return description;
}
