/** Which options a tuning takes, how long it looks, and what it leaves alone. */
import { beforeAll, describe, expect, test } from 'vitest';
import { basketOf } from '../../src/product-recommendations/purchases.js';
import type { TrainOptions } from '../../src/product-recommendations/recommender.js';
import { type Model, trainModel } from '../../src/product-recommendations/training.js';
import { TRAIN_DEFAULTS } from '../../src/product-recommendations/training-options.js';
import { startThreads } from '../../src/product-recommendations/training-threads.js';
import { gainOf, tuned, type ValidationCut } from '../../src/product-recommendations/tuning.js';
import { seeded } from '../fixtures/random.js';
import { type SmallInvoice, smallPurchases } from './small-purchases.js';

const TRY_MS = 1000;

let good: Model;
let bad: Model;
let cuts: readonly ValidationCut[];
beforeAll(async () => {
  const random = seeded(3);
  const products = (c: number) => [...Array(30).keys()].filter((i) => i === c % 30 || random() < 0.2);
  const customers = Array.from({ length: 60 }, (_, c) =>
    [10, 40, 70].map((day): SmallInvoice => [day, ...products(c)]),
  );
  const purchases = smallPurchases(
    Array.from({ length: 30 }, (_, i) => `MUG ${i}`),
    customers,
  );
  const threads = startThreads(1);
  good = await trainModel(purchases, { ...TRAIN_DEFAULTS, rank: 4 }, threads).finally(() => threads.end());
  // The same with the last first.
  const { again, fresh } = good.ranking;
  const turned = ({ constant, weights }: typeof again) => ({ constant, weights: weights.map((weight) => -weight) });
  bad = { ...good, ranking: { again: turned(again), fresh: turned(fresh) } };
  // Whatever a customer bought in every invoice.
  const trials = customers.map((_, customer) => {
    const { days, starts, items } = basketOf(purchases, customer);
    const invoices = [...days.keys()].map((i) => [...items.subarray(starts[i], starts[i + 1])]);
    return {
      customer,
      today: 100,
      held: new Set(invoices[0]?.filter((item) => invoices.every((of) => of.includes(item)))),
    };
  });
  cuts = [
    { known: purchases, trials },
    { known: purchases, trials: trials.slice(0, 30) },
  ];
});

/** Tunes for so many trainings, of which each takes a second; `train` chooses the model. */
async function tune(
  choose: (options: TrainOptions) => Model,
  { tries = 21, fixed = [] as (keyof TrainOptions)[], seed = 1, signal = new AbortController().signal } = {},
) {
  let nowMs = 0;
  const trained: (TrainOptions & { readonly cut: number })[] = [];
  const notes: string[] = [];
  const found = await tuned({ ...TRAIN_DEFAULTS, seed, tune: { forMs: tries * TRY_MS, fixed } }, cuts, {
    signal,
    clock: () => nowMs,
    onNote: (text) => notes.push(text),
    async train(known, options) {
      nowMs += TRY_MS;
      trained.push({ ...options, cut: cuts.findIndex((cut) => cut.known === known) });
      return choose(options);
    },
  });
  return { found, trained, notes };
}

describe('tuning', () => {
  test('takes what foretold better, and says by how much', async () => {
    const { found, notes } = await tune(({ halfLifeDays }) => (halfLifeDays < 42 ? good : bad));
    expect(found.halfLifeDays).toBeLessThan(42);
    expect(found).not.toHaveProperty('tune');
    expect(notes.at(0)).toMatch(
      /^best so far: --half-life \d+ --regularization [\d.]+ --factors \d+, NDCG@10 [01]\.\d+; \d+ s left$/,
    );
    expect(notes.at(-1)).toMatch(
      /^the best has NDCG@10 [01]\.\d+ in place of 0\.\d+, better by 0\.\d+ ± 0\.\d+: takes --half-life/,
    );
  });

  test('keeps the options where nothing is better', async () => {
    const { found, notes } = await tune(({ halfLifeDays }) => (halfLifeDays === 42 ? good : bad));
    expect(found).toEqual(TRAIN_DEFAULTS);
    expect(notes.at(-1)).toBe('none was better: --half-life 42 --regularization 10 --factors 64 stays');
  });

  test('leaves alone what is fixed', async () => {
    const { found, trained } = await tune(() => good, { fixed: ['factors', 'halfLifeDays'] });
    expect(found).toEqual(TRAIN_DEFAULTS);
    expect(new Set(trained.map(({ factors, halfLifeDays }) => `${factors} ${halfLifeDays}`))).toEqual(
      new Set(['64 42']),
    );
    expect(new Set(trained.map(({ regularization }) => regularization)).size).toBeGreaterThan(5);
  });

  test('tries the same for the same seed, and nothing beyond the ranges', async () => {
    const { trained } = await tune(() => good);
    expect((await tune(() => good)).trained).toEqual(trained);
    expect((await tune(() => good, { seed: 2 })).trained).not.toEqual(trained.map((each) => ({ ...each, seed: 2 })));
    for (const { factors, regularization, halfLifeDays } of trained) {
      expect([factors % 4, factors >= 16, factors <= 128]).toEqual([0, true, true]);
      expect([Number.isInteger(halfLifeDays), halfLifeDays >= 10, halfLifeDays <= 160]).toEqual([true, true, true]);
      expect([regularization >= 2, regularization <= 50, String(regularization).length <= 4]).toEqual([
        true,
        true,
        true,
      ]);
    }
  });

  test('begins nothing that would take longer than the time', async () => {
    for (const tries of [1, 2, 3, 7]) {
      const { found, trained } = await tune(() => good, { tries });
      expect([trained.length, found]).toEqual([tries, TRAIN_DEFAULTS]);
    }
  });

  test('tries what is hopeless on one day alone', async () => {
    const { trained } = await tune(({ halfLifeDays }) => (halfLifeDays === 42 ? good : bad));
    // Both days of the usual options, and then the first of each other choice.
    expect(trained).toHaveLength(21);
    expect(new Set(trained.map(({ halfLifeDays }) => halfLifeDays)).size).toBeGreaterThan(10);
    expect(trained.slice(2).every(({ halfLifeDays }, i, all) => halfLifeDays !== all[i - 1]?.halfLifeDays)).toBe(true);
  });

  test('ends if the signal says so', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(tune(() => good, { signal: controller.signal })).rejects.toThrow('aborted');
  });
});

test('a gain is the mean of the differences of the same trials, with its standard error', () => {
  // Differences .1, .3 and -.1: mean .1, deviation .2, standard error .2 / √3.
  const { mean, standardError } = gainOf([[0.5, 0.6], [0.2]], [[0.4, 0.3], [0.3]]);
  expect(mean).toBeCloseTo(0.1, 12);
  expect(standardError).toBeCloseTo(0.2 / Math.sqrt(3), 12);
  // Of the days that both have.
  expect(gainOf([[0.5, 0.6]], [[0.4, 0.3], [0.3]]).mean).toBeCloseTo(0.2, 12);
});
