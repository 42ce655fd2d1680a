/**
 * Where DuckDB puts what memory does not hold: a directory of its own for each database, because two that share one overwrite
 * each other's files. DuckDB makes it when it first needs it, and removes it; what a process left that was killed, the next
 * writer removes.
 */
import { ownPath, removeAbandoned } from './abandoned.local.js';

const KIND = 'spill';

/** A path in the directory of the lake that nobody else gets. */
export function spillPath(directory: string): string {
  return ownPath(directory, KIND);
}

/** Removes the directories of processes that have ended. */
export function removeSpills(directory: string): void {
  removeAbandoned(directory, KIND);
}
