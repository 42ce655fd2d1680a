/** Files of a published run, on this machine's disk. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunFiles } from './published-runs.js';

export function diskRunFiles(directory: string): RunFiles {
  return {
    place: `${directory}/`,
    retrain: 'alakazam train --engine spark',
    async read(path) {
      try {
        return await readFile(join(directory, path), 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
  };
}
