/**
 * The manifest: which files are the lake, and how far they hold the stream. Readers follow the manifest and no file that it
 * does not name, so they never see half a batch. A new manifest takes the place of the old one with one rename.
 */
import { closeSync, fchmodSync, fstatSync, fsyncSync, mkdirSync, readSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { checkedText, replaceFile, syncDirectory, withChecksum } from '../durable-file.js';
import { diskError } from '../engines/disk-errors.js';
import { AlakazamError } from '../errors.js';
import { notLinked, openNoLink, readNoLink } from '../no-links.js';
import type { SavedCheckpoint } from '../stream/view-checkpoint.js';

const FORMAT = 1;

export interface Manifest {
  readonly format: typeof FORMAT;
  /** One more than that of the manifest before. */
  readonly version: number;
  /** Undefined for a lake that holds nothing yet. */
  readonly checkpoint: SavedCheckpoint | undefined;
  readonly files: readonly LakeFile[];
  /** Files with the sequence numbers of arrivals that a later arrival of the same order has replaced. */
  readonly replaced: readonly ReplacedFile[];
  /** Files of earlier manifests. They are deleted once nobody reads such a manifest any more. */
  readonly retired: readonly RetiredFile[];
}

export interface StoredFile {
  /** Within the directory of the lake. */
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  /** CRC-32 of all of it. Parquet has none, and a byte that has changed may make another value of it. */
  readonly crc: number;
  /** What the file system says of it as long as nobody writes, exchanges or copies it. */
  readonly stamp: string;
}

/** Every order of a month whose sequence number lies from `first` to `last`. */
export interface LakeFile extends StoredFile {
  /** Of the order date: `2010-12`. */
  readonly month: string;
  readonly first: number;
  readonly last: number;
  /** What its invoice numbers span, for each character that some of them begin with. */
  readonly invoices: readonly InvoiceSpan[];
}

export type InvoiceSpan = readonly [min: string, max: string];

export interface ReplacedFile extends StoredFile {
  readonly first: number;
  readonly last: number;
}

export interface RetiredFile {
  readonly path: string;
  /** Version of the first manifest without it. */
  readonly version: number;
}

export const EMPTY: Manifest = {
  format: FORMAT,
  version: 0,
  checkpoint: undefined,
  files: [],
  replaced: [],
  retired: [],
};
const NAME = 'manifest.json';

/** The manifest of a lake; an empty one where there is no lake yet. Throws an `AlakazamError` if it can't be read. */
export function readManifest(directory: string): Manifest {
  const path = join(directory, NAME);
  let text: string;
  try {
    text = readNoLink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY;
    throw diskError(error, path) ?? error;
  }
  const body = checkedText(text);
  if (body === undefined) throw damagedLake(`${path} is not as it was written`);
  const manifest = JSON.parse(body) as Manifest;
  if (manifest.format !== FORMAT) {
    throw new AlakazamError('failed', `${path} was made by a newer alakazam`, {
      hint: 'alakazam lake rebuild makes it again for this one',
    });
  }
  return manifest;
}

/**
 * Names the tables for all time: another lake, and another state of the same lake, has another version. So has a lake that was
 * deleted and made again, whose versions began again at 1: the last order that it holds is part of the name.
 */
export function versionOf({ version, checkpoint }: Manifest): string {
  const { identity = '', next = 1, arrivalMs = 0, lineHash = 0 } = checkpoint ?? {};
  return [identity, version, next, arrivalMs, lineHash].join('-');
}

/** Durable, whole or not at all, when this returns. */
export function replaceManifest(directory: string, manifest: Manifest): void {
  replaceFile(join(directory, NAME), withChecksum(`${JSON.stringify(manifest)}\n`));
}

/** Makes a finished file durable, and gives it its place. */
export function storeFile(from: string, directory: string, path: string): Pick<StoredFile, 'bytes' | 'crc' | 'stamp'> {
  const to = join(directory, path);
  const file = openNoLink(from);
  try {
    // DuckDB leaves to the umask who may read it.
    fchmodSync(file, 0o600);
    fsyncSync(file);
    makeDirectory(notLinked(dirname(to)));
    renameSync(from, to);
    syncDirectory(dirname(to));
    return { bytes: fstatSync(file).size, crc: crcOf(file), stamp: stampOf(file) };
  } finally {
    closeSync(file);
  }
}

/** Durable, with those above it that were missing. */
function makeDirectory(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) syncDirectory(dirname(made));
}

const CHUNK_BYTES = 1 << 18;

function crcOf(file: number): number {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let crc = 0;
  for (let at = 0; ; ) {
    const size = readSync(file, chunk, 0, chunk.length, at);
    if (size === 0) return crc;
    crc = crc32(size < chunk.length ? chunk.subarray(0, size) : chunk, crc);
    at += size;
  }
}

/** Which file it is, and when it or its name was last changed: a program can't set that time. */
function stampOf(file: number): string {
  const { ino, ctimeNs } = fstatSync(file, { bigint: true });
  return `${ino}-${ctimeNs}`;
}

/**
 * Throws an `AlakazamError` if a file is not the one that was written. A file that nobody has touched since is not read for it,
 * unless `isRead`.
 */
export function checkFile(directory: string, { path, bytes, crc, stamp }: StoredFile, { isRead = false } = {}): void {
  const full = join(directory, path);
  let file: number;
  try {
    notLinked(dirname(full));
    file = openNoLink(full);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) {
      throw damagedLake(`${full} is gone`);
    }
    throw diskError(error, full) ?? error;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw damagedLake(`${full} is no file`);
    if (stat.size !== bytes) throw damagedLake(`${full} has ${stat.size} of ${bytes} bytes`);
    if (!isRead && stampOf(file) === stamp) return;
    if (crcOf(file) !== crc) throw damagedLake(`${full} is not as it was written`);
  } finally {
    closeSync(file);
  }
}

export function damagedLake(what: string, cause?: unknown): AlakazamError {
  return new AlakazamError('failed', `the lake is damaged: ${what}`, {
    hint: 'alakazam lake rebuild makes it again from the stream',
    cause,
  });
}
