import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextAttemptMs } from '../../src/rate-alarm/backoff.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** When attempts are made that all fail, and each takes no time: the most that there can be. */
function attempts(random: () => number, firstMs = 1_000_000): number[] {
  const times = [firstMs];
  for (let count = 1; ; count++) {
    const next = nextAttemptMs({ count, firstMs }, times.at(-1) as number, random());
    if (next === null) return times;
    times.push(next);
  }
}

test('the wait doubles from a second to five minutes', () => {
  const times = attempts(() => 0, 0);
  const waits = times.slice(1).map((time, i) => time - (times[i] as number));
  expect(waits.slice(0, 11).map((wait) => wait / 1000)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
});

test('no ten minutes have more than 12 attempts, and the last is made after a day', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (randoms) => {
      const times = attempts(() => randoms.next().value as number);
      for (const [i, from] of times.entries()) {
        expect(times.slice(i).filter((time) => time < from + 10 * MINUTE).length).toBeLessThanOrEqual(12);
      }
      expect((times.at(-1) as number) - (times[0] as number)).toBe(DAY);
    }),
    { numRuns: 20 },
  );
  expect(attempts(() => 1).filter((time) => time < 1_000_000 + 10 * MINUTE)).toHaveLength(12);
});

test('what a destination asks for is honoured, up to the last attempt', () => {
  const failures = { count: 3, firstMs: 0 };
  expect(nextAttemptMs({ ...failures, retryAfterMs: 3000 }, 10_000, 0)).toBe(14_000);
  expect(nextAttemptMs({ ...failures, retryAfterMs: 90_000 }, 10_000, 0)).toBe(100_000);
  expect(nextAttemptMs({ ...failures, retryAfterMs: 1e15 }, 10_000, 0)).toBe(DAY);
  expect(nextAttemptMs(failures, DAY, 0)).toBeNull();
});
