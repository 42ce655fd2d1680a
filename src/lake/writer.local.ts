/** Changes the lake, for the one process that holds the lock: each change is a new manifest, and then files go that nobody needs. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SavedCheckpoint } from '../stream/view-checkpoint.js';
import { ORDERS, REPLACED, TEMPORARY } from './batch.local.js';
import { oldestRead } from './leases.local.js';
import { type LakeFile, type Manifest, type ReplacedFile, readManifest, replaceManifest } from './manifest.local.js';

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

export function openWriter(directory: string): Writer {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  let manifest = readManifest(directory);

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
    clean() {
      const oldest = oldestRead(directory);
      const isNeeded = new Set([
        ...pathsOf(manifest),
        ...manifest.retired.filter(({ version }) => version > oldest).map(({ path }) => path),
      ]);
      for (const folder of [ORDERS, REPLACED, TEMPORARY]) {
        for (const path of filesIn(directory, folder))
          if (!isNeeded.has(path)) rmSync(join(directory, path), { force: true });
      }
    },
  };
}

function pathsOf({ files, replaced }: Manifest): Set<string> {
  return new Set([...files, ...replaced].map(({ path }) => path));
}

function filesIn(directory: string, folder: string): string[] {
  if (!existsSync(join(directory, folder))) return [];
  return readdirSync(join(directory, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(directory.length + 1));
}
