/** Where models lie on this machine: each a file or a directory of its own, and a list that says which is in use. */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, mkdirSync, readdirSync, readSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile, syncDirectory } from '../durable-file.js';
import { diskError } from '../engines/disk-errors.js';
import type { LocalStore } from '../engines/lmdb/store.js';
import { whileLocked } from '../engines/lmdb/writer-lock.js';
import { AlakazamError } from '../errors.js';
import { openNoLink } from '../no-links.js';
import { type Arena, createArena } from './kernel.js';
import { decodeModel, encodeModel } from './model-file.js';
import { entryOf, openModelList, type StoredRun } from './model-list.local.js';
import type { ModelRun } from './recommender.js';
import type { Model } from './training.js';

/** A model, and the arena in which its arrays lie. */
export interface StoredModel {
  readonly model: Model;
  readonly arena: Arena;
}

export interface ModelStore {
  /** Writes a model and puts it in use, at once and as a whole. */
  add(model: Model, about: Omit<StoredRun, 'run' | 'engine'>): Promise<StoredRun>;
  /** Its directory, which is there when this is done. */
  makeDirectory(): Promise<string>;
  /** Takes the directory of a run that is whole, and puts it in use. */
  addPublished(directory: string, stored: StoredRun): Promise<void>;
  list(): readonly (StoredRun & Pick<ModelRun, 'isInUse'>)[];
  /** Puts a model in use. Throws an `AlakazamError` if it is not there or can't be read, and then leaves the other one in use. */
  use(run: string): Promise<StoredRun>;
  /** What the list has of the model in use; undefined if there is none. */
  inUse(): StoredRun | undefined;
  /** The same. Throws an `AlakazamError` if there is none, or if it is not whole. */
  check(): Promise<StoredRun>;
  /** The model in use, which is a file. Throws an `AlakazamError` if there is none, or if it is damaged. */
  read(): StoredModel & { readonly run: StoredRun };
  /** Where the run is that was published. */
  directoryOf(run: StoredRun): string;
  /** Deletes all models. A training that ends later adds its own. */
  clear(): Promise<void>;
}

/** `openLock` opens the lock of the process that writes. */
export function openModelStore(directory: string, openLock: () => Promise<LocalStore>): ModelStore {
  const list = openModelList(directory);
  const pathOf = (run: Pick<StoredRun, 'run' | 'engine'>) => join(directory, entryOf(run));

  const makeDirectory = () =>
    onDisk(directory, async () => {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      return directory;
    });
  /** One process at a time changes the list, and deletes what is not in it. */
  async function change(write: () => void): Promise<void> {
    await makeDirectory();
    await onDisk(directory, async () => whileLocked(await openLock(), undefined, async () => write()));
  }
  function need(): StoredRun {
    const run = list.inUse();
    if (run) return run;
    throw new AlakazamError('failed', 'there is no model to recommend by', { hint: 'alakazam train' });
  }

  return {
    async add(model, about) {
      const bytes = encodeModel(model);
      const run = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
      const stored = { run, engine: 'built-in', ...about } as const;
      await change(() => {
        replaceFile(pathOf(stored), bytes);
        list.add(stored);
      });
      return stored;
    },
    makeDirectory,
    addPublished: (from, stored) =>
      change(() => {
        for (const path of readdirSync(from, { recursive: true, encoding: 'utf8' })) syncDirectory(join(from, path));
        renameSync(from, pathOf(stored));
        syncDirectory(directory);
        list.add(stored);
      }),
    list() {
      const { inUse, runs } = list.read() ?? { inUse: '', runs: [] };
      return runs.map((run) => ({ ...run, isInUse: run.run === inUse }));
    },
    async use(run) {
      const stored = list.find(run);
      await checkModel(pathOf(stored), stored);
      await change(() => list.use(run));
      return stored;
    },
    inUse: list.inUse,
    async check() {
      const run = need();
      await checkModel(pathOf(run), run);
      return run;
    },
    read() {
      const run = need();
      return { ...readModel(pathOf(run), run.run), run };
    },
    directoryOf: pathOf,
    async clear() {
      if (existsSync(directory)) await change(list.clear);
    },
  };
}

/** What others hear of a model. */
export function runOf({ lakeVersion: _, ...run }: StoredRun & Pick<ModelRun, 'isInUse'>): ModelRun {
  return run;
}

/** Writes, and says of a full disk and of missing permission what it says elsewhere. */
async function onDisk<T>(directory: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw diskError(error, directory) ?? error;
  }
}

/** Reads a model file whole, with its checksum. What Spark wrote has none: all its files have to be there. */
async function checkModel(path: string, { run, engine }: StoredRun): Promise<void> {
  if (engine !== 'spark') {
    readModel(path, run);
    return;
  }
  const { missingFile } = await import('./run-files.local.js');
  const missing = missingFile(path, run);
  if (missing !== undefined) throw gone(run, missing, 'alakazam train --engine spark');
}

/** Into the memory of the kernel, which needs most of it. */
function readModel(path: string, run: string): StoredModel {
  if (!existsSync(path)) throw gone(run, path, 'alakazam train');
  const arena = createArena();
  return { model: decodeModel(readInto(arena, path), run), arena };
}

function gone(run: string, path: string, hint: string): AlakazamError {
  return new AlakazamError('failed', `the model ${run} is gone: ${path}`, { hint });
}

function readInto(arena: Arena, path: string): Uint8Array {
  const file = openNoLink(path);
  try {
    const bytes = arena.bytes(fstatSync(file).size);
    const length = readSync(file, bytes);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
