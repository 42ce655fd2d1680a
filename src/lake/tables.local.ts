/** The lake's tables, as SQL has them. */
import { join } from 'node:path';
import { parquet } from './batch.local.js';
import type { LakeTables } from './lake.js';
import { leaseManifest } from './leases.local.js';
import { checkFile, type Manifest, type StoredFile, versionOf } from './manifest.local.js';
import { COLUMNS } from './order-columns.js';

export function openTables(directory: string): LakeTables {
  const { manifest, release } = leaseManifest(directory);
  try {
    const files = [...manifest.files, ...manifest.replaced];
    const pathsOf = (of: readonly StoredFile[]) => of.map(({ path }) => join(directory, path));
    for (const file of files) checkFile(directory, file);
    return {
      version: versionOf(manifest),
      views: viewsOf(directory, manifest),
      paths: pathsOf(files),
      arrivals: pathsOf(manifest.files),
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

function viewsOf(directory: string, { files, replaced }: Manifest): string {
  const empty = Object.entries(COLUMNS).map(([name, type]) => `CAST(NULL AS ${type}) AS ${name}`);
  const arrivals = files.length > 0 ? `FROM ${parquet(directory, files)}` : `SELECT ${empty.join(', ')} WHERE false`;
  // Where nothing was replaced, the latest version of each order is its only one, and costs nothing to find.
  const latest =
    replaced.length > 0
      ? `FROM order_arrivals ANTI JOIN ${parquet(directory, replaced)} USING (sequence)`
      : 'FROM order_arrivals';
  return `CREATE OR REPLACE VIEW order_arrivals AS ${arrivals}; CREATE OR REPLACE VIEW orders AS ${latest};`;
}
