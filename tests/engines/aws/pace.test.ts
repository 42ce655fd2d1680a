/** Calls that are spaced, shard by shard. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPace } from '../../../src/engines/aws/pace.js';

test('lets a few calls go at once, then one in so many milliseconds, in each shard', () => {
  let nowMs = 1000;
  const turn = createPace({ burst: 3, everyMs: 500, clock: () => nowMs });
  expect(['a', 'a', 'a', 'a', 'a'].map(turn)).toEqual([0, 0, 0, 500, 1000]);
  expect(turn('b')).toBe(0);
  nowMs += 60_000;
  expect(['a', 'a', 'a', 'a'].map(turn)).toEqual([0, 0, 0, 500]);
});

test('never lets more calls go in any time than the burst and one for each interval', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(900), { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (pauses, burst) => {
      let nowMs = 0;
      const turn = createPace({ burst, everyMs: 500, clock: () => nowMs });
      const calls = pauses.map((pause) => {
        nowMs += pause;
        nowMs += turn('a');
        return nowMs;
      });
      for (const [i, first] of calls.entries()) {
        for (const [j, last] of calls.slice(i).entries()) {
          expect(j + 1).toBeLessThanOrEqual(burst + Math.floor((last - first) / 500));
        }
      }
    }),
  );
});
