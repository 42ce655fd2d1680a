/** The warehouse of the embedded target over orders that arrived one by one. */
import { join } from 'node:path';
import { stampOf } from '../../src/engines/lmdb/file.js';
import { currentTables } from '../../src/lake/current-tables.local.js';
import { freshVersion } from '../../src/lake/freshness.local.js';
import { openKeptAnswers } from '../../src/warehouse/kept-answers.duckdb.js';
import { openDuckDbWarehouse } from '../../src/warehouse/warehouse.duckdb.js';
import { openedLake } from '../fixtures/opened-lake.js';
import { type Line, putter } from '../fixtures/orders.js';

export async function openedWarehouse(lines: readonly Line[], name?: string) {
  const { stream, directory, lake } = await openedLake(name);
  const put = putter(stream);
  // Each by itself: of an order that comes twice, the second replaces the first.
  for (const line of lines) await put([line]);
  const knownVersion = () => freshVersion(directory, stampOf(stream.path));
  const warehouse = openDuckDbWarehouse({
    currentTables: currentTables(directory, knownVersion, async () => lake),
    knownVersion,
    answers: openKeptAnswers(join(directory, 'answers')),
    spillTo: () => join(directory, 'spill'),
  });
  return { put, directory, lake, warehouse };
}
