/** The order stream in LMDB, with the bookmarks of its sources in the same store, so that one transaction writes both. */
import type { LocalStore } from '../engines/lmdb/store.js';
import { filtered } from '../orders/order-block.js';
import type { WritableBookmarks } from './bookmarks.js';
import { fileChanges } from './changes.local.js';
import { exchanged } from './exchanged.js';
import type { NumberedBlock, NumberedStream } from './numbered-stream.js';
import { openStoredOrders } from './stored-orders.local.js';
import type { StreamStart } from './stream.js';

/** The store of the stream, which is that of its bookmarks too. */
export const STREAM_STORE = {
  tables: [],
  // A block of orders has a checksum of its own, in a header that is read alone.
  uncheckedTables: ['orders'],
  remedy: 'move it away and stream the orders again, or restore it from a backup',
};

/** `bookmarks` are in the same store. */
export function openLocalStream(store: LocalStore, bookmarks: WritableBookmarks, clock: () => number): NumberedStream {
  const { append, remember, clear, ...orders } = openStoredOrders(store);
  const changes = fileChanges(store.path);

  async function sequenceOf(start: StreamStart, customer?: number): Promise<number> {
    if (start === 'first') return 1;
    if (start === 'next') return orders.last() + 1;
    return 'last' in start ? lastOrders(start.last, customer) : orders.arrivedSince(start.sinceMs);
  }

  async function lastOrders(count: number, customer?: number): Promise<number> {
    if (count <= 0) return orders.last() + 1;
    if (customer === undefined) return Math.max(1, orders.last() - count + 1);
    let left = count;
    for await (const { first, orders: block } of orders.backwards()) {
      for (let i = block.count - 1; i >= 0; i--) if (block.customers[i] === customer && --left === 0) return first + i;
    }
    return 1;
  }

  async function wait(signal: AbortSignal): Promise<void> {
    await changes.next(signal);
    if (store.isExchanged()) throw exchanged(store.path);
    store.refresh();
  }

  return {
    ...orders,
    path: store.path,
    bookmarks,
    refresh: store.refresh,
    isExchanged: store.isExchanged,
    sequenceOf,
    wait,
    erase: store.erase,
    async clear() {
      await store.write(() => {
        clear();
        bookmarks.clear();
      });
      // LMDB gives the pages of one transaction to the second one after it: on a full disk the next would find none.
      await store.write(() => store.table('meta').putSync('emptied', Buffer.from(String(clock()))));
    },
    async put(block, progress) {
      // Orders would go into a file that nobody finds any more.
      if (store.isExchanged()) throw exchanged(store.path);
      const arrivalMs = clock();
      const put = await store.write((): NumberedBlock[] | undefined => {
        if (!bookmarks.isNext(progress)) return undefined;
        const blocks = append(block, arrivalMs);
        bookmarks.keep(progress);
        return blocks;
      });
      if (put) remember(put);
      return put !== undefined;
    },
    async *read({ from: start, customer, signal }) {
      store.refresh();
      let next = await sequenceOf(start, customer);
      let begun = orders.identity();
      for (;;) {
        for await (const { first, arrivalMs, orders: block } of orders.from(next)) {
          next = first + block.count;
          if (customer === undefined) yield { first, arrivalMs, orders: block };
          else yield { arrivalMs, orders: filtered(block, (i) => block.customers[i] === customer) };
          if (signal?.aborted) return;
          store.refresh();
        }
        if (begun !== orders.identity()) {
          // Emptied meanwhile, or begun: an empty stream has no identity yet.
          next = begun === '' ? next : 1;
          begun = orders.identity();
          continue;
        }
        if (!signal || signal.aborted) return;
        await wait(signal);
      }
    },
    heldSinceMs: async () => 0,
    size: () => orders.last(),
    currentIdentity() {
      store.refresh();
      return orders.identity();
    },
    close() {
      changes.close();
      return store.close();
    },
  };
}
