/** What bookmarks promise, wherever they are kept; each driver's tests are one call of this. */
import { describe, expect, test } from 'vitest';
import type { RejectedLine, WritableBookmarks } from '../../src/stream/bookmarks.js';
import { progress } from '../fixtures/orders.js';

export interface BookmarksFixture {
  /** Each call is another handle on the same bookmarks, of which there are none at first. */
  open(): WritableBookmarks;
  /** Runs `write` in a transaction. */
  write(write: () => void): void | Promise<void>;
}

export function testBookmarks(name: string, create: () => BookmarksFixture) {
  const rejectedOf = async (bookmarks: WritableBookmarks) => {
    const lines: RejectedLine[] = [];
    for await (const line of bookmarks.rejected()) lines.push(line);
    return lines;
  };
  const no = (line: number) => ({ line, reason: `no ${line}`, text: `line ${line}` });

  describe(`${name}: bookmarks`, () => {
    test('say nothing of a source that was never read', async () => {
      const bookmarks = create().open();
      expect(await bookmarks.positionOf('source')).toBeUndefined();
      expect(bookmarks.codesOf('source', '536365')).toBeUndefined();
      expect([await rejectedOf(bookmarks), await bookmarks.rejectedCount()]).toEqual([[], 0]);
    });

    test('are what the last progress said, for every handle', async () => {
      const { open, write } = create();
      const [bookmarks, other] = [open(), open()];
      const codes = new Map([['536365', ['A', 'B']]]);
      await write(() => bookmarks.keep(progress(undefined, { at: 1 }, { invoices: codes, rejected: [no(2)] })));
      await write(() => bookmarks.keep(progress({ at: 1 }, { at: 5 }, { rejected: [no(7)] })));
      expect(await other.positionOf('source')).toEqual({ at: 5 });
      expect(other.codesOf('source', '536365')).toEqual(['A', 'B']);
      expect((await rejectedOf(other)).map(({ line, reason, text }) => [line, reason, text])).toEqual([
        [2, 'no 2', 'line 2'],
        [7, 'no 7', 'line 7'],
      ]);
    });

    test('accept progress that begins where they stand, and a restart always', async () => {
      const { open, write } = create();
      const bookmarks = open();
      await write(() => bookmarks.keep(progress(undefined, { at: 1 })));
      expect(bookmarks.isNext(progress({ at: 1 }, { at: 2 }))).toBe(true);
      expect(bookmarks.isNext(progress(undefined, { at: 2 }))).toBe(false);
      expect(bookmarks.isNext(progress({ at: 3 }, { at: 4 }))).toBe(false);
      expect(bookmarks.isNext(progress(undefined, { at: 2 }, { isRestart: true }))).toBe(true);
    });

    test('give every rejected line, however many there are', async () => {
      const { open, write } = create();
      const bookmarks = open();
      const all = Array.from({ length: 2500 }, (_, n) => n + 2);
      await write(() => bookmarks.keep(progress(undefined, { at: 1 }, { rejected: all.map(no) })));
      await write(() => bookmarks.keep(progress(undefined, { at: 1 }, { sourceId: 'zz', rejected: [no(4)] })));
      expect((await rejectedOf(bookmarks)).map(({ line }) => line)).toEqual([...all, 4]);
      expect(await bookmarks.rejectedCount()).toBe(2501);
    });

    test('forget a source but for its rejected lines, and everything when they are cleared', async () => {
      const { open, write } = create();
      const bookmarks = open();
      await write(() => bookmarks.keep(progress(undefined, { at: 1 }, { rejected: [no(2)] })));
      await bookmarks.forget('source');
      expect([await bookmarks.positionOf('source'), await bookmarks.rejectedCount()]).toEqual([undefined, 1]);
      await write(() => bookmarks.clear());
      expect(await bookmarks.rejectedCount()).toBe(0);
    });
  });
}
