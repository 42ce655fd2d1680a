/** A rate limit that learns from throttling: it backs off by a third, and grows again while all goes well. */
import { setTimeout as delay } from 'node:timers/promises';

export interface RateLimiter {
  /** Resolves when this many may go out. */
  take(count: number): Promise<void>;
  /** So many were taken. */
  succeeded(count: number): void;
  /** Some were refused for going too fast. */
  throttled(): void;
  /** A second; infinite until something was throttled. */
  readonly rate: number;
}

const BACK_OFF = 0.7;
/** Of the rate, a second at full use: two seconds after a third was given up it is there again. */
const GROWTH = 0.2;
/** A tenth of what one shard takes: others may put into it too. */
const RATE_MIN = 100;
/** Throttling within this time has one cause. */
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
