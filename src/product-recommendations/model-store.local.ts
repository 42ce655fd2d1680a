/** Where models lie on this machine: a file each, named after its contents, and a list that says which is in use. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { checkedText, replaceFile, withChecksum } from '../durable-file.js';
import { diskError } from '../engines/disk-errors.js';
import type { LocalStore } from '../engines/lmdb/store.js';
import { whileLocked } from '../engines/lmdb/writer-lock.js';
import { AlakazamError } from '../errors.js';
import { type Arena, createArena } from './kernel.js';
import { decodeModel, encodeModel } from './model-file.js';
import type { ModelRun } from './recommender.js';
import type { Model } from './training.js';

/** What the list has of a model. */
export interface StoredRun extends Omit<ModelRun, 'isInUse'> {
  /** The version of the lake that it was trained on, if it was trained on all of it. */
  readonly lakeVersion: string | null;
}

interface List {
  readonly inUse: string;
  /** The latest first. */
  readonly runs: readonly StoredRun[];
}

/** So many are kept. */
const KEPT = 3;

/** Models, and what a process wrote that was killed before it was done: `replaceFile` writes beside a file first. */
const IS_OURS = /\.model(\.|$)|^models\.json\./;

/** A model, and the arena in which its arrays lie. */
export interface StoredModel {
  readonly model: Model;
  readonly arena: Arena;
}

export interface ModelStore {
  /** Writes a model and puts it in use, at once and as a whole. */
  add(model: Model, about: Omit<StoredRun, 'run'>): Promise<StoredRun>;
  list(): readonly (StoredRun & Pick<ModelRun, 'isInUse'>)[];
  /** Puts a model in use. Throws an `AlakazamError` if it is not there or can't be read, and then leaves the other one in use. */
  use(run: string): Promise<StoredRun>;
  /** The model in use. Throws an `AlakazamError` if there is none, or if it is damaged. */
  read(): StoredModel & { readonly run: StoredRun };
  clear(): void;
}

/** `openLock` opens the lock of the process that writes. */
export function openModelStore(directory: string, openLock: () => Promise<LocalStore>): ModelStore {
  const pathOf = (run: string) => join(directory, `${run}.model`);
  const { readList, writeList } = openList(directory);

  /** One process at a time changes the list, and deletes what is not in it. */
  async function change(write: () => void): Promise<void> {
    await onDisk(directory, async () => {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      await whileLocked(await openLock(), undefined, async () => write());
    });
  }

  return {
    async add(model, about) {
      const bytes = encodeModel(model);
      const run = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
      const stored = { run, ...about };
      await change(() => {
        replaceFile(pathOf(run), bytes);
        const others = (readListOrNothing()?.runs ?? []).filter((each) => each.run !== run);
        writeList({ inUse: run, runs: [stored, ...others].slice(0, KEPT) });
      });
      return stored;
    },
    list() {
      const { inUse, runs } = readList() ?? { inUse: '', runs: [] };
      return runs.map((run) => ({ ...run, isInUse: run.run === inUse }));
    },
    async use(run) {
      const find = () => {
        const list = readList();
        const stored = list?.runs.find((each) => each.run === run);
        if (!list || !stored) throw noSuchModel(run, list?.runs ?? []);
        return { list, stored };
      };
      find();
      readModel(pathOf(run), run);
      await change(() => writeList({ ...find().list, inUse: run }));
      return find().stored;
    },
    read() {
      const list = readList();
      const run = list?.runs.find((each) => each.run === list.inUse);
      if (!run) throw new AlakazamError('failed', 'there is no model to recommend by', { hint: 'alakazam train' });
      return { ...readModel(pathOf(run.run), run.run), run };
    },
    clear: () => rmSync(directory, { recursive: true, force: true }),
  };

  /** A new model takes the place of a list that is damaged. */
  function readListOrNothing(): List | undefined {
    try {
      return readList();
    } catch {
      return undefined;
    }
  }
}

/** Which models there are. */
function openList(directory: string) {
  const listPath = join(directory, 'models.json');
  return {
    readList(): List | undefined {
      if (!existsSync(listPath)) return undefined;
      const text = checkedText(readFileSync(listPath, 'utf8'));
      if (text === undefined) {
        throw new AlakazamError('failed', `the list of models is damaged: ${listPath}`, { hint: 'alakazam train' });
      }
      return JSON.parse(text) as List;
    },
    /** And removes what is not in the list. */
    writeList(list: List): void {
      replaceFile(listPath, withChecksum(JSON.stringify(list)));
      const known = new Set(list.runs.map(({ run }) => `${run}.model`));
      for (const name of readdirSync(directory)) {
        if (IS_OURS.test(name) && !known.has(name)) rmSync(join(directory, name), { force: true });
      }
    },
  };
}

/** What others hear of a model. */
export function runOf({ lakeVersion: _, ...run }: StoredRun & Pick<ModelRun, 'isInUse'>): ModelRun {
  return run;
}

/** Writes, and says of a full disk and of missing permission what it says elsewhere. */
async function onDisk(directory: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw diskError(error, directory) ?? error;
  }
}

/** Into the memory of the kernel, which needs most of it. */
function readModel(path: string, run: string): StoredModel {
  if (existsSync(path)) {
    const arena = createArena();
    return { model: decodeModel(readInto(arena, path), run), arena };
  }
  throw new AlakazamError('failed', `the model ${run} is gone: ${path}`, { hint: 'alakazam train' });
}

function readInto(arena: Arena, path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const bytes = arena.bytes(fstatSync(file).size);
    const length = readSync(file, bytes);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

function noSuchModel(run: string, runs: readonly StoredRun[]): AlakazamError {
  const valid = runs.map((each) => each.run).join(', ') || 'none, since nothing was trained';
  return new AlakazamError('usage', `there is no model ${JSON.stringify(run)}; valid: ${valid}`, {
    hint: 'alakazam train --list',
  });
}
