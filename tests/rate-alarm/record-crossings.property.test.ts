/** Episodes of the alarm stream's records, cut, repeated and shuffled, against those of the embedded target and the plain reckoning. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { episodeOf } from '../../src/rate-alarm/crossing-span.js';
import { createRate } from '../../src/rate-alarm/rate.js';
import { takeRecords } from '../../src/rate-alarm/take-records.js';
import { alarmRecords } from './alarm-stream.js';
import { keptInMemory } from './kept-in-memory.js';
import { type Arrival, naiveEpisodes } from './naive.js';

const settings = fc.record({
  threshold: fc.integer({ min: 1, max: 5 }),
  windowMs: fc.integer({ min: 100, max: 1500 }),
  // The stack takes whole seconds: a record tells of a second as of one surge.
  quietMs: fc.integer({ min: 1, max: 4 }).map((seconds) => seconds * 1000),
  counted: fc.constantFrom('orders' as const, 'invoices' as const),
});

const steps = fc.array(
  fc.record({
    waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 }), fc.integer({ min: 900, max: 5000 })),
    invoices: fc.array(fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F', 'G'), { minLength: 1, maxLength: 7 }),
  }),
  { maxLength: 25 },
);

/** In which order the records come, how often each, where batches end, and before which writes another writes the same. */
const disorder = fc.record({
  keys: fc.array(fc.integer(), { minLength: 60, maxLength: 60 }),
  repeats: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 60, maxLength: 60 }),
  batchSize: fc.integer({ min: 1, max: 20 }),
  meddles: fc.array(fc.boolean(), { maxLength: 10 }),
  isShuffled: fc.boolean(),
});

const numRuns = Number(process.env['ALAKAZAM_RUNS'] ?? 1000);

test('gives the episodes of the plain reckoning, whatever the order of the records', async () => {
  await fc.assert(
    fc.asyncProperty(settings, steps, disorder, async (settings, steps, disorder) => {
      const { keys, repeats, batchSize, meddles, isShuffled } = disorder;
      const arrivals: Arrival[] = [];
      const rate = createRate(settings);
      const local = new Map<number, object>();
      let timeMs = 1_000_000_000_000;
      const keep = () => {
        const { episode } = rate.state();
        if (episode) local.set(episode.beganMs, episode);
      };
      for (const { waitMs, invoices } of steps) {
        timeMs += waitMs;
        arrivals.push(...invoices.map((invoiceNo) => ({ timeMs, invoiceNo })));
        for (const { episode } of rate.arrive(timeMs, invoices.length, () => invoices))
          local.set(episode.beganMs, episode);
        keep();
      }
      const nowMs = timeMs + settings.quietMs;
      rate.passTime(nowMs);
      keep();

      const inOrder = alarmRecords(arrivals, settings).flatMap((record, i) =>
        Array.from({ length: repeats[i % 60] as number }, (_, n) => ({
          record,
          key: keys[(i + n * 7) % 60] as number,
        })),
      );
      const sent = isShuffled ? inOrder.sort((a, b) => a.key - b.key) : inOrder;
      const records = sent.map(({ record }, i) => ({
        sequenceNumber: String(i),
        data: Buffer.from(JSON.stringify(record)),
      }));

      const left = [...meddles];
      let isMeddling = false;
      const { kept, episodes } = keptInMemory(async () => {
        if (isMeddling || !left.pop()) return;
        isMeddling = true;
        await taken(0, records.length);
        isMeddling = false;
      });
      const refuse = async () => expect.unreachable('every record is one');
      const taking = { episodes, quietMs: settings.quietMs, clock: () => nowMs, refuse };
      const taken = async (from: number, end: number) =>
        expect((await takeRecords(records.slice(from, end), taking)).failed).toBeUndefined();
      for (let at = 0; at < records.length; at += batchSize) await taken(at, at + batchSize);

      const found = [...kept.values()]
        .sort((a, b) => a.firstMs - b.firstMs)
        .map((each) => episodeOf(each, settings.quietMs, nowMs));
      expect(found).toEqual(naiveEpisodes(arrivals, settings, nowMs));
      expect(found).toEqual([...local.values()]);
    }),
    { numRuns },
  );
});
