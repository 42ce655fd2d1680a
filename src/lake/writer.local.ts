/** Changes the lake, for the one process that holds the lock: each change is a new manifest, and then files go that nobody needs. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AlakazamError } from '../errors.js';
import type { SavedCheckpoint } from '../stream/view-checkpoint.js';
import { ORDERS, REPLACED, TEMPORARY } from './folder.local.js';
import { namedVersions, oldestRead } from './leases.local.js';
import {
  EMPTY,
  type LakeFile,
  type Manifest,
  type ReplacedFile,
  type RetiredFile,
  readManifest,
  replaceManifest,
} from './manifest.local.js';
import { removeSpills } from './spill.local.js';

export interface LakeChange {
  readonly checkpoint?: SavedCheckpoint | undefined;
  readonly files?: readonly LakeFile[];
  readonly replaced?: readonly ReplacedFile[];
}

export interface Writer {
  readonly manifest: Manifest;
  /** Durable when this returns, whole or not at all. */
  commit(change: LakeChange): void;
  /** Deletes files that no manifest names which somebody may be reading: those of earlier manifests, and of writers that were killed. */
  clean(): void;
}

/** A writer of a lake that begins with nothing. Its changes are seen once it is published, all at once. */
export interface NewLakeWriter extends Writer {
  /** Puts the new lake into the place of the old one. */
  publish(): void;
}

export function openWriter(directory: string): Writer {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  let manifest = readManifest(directory);
  if (manifest.version === 0) {
    const version = latestVersion(directory);
    manifest = { ...EMPTY, version, retired: retiredIn(directory, new Set(), version + 1) };
  }

  return {
    get manifest() {
      return manifest;
    },
    commit(change) {
      const next: Manifest = { ...manifest, ...change, version: manifest.version + 1 };
      const named = pathsOf(next);
      const retired = [
        ...manifest.retired.filter(({ path }) => existsSync(join(directory, path))),
        ...[...pathsOf(manifest)].filter((path) => !named.has(path)).map((path) => ({ path, version: next.version })),
      ];
      replaceManifest(directory, { ...next, retired });
      manifest = { ...next, retired };
    },
    clean: () => clean(directory, manifest),
  };
}

/** For a lake that is made again: the old one may be damaged. */
export function openNewLakeWriter(directory: string): NewLakeWriter {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const old = readableManifest(directory);
  let published = old;
  let manifest: Manifest = { ...EMPTY, version: old?.version || latestVersion(directory) };

  return {
    get manifest() {
      return manifest;
    },
    commit(change) {
      manifest = { ...manifest, ...change, version: manifest.version + 1 };
    },
    publish() {
      const version = manifest.version + 1;
      const named = pathsOf(manifest);
      const earlier = new Map(old?.retired.map((file) => [file.path, file]));
      const retired = retiredIn(directory, named, version).map((file) => earlier.get(file.path) ?? file);
      manifest = { ...manifest, version, retired };
      replaceManifest(directory, manifest);
      published = manifest;
    },
    clean() {
      // As long as nobody knows which files the old lake has, none is deleted.
      if (published) clean(directory, published);
    },
  };
}

/** The manifest, or undefined for one that is damaged or of a newer version. */
function readableManifest(directory: string): Manifest | undefined {
  try {
    return readManifest(directory);
  } catch (error) {
    if (error instanceof AlakazamError) return undefined;
    throw error;
  }
}

/** The latest version of which there is a trace, for a lake whose manifest is lost: a version is never used twice. */
function latestVersion(directory: string): number {
  const written = [ORDERS, REPLACED]
    .flatMap((folder) => ownFilesIn(directory, folder))
    .map((path) => Number(/-(\d+)\.parquet$/.exec(path)?.[1]));
  return Math.max(0, ...written, ...namedVersions(directory));
}

/** Whatever was written and is none of these files: an older version may still be read, also if its manifest is lost. */
function retiredIn(directory: string, named: ReadonlySet<string>, version: number): RetiredFile[] {
  return [ORDERS, REPLACED]
    .flatMap((folder) => ownFilesIn(directory, folder))
    .filter((path) => !named.has(path))
    .map((path) => ({ path, version }));
}

function clean(directory: string, manifest: Manifest): void {
  const oldest = oldestRead(directory);
  const isNeeded = new Set([
    ...pathsOf(manifest),
    ...manifest.retired.filter(({ version }) => version > oldest).map(({ path }) => path),
  ]);
  for (const folder of ['', ORDERS, REPLACED, TEMPORARY]) {
    for (const path of ownFilesIn(directory, folder)) {
      if (!isNeeded.has(path)) rmSync(join(directory, path), { force: true });
    }
  }
  removeSpills(directory);
}

function pathsOf({ files, replaced }: Manifest): Set<string> {
  return new Set([...files, ...replaced].map(({ path }) => path));
}

/** Names that this program gives to files that may go. Whatever else lies here is somebody else's. */
const OWN =
  /^((manifest|fresh)\.json\.[0-9a-f]{12}|(orders\/month=\d{4}-\d\d|replaced)\/\d{12,}-\d{12,}-\d+\.parquet|tmp\/[0-9a-f]{16}\.(csv|parquet))$/;

/** Files of this program in a folder of the lake, or in the lake itself. */
function ownFilesIn(directory: string, folder: string): string[] {
  if (!existsSync(join(directory, folder))) return [];
  return readdirSync(join(directory, folder), { recursive: folder !== '', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(directory.length + 1))
    .filter((path) => OWN.test(path));
}
