/** Joins files of the lake, so that a query opens few. */
import { join } from 'node:path';
import type { Database } from '../engines/duckdb/database.js';
import { fileName, parquet, store } from './batch.local.js';
import { ORDERS, REPLACED } from './folder.local.js';
import { checkFile, type InvoiceSpan, type LakeFile, type StoredFile } from './manifest.local.js';
import type { Writer } from './writer.local.js';

/** Which of these files, in their order, become one; none if they stay. */
export type Choose = <File extends StoredFile>(files: readonly File[]) => readonly File[];

export interface Join {
  readonly directory: string;
  readonly writer: Writer;
  readonly choose: Choose;
  readonly signal?: AbortSignal | undefined;
}

/** Each join is a change of its own: a signal ends the work between two of them. */
export async function joinFiles(
  engine: () => Promise<Database>,
  { directory, writer, choose, signal }: Join,
): Promise<void> {
  type Stretch = StoredFile & { readonly first: number; readonly last: number };

  /** One file with the rows of all. */
  async function joined(some: readonly Stretch[], folder: string): Promise<Stretch> {
    // Damage must not be carried into a file that looks whole.
    for (const file of some) checkFile(directory, file, { isRead: true });
    const { first } = some[0] as Stretch;
    const { last } = some.at(-1) as Stretch;
    const rows = some.reduce((sum, file) => sum + file.rows, 0);
    const path = join(folder, fileName(first, last, writer.manifest.version + 1));
    const stored = await store(await engine(), directory, path, `SELECT * FROM ${parquet(directory, some)}`, rows);
    return { ...stored, first, last };
  }

  function inPlaceOf<File>(all: readonly File[], some: readonly File[], one: File): File[] {
    return all.flatMap((file) => (file === some[0] ? [one] : some.includes(file) ? [] : [file]));
  }

  for (const month of new Set(writer.manifest.files.map((file) => file.month))) {
    for (;;) {
      const { files } = writer.manifest;
      const some = choose(files.filter((file) => file.month === month));
      if (some.length === 0 || signal?.aborted) break;
      const one: LakeFile = {
        ...(await joined(some, join(ORDERS, `month=${month}`))),
        month,
        invoices: joinedSpans(some.flatMap(({ invoices }) => invoices)),
      };
      writer.commit({ files: inPlaceOf(files, some, one) });
    }
  }
  for (;;) {
    const { replaced } = writer.manifest;
    const some = choose(replaced);
    if (some.length === 0 || signal?.aborted) return;
    writer.commit({ replaced: inPlaceOf(replaced, some, await joined(some, REPLACED)) });
  }
}

/** Spans that begin alike, as one. */
function joinedSpans(spans: readonly InvoiceSpan[]): InvoiceSpan[] {
  const byInitial = new Map<string, InvoiceSpan>();
  for (const span of spans) {
    const initial = String.fromCodePoint(span[0].codePointAt(0) ?? 0);
    const [min, max] = byInitial.get(initial) ?? span;
    const isBefore = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
    byInitial.set(initial, [isBefore(span[0], min) ? span[0] : min, isBefore(max, span[1]) ? span[1] : max]);
  }
  return [...byInitial.values()];
}
