import { expect, test } from 'vitest';
import { durationMs } from '../src/duration.js';

test.each([
  ['500ms', 500],
  ['1s', 1000],
  ['0.1s', 100],
  // 1.1 times 1000 is a little more than 1100.
  ['1.1s', 1100],
  ['15m', 900_000],
  ['1.5h', 5_400_000],
  ['1d', 86_400_000],
  ['0s', 0],
])('%s is %i ms', (typed, ms) => {
  expect(durationMs(typed)).toBe(ms);
});

test.each(['', '1', '-1s', '1 s', 's', '1S', '.5s', '1.s', '1e3s', '1h30m', 'off'])('%j is no duration', (typed) => {
  expect(durationMs(typed)).toBeUndefined();
});
