/** The directory of the lake, and its folders. */
import { join } from 'node:path';
import { notLinked } from '../no-links.js';

export const ORDERS = 'orders';
export const REPLACED = 'replaced';
export const TEMPORARY = 'tmp';
/** Who reads the lake. */
export const READERS = 'readers';
/** What questions were answered. */
export const ANSWERS = 'answers';

/** The directory of the lake in a home. Throws an `AlakazamError` if it, or a folder of it, is a link. */
export function lakeFolder(home: string): string {
  const directory = notLinked(join(home, 'lake'));
  for (const folder of [ORDERS, REPLACED, TEMPORARY, READERS, ANSWERS]) notLinked(join(directory, folder));
  return directory;
}
