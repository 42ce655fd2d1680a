/** Which small files to join, so that a month has few files and an order is rewritten seldom. */

const FILES_MIN = 4;

/**
 * The files at the end of the list that are to be joined; none if they may stay. Files are in the order in which they were
 * written. A file of tier t has 4^t to 4^(t+1) rows. Files are joined only if the joined file is of a higher tier than each of
 * them, so an order is rewritten at most once a tier: log4(n) times. Such a scheme is called size-tiered compaction.
 */
export function filesToJoin<File extends { readonly rows: number }>(files: readonly File[]): readonly File[] {
  let rows = 0;
  let tier = 0;
  for (let count = 1; count <= files.length; count++) {
    const file = files[files.length - count] as File;
    rows += file.rows;
    tier = Math.max(tier, tierOf(file.rows));
    if (count >= FILES_MIN && tierOf(rows) > tier) return files.slice(files.length - count);
  }
  return [];
}

function tierOf(rows: number): number {
  return Math.floor(Math.log2(Math.max(rows, 1)) / 2);
}
