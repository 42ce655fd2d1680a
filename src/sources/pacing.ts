/** When the next orders are due: all at once, so many a second, or as fast as their own dates say. */
import { setTimeout as delay } from 'node:timers/promises';
import { joined, orderOf } from '../orders/order-block.js';
import type { SourceBatch } from './order-source.js';

export interface Pace {
  /** Orders to read at a time. */
  readonly batchSize: () => number;
  /** True if there is never a wait: then it pays to read ahead. */
  readonly isAhead: boolean;
  /** Batches that are due, each handed on when it is; ends early when `signal` says stop. */
  due(batches: AsyncIterable<SourceBatch>, signal: AbortSignal): AsyncIterable<SourceBatch>;
}

/** Large enough that a commit costs little an order, small enough to hold in memory and to see progress. */
const BULK_ORDERS = 16_384;
/** Orders of one rate go out this often: rarely enough for a commit each, often enough not to come in bursts. */
const TICK_MS = 10;
/** After a stall at most this much is made up for, so that what follows it is no burst. */
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

/** As the order dates follow each other, `factor` times as fast. Orders of one date go together, as they came. */
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

/** Waits for a time of `performance.now()`; false if it was told to stop. */
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
