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
/** After a stall, at most this much time is caught up, so that no burst follows. */
const CATCH_UP_MS = 250;

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
  return {
    batchSize: () => size,
    isAhead: false,
    async *due(batches, signal) {
      let dueMs = performance.now();
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
      let held: { batch: SourceBatch; date: string } | undefined;
      for await (const batch of batches) {
        const date = batch.orders.count > 0 ? orderOf(batch.orders, 0).orderDate : held?.date;
        if (held && (date === held.date || date === undefined)) {
          held = { batch: together(held.batch, batch), date: held.date };
          continue;
        }
        if (held) yield held.batch;
        if (date === undefined) {
          yield batch;
          continue;
        }
        const dateMs = Date.parse(`${date}Z`);
        if (firstDateMs === undefined) {
          firstDateMs = dateMs;
          startMs = performance.now();
        }
        const dueMs = startMs + (dateMs - firstDateMs) / factor;
        onWait(date, dueMs - performance.now());
        held = undefined;
        if (!(await until(dueMs, signal))) return;
        held = { batch, date };
      }
      if (held) yield held.batch;
    },
  };
}

/** Waits until `performance.now()` reaches a time; false if `signal` aborts first. */
async function until(dueMs: number, signal: AbortSignal): Promise<boolean> {
  const waitMs = dueMs - performance.now();
  if (waitMs > 0) await delay(waitMs, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}

function together(a: SourceBatch, b: SourceBatch): SourceBatch {
  return {
    orders: joined([a.orders, b.orders]),
    rejected: [...a.rejected, ...b.rejected],
    position: b.position,
    invoices: new Map([...a.invoices, ...b.invoices]),
    isNewPass: a.isNewPass === true || b.isNewPass === true,
  };
}
