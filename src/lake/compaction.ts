/** Which small files to join, so that a month has few files and an order is rewritten seldom. */

/**
 * The files at the end of the list that are to be joined; none if they may stay. Files are in the order in which they were
 * written. A file of tier t has 4^t to 4^(t+1) rows. The first file with whose followers it makes one of a higher tier is joined
 * with all of them. So no file is of a higher tier than one before it, and at most three are of one tier: 3 log4(n) files. All
 * of a joined file but the batch that came last are then of a higher tier, so an order is rewritten at most log4(n) times and
 * once when it comes. Such a scheme is called size-tiered compaction.
 */
export function filesToJoin<File extends { readonly rows: number }>(files: readonly File[]): readonly File[] {
  let rows = 0;
  let joined = 0;
  for (let count = 1; count <= files.length; count++) {
    const file = files[files.length - count] as File;
    rows += file.rows;
    if (tierOf(rows) > tierOf(file.rows)) joined = count;
  }
  return files.slice(files.length - joined);
}

function tierOf(rows: number): number {
  return Math.floor(Math.log2(Math.max(rows, 1)) / 2);
}
