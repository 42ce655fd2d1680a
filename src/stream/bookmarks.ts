/** How far each source was read, and what of it was no order: kept in LMDB, wherever the orders themselves go. */

import type { LocalStore } from '../engines/lmdb/store.js';
import type { SourcePosition } from '../sources/order-source.js';
import type { RejectedLine, SourceProgress } from './stream.js';

export interface KeptProgress {
  positionOf(sourceId: string): SourcePosition | undefined;
  codesOf(sourceId: string, invoiceNo: string): string[] | undefined;
  rejected(): Iterable<RejectedLine>;
  rejectedCount(): number;
  /** True if the source was left where this progress begins. */
  isNext(progress: SourceProgress): boolean;
  /** Keeps progress; to be called in a transaction of the store. */
  keep(progress: SourceProgress): void;
  /** Lets go of a source but for its rejected lines; in a transaction too. */
  forget(sourceId: string): void;
  clear(): void;
}

/** What a store of nothing but progress holds, and what its loss means. */
export const PROGRESS_STORE = {
  tables: ['sources', 'rejected'],
  remedy:
    'remove it: sources are then read from their start, and what was streamed before comes again and changes nothing',
};

/** Sorts behind every invoice number. */
const END = '\u{10ffff}';

export function openProgress(store: LocalStore): KeptProgress {
  const sources = () => store.table('sources');
  const rejections = () => store.table('rejected');

  function positionOf(sourceId: string): SourcePosition | undefined {
    const kept = sources().get([sourceId]);
    return kept && (JSON.parse(kept.toString()) as { position: SourcePosition }).position;
  }

  function forget(table: ReturnType<typeof sources>, sourceId: string): void {
    for (const key of [...table.getKeys({ start: [sourceId], end: [sourceId, END] })]) table.removeSync(key);
  }

  return {
    positionOf,
    codesOf: (sourceId, invoiceNo) => sources().get([sourceId, invoiceNo])?.toString().split('\n'),
    *rejected() {
      for (const { value } of [...rejections().getRange()]) yield JSON.parse(value.toString());
    },
    rejectedCount: () => [...rejections().getKeys()].length,
    isNext: ({ sourceId, from, isRestart }) =>
      isRestart || JSON.stringify(positionOf(sourceId)) === JSON.stringify(from),
    keep({ sourceId, source, position, invoices, rejected, isRestart, isNewPass }) {
      if (isNewPass) forget(sources(), sourceId);
      if (isRestart) for (const table of [sources(), rejections()]) forget(table, sourceId);
      sources().putSync([sourceId], Buffer.from(JSON.stringify({ source, position })));
      for (const [invoiceNo, codes] of invoices)
        sources().putSync([sourceId, invoiceNo], Buffer.from(codes.join('\n')));
      for (const { line, reason, text } of rejected) {
        rejections().putSync([sourceId, line], Buffer.from(JSON.stringify({ source, line, reason, text })));
      }
    },
    forget: (sourceId) => forget(sources(), sourceId),
    clear() {
      for (const table of [sources(), rejections()]) table.clearSync();
    },
  };
}
