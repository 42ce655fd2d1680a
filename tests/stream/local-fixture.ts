/** The embedded stream and history in a directory of their own. */
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { openStore } from '../../src/engines/lmdb/store.js';
import type { OrderHistory } from '../../src/order-history/history.js';
import { HISTORY_STORE, openLocalHistory } from '../../src/order-history/history.local.js';
import { historyView } from '../../src/order-history/history-view.js';
import { type LocalOrderStream, openLocalStream, STREAM_STORE } from '../../src/stream/stream.local.js';
import { temporaryDirectory } from '../run-cli.js';

export interface LocalFixture {
  readonly home: string;
  open(clock?: () => number): Promise<LocalOrderStream>;
  openHistory(stream?: LocalOrderStream): Promise<OrderHistory>;
}

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

let count = 0;
const base = temporaryDirectory();

export async function localFixture(): Promise<LocalFixture> {
  const home = join(base, String(count++));
  const open = async (clock: () => number = Date.now) =>
    keep(openLocalStream(openStore(home, 'stream', STREAM_STORE), clock));
  return {
    home,
    open,
    openHistory: async (stream) =>
      keep(openLocalHistory(openStore(home, 'history', HISTORY_STORE), stream ?? (await open()))),
  };
}

function keep<T extends { close(): Promise<void> }>(what: T): T {
  opened.push(what);
  return what;
}

/** The embedded stream and history, as `verify` reconciles them. */
export function reconcilable(stream: LocalOrderStream, history: OrderHistory) {
  return { stream, bookmarks: stream.bookmarks, views: [historyView(history, { followsGenerate: true })] };
}
