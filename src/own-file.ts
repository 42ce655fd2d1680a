/**
 * Reads a file that says where orders go and what `reset` empties. It counts only if nobody but the user and root can have written
 * it: on a machine with others, `/tmp/.alakazamrc` may be anybody's.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { AlakazamError, reasonOf } from './errors.js';
import { shellWord } from './terminal/invocation.js';
import { bytes } from './terminal/numbers.js';

const BYTES_MAX = 65_536;
/** Group and others may write. */
const WRITABLE = 0o022;

/** Whether there is anything of that name, be it a link to nothing. */
export function isThere(path: string): boolean {
  return statOf(path) !== undefined;
}

/**
 * The text of the file, or undefined if there is none. Throws an `AlakazamError` for a file that does not count. It is not passed
 * over: without it orders would go to another place, and a warning in a script is read by nobody.
 */
export function readOwnFile(path: string, user: number | undefined): string | undefined {
  const seen = statOf(path);
  if (!seen) return undefined;
  refuse(path, seen, user);
  try {
    // It may be another by now: what is looked at again is what was opened. A FIFO must not be waited for.
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      refuse(path, fstatSync(file), user);
      return readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof AlakazamError) throw error;
    throw new AlakazamError('usage', `can't read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** A part of the path that is a file, or may not be looked into, has no such file. */
function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

function refuse(path: string, stats: Stats, user: number | undefined): void {
  const [why, hint] = whyNot(path, stats, user) ?? [];
  if (why !== undefined) throw new AlakazamError('usage', `${path} does not count, because ${why}`, { hint });
}

/** Why a file does not count, and what to type. `user` is undefined where the system has no numbers for users. */
function whyNot(path: string, stats: Stats, user: number | undefined): [why: string, hint: string] | undefined {
  const name = shellWord(path);
  if (stats.isSymbolicLink()) {
    return [
      'it is a link: who owns what it leads to may change it',
      `cp -L ${name} ${name}.new; mv ${name}.new ${name}`,
    ];
  }
  if (!stats.isFile()) return ['it is no file', `move it away: mv ${name} ${name}.old`];
  if (user !== undefined && stats.uid !== user && stats.uid !== 0) {
    const chown = `${user === 0 ? '' : 'sudo '}chown ${user} ${name}`;
    return [
      `it belongs to another user (${stats.uid}, and you are ${user})`,
      `touch .alakazamrc makes one of your own in a directory below, and that counts first; if you trust this one: ${chown}`,
    ];
  }
  if (user !== undefined && (stats.mode & WRITABLE) !== 0) {
    return ['others may write it', `look at what it says, then: chmod go-w ${name}`];
  }
  if (stats.size > BYTES_MAX) {
    return [`it has ${bytes(stats.size)}; at most ${bytes(BYTES_MAX)}`, `move it away: mv ${name} ${name}.old`];
  }
  return undefined;
}
