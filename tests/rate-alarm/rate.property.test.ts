/** The alarm's arithmetic against the plain reckoning, for random arrivals that are cut anywhere, with restarts in between. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change } from '../../src/rate-alarm/episodes.js';
import { createRate } from '../../src/rate-alarm/rate.js';
import { type Arrival, naiveEpisodes } from './naive.js';

const settings = fc.record({
  threshold: fc.integer({ min: 1, max: 6 }),
  windowMs: fc.integer({ min: 1, max: 30 }),
  quietMs: fc.integer({ min: 30, max: 120 }),
  counted: fc.constantFrom('orders' as const, 'invoices' as const),
});

/** Arrivals at once, close to each other, or about a quiet period apart. */
const steps = fc.array(
  fc.record({
    waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 12 }), fc.integer({ min: 20, max: 160 })),
    invoices: fc.array(fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'), { minLength: 1, maxLength: 8 }),
    isRestart: fc.boolean(),
    /** Somebody looks before the next arrival. */
    looksAfterMs: fc.option(fc.integer({ min: 0, max: 150 })),
  }),
  { maxLength: 30 },
);

/** Other runs than those of every day: `ALAKAZAM_RUNS=1000000`. */
const numRuns = Number(process.env['ALAKAZAM_RUNS'] ?? 2000);

test('gives the episodes of the plain reckoning, each once', () => {
  fc.assert(
    fc.property(settings, steps, fc.integer({ min: 0, max: 200 }), (settings, steps, laterMs) => {
      const arrivals: Arrival[] = [];
      const changes: Change[] = [];
      let rate = createRate(settings);
      let timeMs = 1_000_000;
      for (const { waitMs, invoices, isRestart, looksAfterMs } of steps) {
        if (looksAfterMs !== null) changes.push(...rate.passTime(timeMs + Math.min(looksAfterMs, waitMs)));
        timeMs += waitMs;
        arrivals.push(...invoices.map((invoiceNo) => ({ timeMs, invoiceNo })));
        changes.push(...rate.arrive(timeMs, invoices.length, () => invoices));
        if (isRestart) rate = createRate(settings, JSON.parse(JSON.stringify(rate.state())));
      }
      const nowMs = timeMs + laterMs;
      changes.push(...rate.passTime(nowMs));

      const expected = naiveEpisodes(arrivals, settings, nowMs);
      expect(changes.filter(({ kind }) => kind === 'began').map(({ episode }) => episode.beganMs)).toEqual(
        expected.map(({ beganMs }) => beganMs),
      );
      const ended = changes.filter(({ kind }) => kind === 'ended').map(({ episode }) => episode);
      expect(ended).toEqual(expected.filter(({ endedMs }) => endedMs !== null));
      if (expected.length > ended.length) expect(rate.state().episode).toEqual(expected.at(-1));
    }),
    { numRuns },
  );
});
