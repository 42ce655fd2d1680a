/** What a disk does not allow, said alike whoever met it: LMDB, DuckDB or Node. */
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { AlakazamError, CannotWrite, reasonOf } from '../errors.js';

/**
 * The error to show if the disk is full, or forbids it, or lets no file grow, or has a file where a directory has to be; undefined
 * for any other. `path` is what could not be written, for engines that do not name it.
 */
export function diskError(error: unknown, path?: string): AlakazamError | undefined {
  if (error instanceof AlakazamError) return undefined;
  const { code } = error as { readonly code?: unknown };
  const reason = reasonOf(error);
  if (isAny(code, 28, 'ENOSPC', 'EDQUOT') || /no space left|disk.*full|max_temp_directory_size/i.test(reason)) {
    return path === undefined ? noRoom(reason, error) : diskFull(path, error);
  }
  if (isAny(code, 30, 13, 1, 'EROFS', 'EACCES', 'EPERM') || /read-only|permission denied/i.test(reason)) {
    return new CannotWrite('access', path === undefined ? reason : `no permission to write ${path}`, {
      hint: 'give yourself write access to it, or set ALAKAZAM_HOME to a directory of your own',
      cause: error,
    });
  }
  // LMDB reports EIO when only a part could be written.
  if (isAny(code, 27, 'EFBIG') || (isAny(code, 5, 'EIO') && path !== undefined && isAtLimit(path))) {
    return new AlakazamError('failed', `${path ?? 'a file'} has reached the size up to which a file may grow here`, {
      hint: 'ulimit -f says which that is; what was acknowledged before is kept',
      cause: error,
    });
  }
  if (isAny(code, 'EEXIST', 'ENOTDIR', 'EISDIR', 'ENOENT')) return inTheWay(error as NodeJS.ErrnoException, path);
  return undefined;
}

/** Whether a file is about as large as this process may make one, where the system says so: proc(5). */
function isAtLimit(path: string): boolean {
  try {
    const [, bytes] = /^Max file size +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return bytes !== undefined && statSync(path).size > Number(bytes) - PART_BYTES_MAX;
  } catch {
    return false;
  }
}

/** Of one write. */
const PART_BYTES_MAX = 1 << 20;

export function diskFull(path: string, cause?: unknown): AlakazamError {
  return noRoom(`${path} can't grow; what was acknowledged before is kept`, cause);
}

function noRoom(what: string, cause: unknown): AlakazamError {
  return new CannotWrite('failed', `the disk is full: ${what}`, {
    hint: 'make room, then run the same command again: it goes on where it stopped',
    cause,
  });
}

function isAny(code: unknown, ...codes: readonly unknown[]): boolean {
  return codes.includes(code);
}

function inTheWay(error: NodeJS.ErrnoException & { readonly dest?: string }, path?: string): AlakazamError | undefined {
  const wanted = error.dest ?? error.path ?? path;
  if (wanted === undefined) return undefined;
  const [there, kind] = nearestThere(wanted);
  // Node says of a link to nothing that there is nothing, and so of what is simply missing.
  if (error.code === 'ENOENT' && kind !== A_DEAD_LINK) return undefined;
  const message = `${there} is ${kind}, where alakazam has a ${kind === 'a directory' ? 'file' : 'directory'} of its own`;
  return new AlakazamError('failed', message, {
    hint: 'move it away, or set ALAKAZAM_HOME to another directory; then run the same command again',
    cause: error,
  });
}

const A_DEAD_LINK = 'a link to nothing';

/** A path, or the nearest above it that there is, and what is there. */
function nearestThere(path: string): readonly [path: string, kind: string] {
  try {
    lstatSync(path);
  } catch {
    return nearestThere(dirname(path));
  }
  const target = statSync(path, { throwIfNoEntry: false });
  return [path, target ? (target.isDirectory() ? 'a directory' : 'a file') : A_DEAD_LINK];
}
