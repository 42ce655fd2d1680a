/**
 * Files in the directory of a pipeline. It may have come with a cloned project, and a link in it may lead to any file of the user:
 * none is followed.
 */
import { closeSync, constants, lstatSync, openSync, readFileSync } from 'node:fs';
import { AlakazamError } from './errors.js';

/** As `flag` of Node's functions: reads a file, and no link. */
export const READ_NO_LINK = constants.O_RDONLY | constants.O_NOFOLLOW;

/** The path, which may lead to nothing yet. Throws an `AlakazamError` if it is a link. */
export function notLinked(path: string): string {
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) throw isLink(path);
  } catch (error) {
    // Its directory is a file. Whoever opens the path says so.
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
  }
  return path;
}

/** Opens a file to read it. Throws an `AlakazamError` if it is a link. */
export function openNoLink(path: string): number {
  try {
    return openSync(path, READ_NO_LINK);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ELOOP' ? isLink(path, error) : error;
  }
}

/** The text of a file. Throws an `AlakazamError` if it is a link. */
export function readNoLink(path: string): string {
  const file = openNoLink(path);
  try {
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function isLink(path: string, cause?: unknown): AlakazamError {
  return new AlakazamError('failed', `${path} is a link, and alakazam follows none in its directory`, {
    hint: 'look at where it leads, and remove it; to keep the pipeline elsewhere, set ALAKAZAM_HOME',
    cause,
  });
}
