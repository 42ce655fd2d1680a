/**
 * Orders by second, read from the order stream by time. The latest seconds are read first: a stream that takes more than can be
 * read in the time that a person waits has its older seconds cut off, and never the last.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { readShards } from '../engines/aws/shards.js';
import { type ArrivalLog, ordersIn } from '../stream/kinesis/arrived-orders.js';

/** Seconds that are read together, the latest first. */
const STRETCHES = [10, 50, 240];
const TIME_MS = 4000;

export async function readRates(log: ArrivalLog, seconds: number, nowMs: number): Promise<readonly number[]> {
  const rates = new Array<number>(seconds).fill(0);
  const stop = new AbortController();
  const timeIsUp = delay(TIME_MS, undefined, { signal: stop.signal }).catch(() => undefined);
  try {
    const shards = await log.shards();
    let end = seconds;
    for (const stretch of [...STRETCHES, seconds]) {
      const begin = Math.max(0, end - stretch);
      const read = await Promise.race([readStretch(begin, end), timeIsUp]);
      if (!read) break;
      for (const [second, count] of read) rates[second] = count;
      end = begin;
      if (end === 0) break;
    }
    return rates;

    async function readStretch(begin: number, end: number): Promise<ReadonlyMap<number, number>> {
      const found = new Map<number, number>();
      const secondOf = (arrivalMs: number) => seconds - 1 - Math.max(0, Math.floor((nowMs - arrivalMs) / 1000));
      const readBehind = new Set<string>();
      const sinceMs = nowMs - 1000 * (seconds - begin) + 1;
      for await (const { shardId, records } of readShards(log, { from: { sinceMs }, shards })) {
        for (const arrivalMs of ordersIn(records).arrivalsMs) {
          const second = secondOf(arrivalMs);
          if (second >= end) readBehind.add(shardId);
          else if (second >= begin) found.set(second, (found.get(second) ?? 0) + 1);
        }
        if (readBehind.size === shards.length) break;
      }
      return found;
    }
  } finally {
    stop.abort();
  }
}
