/** The embedded stream's own `put`, bundled from the sources, to measure from where it begins. */
import { bundled } from './run.js';

/** Gives a function that puts one order line into the stream at `home` and returns when it is durable. */
export async function putOrders(home) {
  const { openStore, BOOKMARK_STORE, openBookmarks, openLocalStream, STREAM_STORE, createBlockBuilder } = await bundled(
    'bench-put',
    `export { openStore } from './src/engines/lmdb/store.js';
     export { BOOKMARK_STORE, openBookmarks } from './src/stream/bookmarks.lmdb.js';
     export { openLocalStream, STREAM_STORE } from './src/stream/stream.local.js';
     export { createBlockBuilder } from './src/orders/block-builder.js';`,
  );
  const tables = [...STREAM_STORE.tables, ...BOOKMARK_STORE.tables];
  const store = openStore(home, 'stream', { ...STREAM_STORE, tables });
  const stream = openLocalStream(store, openBookmarks(store), Date.now);
  let from;
  let line = 0;
  return async (text, customer) => {
    const builder = createBlockBuilder();
    builder.add(text, customer, 1);
    const position = { line: ++line };
    await stream.put(builder.take(), {
      sourceId: 'bench',
      source: 'bench',
      from,
      isRestart: false,
      position,
      invoices: new Map(),
      rejected: [],
    });
    from = position;
  };
}
