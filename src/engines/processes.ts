/** Tells whether a process that left its name somewhere is still running, or is stopped. */
import { readFileSync } from 'node:fs';

export interface ProcessName {
  readonly pid: number;
  /** When it started, as Linux counts; '' where the system does not say. A later process may get the same pid. */
  readonly started: string;
}

let self: ProcessName | undefined;

export function thisProcess(): ProcessName {
  self ??= { pid: process.pid, started: statOf(process.pid)?.started ?? '' };
  return self;
}

/** Whether somebody has stopped it, as Ctrl-Z does: it holds what it holds until it goes on. False where the system does not say. */
export function isStopped({ pid }: ProcessName): boolean {
  return STOPPED.test(statOf(pid)?.state ?? '');
}

export function isRunning({ pid, started }: ProcessName): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const stat = statOf(pid);
  // Where the system does not say more, as for processes of others on some machines, there is a process with this number.
  return stat === undefined || (!ENDED.test(stat.state) && stat.started === started);
}

/** A process that has ended stays in this state until its parent asks for it; some parents never do. */
const ENDED = /[ZXx]/;
const STOPPED = /[Tt]/;

/** Fields 3 and 22 of /proc/<pid>/stat, the second of which may hold blanks and ends at the last parenthesis: proc(5). */
function statOf(pid: number): { readonly state: string; readonly started: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] as string, started: fields[19] as string };
  } catch {
    return undefined;
  }
}
