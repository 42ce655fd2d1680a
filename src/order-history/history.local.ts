/**
 * The order history in LMDB, over the embedded stream. It holds, for each customer, the positions of the orders in the stream.
 * It does not hold the orders: a second copy would double the disk space, take most of the time, and write pages all over a
 * file that grows with the stream.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LocalStore } from '../engines/lmdb/store.js';
import { slice } from '../orders/order-block.js';
import { lagging } from '../stream/lag.js';
import type { NumberedBlock, NumberedStream } from '../stream/numbered-stream.js';
import { openViewCheckpoint, type ViewCheckpoint } from '../stream/view-checkpoint.js';
import type { OrderHistory } from './history.js';
import { createIndexWriter } from './index-writer.local.js';
import { lookUpOrders } from './lookups.local.js';
import { tailOrders } from './tail.local.js';

const ORDERS_A_COMMIT = 32_768;

export const HISTORY_STORE = {
  tables: ['customers'],
  remedy: 'delete it: it is made again from the stream',
  isMadeAgain: true,
  mayLag: true,
} as const;

/** The state that the parts of this driver share. */
export interface LocalHistoryParts extends Pick<OrderHistory, 'update'> {
  readonly store: LocalStore;
  readonly stream: NumberedStream;
  readonly checkpoint: ViewCheckpoint;
  /** Sees what other processes have done since the last look. */
  refresh(): void;
}

export interface LocalHistory extends OrderHistory {
  /** Overwrites, in the file, what was forgotten. */
  erase(): Promise<void>;
}

export function openLocalHistory(store: LocalStore, stream: NumberedStream): LocalHistory {
  const customers = () => store.table('customers');
  const checkpoint = openViewCheckpoint(store, stream);
  const writer = createIndexWriter(store, stream);

  /** Adds blocks to the index and moves the checkpoint, in one transaction. */
  async function commit(blocks: readonly NumberedBlock[]): Promise<void> {
    if (blocks.length === 0) return;
    const reached = await store.write(() => {
      writer.begin(checkpoint.read().next);
      for (const block of blocks) {
        const { first, orders } = block;
        // Another process may have added the first of these orders already: only the others are added.
        const { next, identity } = checkpoint.read();
        const end = first + orders.count;
        if (identity !== stream.identity() || next < first || next >= end) continue;
        writer.add(next, slice(orders, next - first, orders.count));
        checkpoint.moveTo(block);
      }
      writer.write();
      return checkpoint.read().next;
    });
    writer.committed(reached);
  }

  /** Sees what other processes have done since the last look. */
  function refresh(): void {
    stream.refresh();
    store.refresh();
  }

  const mayLag = lagging({ name: 'order history', waiting: store.waiting, through: () => checkpoint.read() });

  async function bringIn(signal?: AbortSignal): Promise<void> {
    refresh();
    if (!checkpoint.isOfStream()) {
      await store.write(() => {
        customers().clearSync();
        checkpoint.restart();
      });
    }
    let blocks: NumberedBlock[] = [];
    let count = 0;
    const { next } = checkpoint.read();
    if (next <= stream.last()) {
      for await (const block of stream.from(next)) {
        blocks.push(block);
        count += block.orders.count;
        if (count < ORDERS_A_COMMIT) continue;
        await commit(blocks);
        blocks = [];
        count = 0;
        await nextTurn();
        if (signal?.aborted) break;
      }
      await commit(blocks);
    }
  }

  const update = (signal?: AbortSignal) => mayLag(() => bringIn(signal));
  const parts = { store, stream, checkpoint, refresh, update };
  return {
    update,
    ...lookUpOrders(parts),
    tail: (options) => tailOrders(parts, options),
    erase: store.erase,
    close: () => store.close(),
  };
}
