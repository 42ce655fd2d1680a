/**
 * The order history in LMDB, over the embedded stream: for each customer, where in the stream the orders stand. The orders
 * themselves are not written twice: that would double the disk, take most of the time, and touch pages all over a file that
 * grows with the stream.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LocalStore } from '../engines/lmdb/store.js';
import type { AlakazamError } from '../errors.js';
import type { Order } from '../orders/order.js';
import { filtered, GUEST, type OrderBlock, orderOf, slice } from '../orders/order-block.js';
import type { NumberedBlock } from '../stream/stored-orders.local.js';
import type { LocalOrderStream } from '../stream/stream.local.js';
import { openHistoryCheckpoint } from './checkpoint.local.js';
import { customersFrom, hashOf, type Run, runsOf } from './customer-index.local.js';
import type { OrderHistory } from './history.js';
import { createIndexWriter, orderIdAt } from './index-writer.local.js';

const ORDERS_A_COMMIT = 32_768;

export const HISTORY_STORE = { tables: ['customers'], remedy: 'delete it: it is made again from the stream' };

export function openLocalHistory(store: LocalStore, stream: LocalOrderStream): OrderHistory {
  const customers = () => store.table('customers');
  const checkpoint = openHistoryCheckpoint(store, stream);

  /** Takes in blocks and moves the checkpoint on, in one transaction. */
  function commit(blocks: readonly NumberedBlock[]): void {
    if (blocks.length === 0) return;
    store.write(() => {
      const writer = createIndexWriter(store, stream);
      for (const block of blocks) {
        const { first, orders } = block;
        // Another process may have come first: only what it has left is added.
        const { next, identity } = checkpoint.read();
        const end = first + orders.count;
        if (identity !== stream.identity() || next < first || next >= end) continue;
        writer.add(next, slice(orders, next - first, orders.count));
        checkpoint.moveTo(block);
      }
      writer.write();
    });
  }

  /** Sees what other processes have done since the last look. */
  function refresh(): void {
    stream.refresh();
    store.refresh();
  }

  async function update(signal?: AbortSignal) {
    refresh();
    if (!checkpoint.isOfStream()) {
      store.write(() => {
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
        commit(blocks);
        blocks = [];
        count = 0;
        await nextTurn();
        if (signal?.aborted) break;
      }
      commit(blocks);
    }
    return { arrivalMs: checkpoint.read().arrivalMs };
  }

  /** The orders of a run. A run that points to another customer's orders is never shown. */
  function ordersOf({ first, count }: Run, customer: number): OrderBlock {
    const orders = stream.at(first, count);
    const stranger = orders.customers.subarray(0, count).findIndex((id) => id !== customer);
    if (stranger >= 0) throw misfiled(first + stranger, customer, orders.customers[stranger] as number);
    return orders;
  }

  function misfiled(sequence: number, customer: number, owner: number): AlakazamError {
    const whose = owner === GUEST ? 'a guest' : `customer ${owner}`;
    return store.damaged(`order number ${sequence} of ${whose} is filed under customer ${customer}`);
  }

  /** Whether order i of a block is in the history as this very line of the stream. */
  function isHeld(orders: OrderBlock, first: number, customer: number | undefined): (i: number) => boolean {
    const known = new Map<number, Run[]>();
    return (i) => {
      const id = orders.customers[i] as number;
      if (id === GUEST || (customer !== undefined && id !== customer)) return false;
      const runs = known.get(id) ?? runsOf(customers(), id);
      known.set(id, runs);
      return runs.some((run) => run.first <= first + i && first + i < run.first + run.count);
    };
  }

  /** Sequence number of the `count`-th order from the end, of those the history shows. */
  async function lastHeld(count: number, customer: number | undefined): Promise<number> {
    let left = count;
    if (left <= 0) return stream.last() + 1;
    for await (const { first, orders } of stream.backwards()) {
      const held = isHeld(orders, first, customer);
      for (let i = orders.count - 1; i >= 0; i--) if (held(i) && --left === 0) return first + i;
    }
    return 1;
  }

  return {
    update,
    async ordersOf(customer) {
      refresh();
      const found: { order: Order; sequence: number }[] = [];
      for (const run of runsOf(customers(), customer)) {
        const orders = ordersOf(run, customer);
        for (let i = 0; i < run.count; i++) found.push({ order: orderOf(orders, i), sequence: run.first + i });
      }
      return found
        .sort((a, b) => compare(a.order.orderDate, b.order.orderDate) || a.sequence - b.sequence)
        .map(({ order }) => order);
    },
    async order(id, customerId) {
      refresh();
      const hashes = new Set(invoicesIn(id).map((invoiceNo) => hashOf(Buffer.from(invoiceNo))));
      for (const customer of customerId === undefined ? customersFrom(customers(), 0) : [customerId]) {
        for (const run of runsOf(customers(), customer)) {
          if (!hashes.has(run.invoiceHash)) continue;
          const orders = ordersOf(run, customer);
          for (let i = 0; i < run.count; i++) if (orderIdAt(orders, i) === id) return orderOf(orders, i);
        }
      }
      return undefined;
    },
    async customersNear(customer, limit) {
      refresh();
      const near: number[] = [];
      for (const isUpTo of [true, false]) {
        let left = limit;
        for (const found of customersFrom(customers(), isUpTo ? customer : customer + 1, isUpTo)) {
          if (left-- <= 0) break;
          near.push(found);
        }
      }
      return near.sort((a, b) => Math.abs(a - customer) - Math.abs(b - customer)).slice(0, limit);
    },
    async *all() {
      refresh();
      for (const customer of customersFrom(customers(), 0)) {
        for (const run of runsOf(customers(), customer)) yield ordersOf(run, customer);
      }
    },
    async *tail({ from, customer, signal }) {
      await update(signal);
      const isCounted = typeof from === 'object' && 'last' in from;
      let next = await (isCounted ? lastHeld(from.last, customer) : stream.sequenceOf(from));
      let begun = stream.identity();
      for (;;) {
        const { next: end } = checkpoint.read();
        for await (const { first, arrivalMs, orders } of stream.from(next)) {
          // Behind its checkpoint the history does not know the orders yet.
          const known = slice(orders, 0, Math.min(orders.count, end - first));
          next = first + known.count;
          if (known.count > 0) yield { arrivalMs, orders: filtered(known, isHeld(known, first, customer)) };
          if (signal?.aborted) return;
          stream.refresh();
          if (next >= end) break;
        }
        if (begun !== stream.identity()) {
          next = begun === '' ? next : 1;
          begun = stream.identity();
        } else if (!signal || signal.aborted) return;
        else await stream.wait(signal);
        await update(signal);
      }
    },
    close: () => store.close(),
  };
}

/** The invoices an order id may belong to: either part of it may hold a hyphen. */
function invoicesIn(id: string): string[] {
  const names: string[] = [];
  for (let at = id.indexOf('-'); at >= 0; at = id.indexOf('-', at + 1)) names.push(id.slice(0, at));
  return names.length > 0 ? names : [id];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
