/** The list of the models on this machine, which says which of them is in use. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkedText, replaceFile, withChecksum } from '../durable-file.js';
import { AlakazamError } from '../errors.js';
import { readNoLink } from '../no-links.js';
import type { ModelRun } from './recommender.js';

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
const IS_OURS = /\.model(\.|$)|\.spark$|^models\.json\./;
/** What is left besides once no model is: the list, and what Spark said. */
const IS_OURS_TOO = /^(models\.json|spark\.log)$/;

/** Where a model is: a file of ours, or a directory with the run that Spark published. */
export function entryOf({ run, engine }: Pick<StoredRun, 'run' | 'engine'>): string {
  return engine === 'spark' ? `${run}.spark` : `${run}.model`;
}

export function openModelList(directory: string) {
  const path = join(directory, 'models.json');

  function read(): List | undefined {
    if (!existsSync(path)) return undefined;
    const text = checkedText(readNoLink(path));
    if (text === undefined) {
      throw new AlakazamError('failed', `the list of models is damaged: ${path}`, { hint: 'alakazam train' });
    }
    const { inUse, runs } = JSON.parse(text) as List;
    // A list of an earlier version names no engine.
    return { inUse, runs: runs.map((run) => ({ ...run, engine: run.engine ?? 'built-in' })) };
  }

  /** A new model takes the place of a list that is damaged. */
  function readOrNothing(): List | undefined {
    try {
      return read();
    } catch {
      return undefined;
    }
  }

  /** Throws an `AlakazamError` if it is not there. */
  function find(run: string): StoredRun {
    const runs = read()?.runs ?? [];
    const found = runs.find((each) => each.run === run);
    if (found) return found;
    throw noSuchModel(run, runs);
  }

  /** And removes what is not in the list. */
  function write(list: List): void {
    replaceFile(path, withChecksum(JSON.stringify(list)));
    const known = new Set(list.runs.map(entryOf));
    for (const name of readdirSync(directory)) {
      if (IS_OURS.test(name) && !known.has(name)) rmSync(join(directory, name), { recursive: true, force: true });
    }
  }

  return {
    read,
    find,
    inUse(): StoredRun | undefined {
      const found = read();
      return found?.runs.find(({ run }) => run === found.inUse);
    },
    /** The run is the latest, and in use. */
    add(stored: StoredRun): void {
      const others = (readOrNothing()?.runs ?? []).filter(({ run }) => run !== stored.run);
      write({ inUse: stored.run, runs: [stored, ...others].slice(0, KEPT) });
    },
    /** Removes all models, and the list. */
    clear(): void {
      for (const name of existsSync(directory) ? readdirSync(directory) : []) {
        if (IS_OURS.test(name) || IS_OURS_TOO.test(name))
          rmSync(join(directory, name), { recursive: true, force: true });
      }
    },
    use(run: string): void {
      // Another process may have taken it away meanwhile.
      find(run);
      write({ runs: read()?.runs ?? [], inUse: run });
    },
  };
}

function noSuchModel(run: string, runs: readonly StoredRun[]): AlakazamError {
  const valid = runs.map((each) => each.run).join(', ') || 'none, since nothing was trained';
  return new AlakazamError('usage', `there is no model ${JSON.stringify(run)}; valid: ${valid}`, {
    hint: 'alakazam train --list',
  });
}
