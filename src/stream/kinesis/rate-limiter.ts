/** A rate limit that learns from throttling: it backs off by a third, and grows again while all goes well. */
import { setTimeout as delay } from 'node:timers/promises';

export interface RateLimiter {
  /** Resolves when this many records may be sent. */
  take(count: number): Promise<void>;
  /** Reports that this many records were accepted. */
  succeeded(count: number): void;
  /** Reports that records were refused because the rate was too high. */
  throttled(): void;
  /** Records a second; infinite until the first throttling. */
  readonly rate: number;
}

const BACK_OFF = 0.7;
/** Part of the rate by which it grows in a second of full use: two seconds after a back-off the rate is what it was. */
const GROWTH = 0.2;
/** A tenth of what one shard accepts: other programs may put records into it too. */
const RATE_MIN = 100;
/** Refusals within this time have one cause. */
const EPISODE_MS = 500;
const WINDOW_MS = 1000;

export function createRateLimiter(clock: () => number = () => performance.now()): RateLimiter {
  let rate = Number.POSITIVE_INFINITY;
  let freeMs = 0;
  let throttledMs = Number.NEGATIVE_INFINITY;
  let windowMs = clock();
  let inWindow = 0;
  let recent = 0;

  function roll(): void {
    const elapsedMs = clock() - windowMs;
    if (elapsedMs < WINDOW_MS) return;
    recent = (inWindow * 1000) / elapsedMs;
    inWindow = 0;
    windowMs = clock();
  }

  return {
    get rate() {
      return rate;
    },
    async take(count) {
      if (rate === Number.POSITIVE_INFINITY) return;
      const nowMs = clock();
      const startMs = Math.max(nowMs, freeMs);
      freeMs = startMs + (count * 1000) / rate;
      if (startMs > nowMs) await delay(startMs - nowMs);
    },
    succeeded(count) {
      roll();
      inWindow += count;
      if (rate < Number.POSITIVE_INFINITY) rate += GROWTH * count;
    },
    throttled() {
      const nowMs = clock();
      if (nowMs - throttledMs < EPISODE_MS) return;
      throttledMs = nowMs;
      roll();
      const known = Math.min(rate, Math.max(recent, (inWindow * 1000) / Math.max(WINDOW_MS / 4, nowMs - windowMs)));
      rate = Math.max(RATE_MIN, known * BACK_OFF);
    },
  };
}
