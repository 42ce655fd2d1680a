/** Files of a published run, on this machine's disk. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { READ_NO_LINK } from '../no-links.js';
import { filesOfRun, type RunFiles } from './published-runs.js';

export function diskRunFiles(directory: string): RunFiles {
  return {
    place: `${directory}/`,
    retrain: 'alakazam train --engine spark',
    async read(path) {
      try {
        return await readFile(join(directory, path), { encoding: 'utf8', flag: READ_NO_LINK });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
  };
}

/** A file of the run that is gone; undefined if all are there. */
export function missingFile(directory: string, run: string): string | undefined {
  return filesOfRun(run)
    .map((path) => join(directory, path))
    .find((path) => !existsSync(path));
}
