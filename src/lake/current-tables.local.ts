/** The lake's tables with every order of the stream, for those who ask over all orders. */
import type { CurrentTables, Lake } from './lake.js';
import { openTables } from './tables.local.js';

/**
 * Brings the lake up to date first. Where `knownVersion` tells that the lake holds the whole stream, neither is opened: LMDB,
 * which the stream needs, takes as long to load as many a question.
 */
export function currentTables(
  directory: string,
  knownVersion: () => string | undefined,
  lake: () => Promise<Lake>,
): CurrentTables {
  return async (options) => {
    if (knownVersion() !== undefined) return openTables(directory);
    const open = await lake();
    await open.update(options);
    return open.tables();
  };
}
