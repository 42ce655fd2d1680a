/** Bookmarks in LMDB, on this machine, wherever the stream is. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Table } from '../engines/lmdb/checked-table.js';
import type { LocalStore } from '../engines/lmdb/store.js';
import type { SourcePosition } from '../sources/order-source.js';
import type { WritableBookmarks } from './bookmarks.js';

/** A store that holds only bookmarks, and the remedy if it is damaged. */
export const BOOKMARK_STORE = {
  tables: ['sources', 'rejected'],
  remedy: 'remove it: sources are then read from their start, and orders that were streamed before change nothing',
};

/** Number of rejected lines in a page: memory stays flat, and the loop reacts to a signal between two pages. */
const PAGE_LINES = 1000;
const CODES_A_VALUE = 1024;
/** The memory of the map is released after so many. */
const PAGES_A_MAP = 64;
/** Sorts after every invoice number. */
const END = '\u{10ffff}';

/** Keeps bookmarks in the tables of `BOOKMARK_STORE`, whatever else the store holds. */
export function openBookmarks(store: LocalStore): WritableBookmarks {
  const sources = () => store.table('sources');
  const rejections = () => store.table('rejected');
  /** Sources of which this process has read the first line. What is kept of them is a moment old. */
  const begun = new Set<string>();

  function positionOf(sourceId: string): SourcePosition | undefined {
    const kept = sources().get([sourceId]);
    return kept && (JSON.parse(kept.toString()) as { position: SourcePosition }).position;
  }

  function forget(table: Table, sourceId: string): void {
    for (const key of [...table.getKeys({ start: [sourceId], end: [sourceId, END] })]) table.removeSync(key);
  }

  const { codesOf, keepCodes } = openCodes(sources, (sourceId) => begun.has(sourceId));

  return {
    async positionOf(sourceId) {
      store.refresh();
      return positionOf(sourceId);
    },
    codesOf,
    forget: async (sourceId) => store.write(() => forget(sources(), sourceId)),
    async *rejected() {
      store.refresh();
      let pages = 0;
      for (let start: [string, number] = ['', 0]; ; ) {
        const page = [...rejections().getRange({ start, limit: PAGE_LINES })];
        for (const { value } of page) yield JSON.parse(value.toString());
        const [sourceId, line] = (page.at(-1)?.key ?? []) as [string, number];
        if (page.length < PAGE_LINES) return;
        start = [sourceId, line + 1];
        if (++pages % PAGES_A_MAP === 0) store.unmap();
        await nextTurn();
      }
    },
    async rejectedCount() {
      store.refresh();
      return rejections().getKeysCount();
    },
    isNext: ({ sourceId, from, isRestart }) =>
      isRestart || JSON.stringify(positionOf(sourceId)) === JSON.stringify(from),
    keep({ sourceId, source, from, position, invoices, rejected, isRestart, isNewPass }) {
      if (isRestart || from === undefined) begun.add(sourceId);
      if (isNewPass) forget(sources(), sourceId);
      if (isRestart) for (const table of [sources(), rejections()]) forget(table, sourceId);
      sources().putSync([sourceId], Buffer.from(JSON.stringify({ source, position })));
      for (const [invoiceNo, codes] of invoices) keepCodes(sourceId, invoiceNo, codes);
      for (const { line, reason, text } of rejected) {
        rejections().putSync([sourceId, line], Buffer.from(JSON.stringify({ source, line, reason, text })));
      }
    },
    clear() {
      for (const table of [sources(), rejections()]) table.clearSync();
    },
  };
}

/** The stock codes of an invoice fill values, of which only the last one changes: an invoice may have many. */
function openCodes(sources: () => Table, isNew: (sourceId: string) => boolean) {
  const keyOf = (sourceId: string, invoiceNo: string, part: number) =>
    part === 0 ? [sourceId, invoiceNo] : [sourceId, invoiceNo, part];

  function codesOf(sourceId: string, invoiceNo: string): string[] | undefined {
    const codes: string[] = [];
    for (let part = 0; ; part++) {
      const key = keyOf(sourceId, invoiceNo, part);
      // Most invoices are new, and to prove each of them takes as long as to read its orders.
      const value = isNew(sourceId) ? sources().find(key) : sources().get(key);
      if (!value) return part === 0 ? undefined : codes;
      const some = value.toString().split('\n');
      for (const code of some) codes.push(code);
      if (some.length < CODES_A_VALUE) return codes;
    }
  }

  function keepCodes(sourceId: string, invoiceNo: string, codes: readonly string[]): void {
    const last = Math.max(0, Math.ceil(codes.length / CODES_A_VALUE) - 1);
    for (let part = last; part >= 0; part--) {
      const key = keyOf(sourceId, invoiceNo, part);
      const value = Buffer.from(codes.slice(part * CODES_A_VALUE, (part + 1) * CODES_A_VALUE).join('\n'));
      // What was stored before the last is full, and as it was.
      if (part < last && sources().find(key)?.equals(value)) return;
      sources().putSync(key, value);
    }
  }

  return { codesOf, keepCodes };
}
