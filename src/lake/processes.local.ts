/** Tells whether a process that left its name somewhere is still running. */
import { readFileSync } from 'node:fs';

export interface ProcessName {
  readonly pid: number;
  /** When it started, as Linux counts; '' where the system does not say. A later process may get the same pid. */
  readonly started: string;
}

export function thisProcess(): ProcessName {
  return { pid: process.pid, started: startOf(process.pid) };
}

export function isRunning({ pid, started }: ProcessName): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return startOf(pid) === started;
}

/** Field 22 of /proc/<pid>/stat, the second of which may hold blanks and ends at the last parenthesis: proc(5). */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] as string;
  } catch {
    return '';
  }
}
