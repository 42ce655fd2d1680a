/**
 * The manifest: which files are the lake, and how far they hold the stream. Readers follow the manifest and no file that it
 * does not name, so they never see half a batch. A new manifest takes the place of the old one with one rename.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { AlakazamError } from '../errors.js';
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
  /** CRC-32 of its last bytes: in Parquet, where each column lies and what it spans. */
  readonly tail: number;
}

/** Every order of a month whose sequence number lies from `first` to `last`. */
export interface LakeFile extends StoredFile {
  /** Of the order date: `2010-12`. */
  readonly month: string;
  readonly first: number;
  readonly last: number;
  /** What its invoice numbers span, by what they begin with: see `invoiceSpans`. */
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

const EMPTY: Manifest = { format: FORMAT, version: 0, checkpoint: undefined, files: [], replaced: [], retired: [] };
const NAME = 'manifest.json';

/** The manifest of a lake; an empty one where there is no lake yet. Throws an `AlakazamError` if it can't be read. */
export function readManifest(directory: string): Manifest {
  const path = join(directory, NAME);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY;
    throw error;
  }
  // Its first line is the checksum of the rest.
  const [checksum, body = ''] = [text.slice(0, text.indexOf('\n')), text.slice(text.indexOf('\n') + 1)];
  if (checksum !== checksumOf(body)) throw damagedLake(`${path} is not as it was written`);
  const manifest = JSON.parse(body) as Manifest;
  if (manifest.format !== FORMAT) {
    throw new AlakazamError('failed', `${path} was made by a newer alakazam`, { hint: 'alakazam lake rebuild' });
  }
  return manifest;
}

/** Durable, whole or not at all, when this returns. */
export function replaceManifest(directory: string, manifest: Manifest): void {
  const body = `${JSON.stringify(manifest)}\n`;
  replaceFile(join(directory, NAME), `${checksumOf(body)}\n${body}`);
}

function checksumOf(body: string): string {
  return crc32(body).toString(16).padStart(8, '0');
}

/** Writes beside `path` first, so that a reader finds the old text or the new one. */
export function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(temporary, text, { flag: 'wx', mode: 0o600, flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

/** Makes a finished file durable, and gives it its place. */
export function storeFile(from: string, directory: string, path: string): Pick<StoredFile, 'bytes' | 'tail'> {
  const to = join(directory, path);
  const file = openSync(from, 'r');
  try {
    fsyncSync(file);
    const { size } = fstatSync(file);
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
    renameSync(from, to);
    syncDirectory(dirname(to));
    return { bytes: size, tail: tailOf(file, size) };
  } finally {
    closeSync(file);
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  fsyncSync(directory);
  closeSync(directory);
}

const TAIL_BYTES = 1024;

function tailOf(file: number, size: number): number {
  const tail = Buffer.alloc(Math.min(TAIL_BYTES, size));
  readSync(file, tail, 0, tail.length, size - tail.length);
  return crc32(tail);
}

/** Throws an `AlakazamError` if a file is not the one that was written. */
export function checkFile(directory: string, { path, bytes, tail }: StoredFile): void {
  const full = join(directory, path);
  let file: number;
  try {
    file = openSync(full, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw damagedLake(`${full} is gone`);
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    if (size !== bytes) throw damagedLake(`${full} has ${size} of ${bytes} bytes`);
    if (tailOf(file, size) !== tail) throw damagedLake(`${full} is another file than the one that was written`);
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
