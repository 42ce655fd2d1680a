/** Work on long values, for which DuckDB's usual way takes more memory than it may. */
import { type Database, isOutOfMemory } from './database.js';

/** For a Parquet file: so much is in memory before it is written. Only for a database that spares memory. */
export const SMALL_ROW_GROUPS = "ROW_GROUP_SIZE_BYTES '16MB'";

/** Does it once more, sparing memory, if memory was not enough. */
export async function orSparing<T>(database: Database, act: (isSparing: boolean) => Promise<T>): Promise<T> {
  try {
    return await act(false);
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
    await database.spareMemory();
    return act(true);
  }
}
