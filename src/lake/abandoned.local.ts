/** Paths that say which process they belong to, so that a later one can remove what a process left that was killed. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, thisProcess } from '../engines/processes.js';

/** A path that nobody else gets. Its name begins with `kind`. */
export function ownPath(directory: string, kind: string): string {
  const { pid, started } = thisProcess();
  return join(directory, `${kind}-${pid}-${started}-${randomBytes(6).toString('hex')}`);
}

/** Removes what is of this kind and of processes that have ended. */
export function removeAbandoned(directory: string, kind: string): void {
  for (const name of existsSync(directory) ? readdirSync(directory) : []) {
    if (!name.startsWith(`${kind}-`)) continue;
    const [, pid, started = ''] = /^(\d+)-(\d*)-[0-9a-f]{12}$/.exec(name.slice(kind.length + 1)) ?? [];
    if (pid !== undefined && !isRunning({ pid: Number(pid), started })) {
      rmSync(join(directory, name), { recursive: true, force: true });
    }
  }
}
