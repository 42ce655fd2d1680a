/** When orders are due: all at once, at a rate, or spaced as their own dates are. */
import { setTimeout as delay } from 'node:timers/promises';
import { joined, orderOf } from '../orders/order-block.js';
import type { SourceBatch } from './order-source.js';

export interface Pace {
  /** Orders to read at a time. */
  readonly batchSize: () => number;
  /** True if no order has to wait for its time: then reading ahead saves time. */
  readonly isAhead: boolean;
  /** Yields each batch when it is due; ends early when `signal` aborts. */
  due(batches: AsyncIterable<SourceBatch>, signal: AbortSignal): AsyncIterable<SourceBatch>;
}

/** Large enough that a commit costs little per order, small enough for memory and for progress to be seen. */
const BULK_ORDERS = 16_384;
/** At a rate, orders are put this often: rarely enough for a commit each time, often enough to avoid bursts. */
const TICK_MS = 10;
/** After a stall, at most this much time is caught up: a process that was stopped for an hour makes no burst of an hour. */
const CATCH_UP_MS = 2000;
/** Orders of one date that are put together. More come in parts, one after the other. */
const TOGETHER_ORDERS = 4096;
const BATCHES_HELD = 64;
/** A longer wait does not fit a timer of Node. */
const WAIT_MAX_MS = 2 ** 31 - 1;

export function atOnce(): Pace {
  return {
    batchSize: () => BULK_ORDERS,
    isAhead: true,
    due: (batches) => batches,
  };
}

/** `perSecond` orders a second. */
export function atRate(perSecond: number): Pace {
  const size = Math.max(1, Math.round((perSecond * TICK_MS) / 1000));
  let dueMs = performance.now();
  return {
    /** Who is late takes all that is due by now at once: a disk takes many orders as fast as few. */
    batchSize() {
      const lateMs = Math.min(CATCH_UP_MS, Math.max(0, performance.now() - dueMs));
      return Math.min(BULK_ORDERS, size + Math.floor((lateMs * perSecond) / 1000));
    },
    isAhead: false,
    async *due(batches, signal) {
      dueMs = performance.now();
      for await (const batch of batches) {
        if (!(await until(dueMs, signal))) return;
        yield batch;
        dueMs = Math.max(dueMs, performance.now() - CATCH_UP_MS) + (batch.orders.count / perSecond) * 1000;
      }
    },
  };
}

/** Spaces orders as their dates are, `factor` times as fast. Orders of one date are put together. */
export function atSpeed(factor: number, onWait: (nextDate: string, waitMs: number) => void): Pace {
  return {
    batchSize: () => 1,
    isAhead: false,
    async *due(batches, signal) {
      let firstDateMs: number | undefined;
      let startMs = 0;
      let held: SourceBatch[] = [];
      let heldDate: string | undefined;
      for await (const batch of batches) {
        const date = batch.orders.count > 0 ? orderOf(batch.orders, 0).orderDate : heldDate;
        const isFull = (held[0]?.orders.count ?? 0) >= TOGETHER_ORDERS;
        if (held.length > 0 && date === heldDate && !isFull && !batch.isNewPass) {
          held.push(batch);
          // Each batch has memory for more orders than it has. To join every single one to all before would cost a square of them.
          if (held.length === BATCHES_HELD) held = [together(held)];
          continue;
        }
        if (held.length > 0) yield together(held);
        held = [];
        if (date === undefined) {
          yield batch;
          continue;
        }
        const dateMs = Date.parse(`${date}Z`);
        // Each pass over the source begins when it is read, with its own first date.
        if (firstDateMs === undefined || batch.isNewPass) {
          firstDateMs = dateMs;
          startMs = performance.now();
        }
        const dueMs = startMs + (dateMs - firstDateMs) / factor;
        onWait(date, dueMs - performance.now());
        if (!(await until(dueMs, signal))) return;
        held = [batch];
        heldDate = date;
      }
      if (held.length > 0) yield together(held);
    },
  };
}

/** Waits until `performance.now()` reaches a time; false if `signal` aborts first. */
async function until(dueMs: number, signal: AbortSignal): Promise<boolean> {
  let waitMs: number;
  do {
    waitMs = dueMs - performance.now();
    if (waitMs > 0) await delay(Math.min(waitMs, WAIT_MAX_MS), undefined, { signal }).catch(() => undefined);
  } while (waitMs > WAIT_MAX_MS && !signal.aborted);
  return !signal.aborted;
}

function together(batches: readonly SourceBatch[]): SourceBatch {
  return {
    orders: joined(batches.map(({ orders }) => orders)),
    rejected: batches.flatMap(({ rejected }) => rejected),
    position: (batches.at(-1) as SourceBatch).position,
    invoices: new Map(batches.flatMap(({ invoices }) => [...invoices])),
    isNewPass: batches.some(({ isNewPass }) => isNewPass),
  };
}
