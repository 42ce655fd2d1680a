/** The alarm's arithmetic against the plain reckoning, for random arrivals that are cut anywhere, with restarts in between. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EpisodeChange } from '../../src/rate-alarm/episodes.js';
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
    /** Somebody looks before the next arrival is there, which may be stored later than it arrived. */
    looksAfterMs: fc.option(fc.integer({ min: 0, max: 150 })),
  }),
  { maxLength: 30 },
);

/** Other runs than those of every day: `ALAKAZAM_RUNS=1000000`. */
const numRuns = Number(process.env['ALAKAZAM_RUNS'] ?? 2000);

test('gives the episodes of the plain reckoning, each once', { timeout: 60_000 + numRuns }, () => {
  fc.assert(
    fc.property(settings, steps, fc.integer({ min: 0, max: 200 }), (settings, steps, laterMs) => {
      const arrivals: Arrival[] = [];
      const changes: EpisodeChange[] = [];
      let rate = createRate(settings);
      let timeMs = 1_000_000;
      let lookedMs = 0;
      for (const { waitMs, invoices, isRestart, looksAfterMs } of steps) {
        if (looksAfterMs !== null) {
          lookedMs = Math.max(lookedMs, timeMs + looksAfterMs);
          changes.push(...rate.passTime(lookedMs));
        }
        timeMs += waitMs;
        arrivals.push(...invoices.map((invoiceNo) => ({ timeMs, invoiceNo })));
        changes.push(...rate.arrive(timeMs, invoices.length, () => invoices));
        if (isRestart) rate = createRate(settings, JSON.parse(JSON.stringify(rate.state())));
      }
      const nowMs = Math.max(timeMs + laterMs, lookedMs);
      changes.push(...rate.passTime(nowMs));

      const expected = naiveEpisodes(arrivals, settings, nowMs);
      const began = changes.filter(({ kind }) => kind === 'began').map(({ episode }) => episode.beganMs);
      expect(began).toEqual(expected.map(({ beganMs }) => beganMs));
      // Of an episode that went on after all, what came last counts.
      const last = [...changes.map(({ episode }) => episode), rate.state().episode].filter((each) => each !== null);
      expect([...new Map(last.map((episode) => [episode.beganMs, episode])).values()]).toEqual(expected);
    }),
    { numRuns },
  );
});
