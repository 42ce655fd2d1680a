/**
 * Where DuckDB puts what memory does not hold: a directory of its own for each database, because two that share one overwrite
 * each other's files. DuckDB makes it when it first needs it, and removes it; what a process left that was killed, the next
 * writer removes.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, thisProcess } from './processes.local.js';

/** A path in the directory of the lake that nobody else gets. */
export function spillPath(directory: string): string {
  const { pid, started } = thisProcess();
  return join(directory, `spill-${pid}-${started}-${randomBytes(6).toString('hex')}`);
}

/** Removes the directories of processes that have ended. */
export function removeSpills(directory: string): void {
  for (const name of existsSync(directory) ? readdirSync(directory) : []) {
    const [, pid, started = ''] = /^spill-(\d+)-(\d*)-[0-9a-f]{12}$/.exec(name) ?? [];
    if (pid !== undefined && !isRunning({ pid: Number(pid), started })) {
      rmSync(join(directory, name), { recursive: true, force: true });
    }
  }
}
