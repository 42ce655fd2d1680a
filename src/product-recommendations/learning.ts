/** Learns how to rank from what customers bought next after a day in the past. */
import { AGAIN_FEATURES, featuresOf, NEW_FEATURES } from './features.js';
import { type Examples, fitLogistic } from './logistic.js';
import { basketOf, type Purchases } from './purchases.js';
import type { RankingCoefficients } from './ranking.js';
import type { Score, Scores } from './scores.js';
import { topIndexes } from './top.js';

/** A customer's first invoice in a period, which is to be foretold. */
export interface Held {
  readonly customer: number;
  /** Its products, ascending. */
  readonly products: Uint32Array;
}

/** The first invoice of each customer from day `since` on and before day `until`; of customers with an invoice before alone. */
export function firstInvoices(purchases: Purchases, since: number, until: number): Held[] {
  const held: Held[] = [];
  for (let customer = 0; customer < purchases.customers.length; customer++) {
    const { days, starts, items } = basketOf(purchases, customer);
    const next = days.findIndex((day) => day >= since);
    if (next < 1 || (days[next] as number) >= until) continue;
    held.push({ customer, products: items.subarray(starts[next], starts[next + 1]) });
  }
  return held;
}

/** A list of ten is judged: a customer who bought more does not count for more. */
const LIST = 10;

/**
 * Fits both regressions on what the customers in `held` bought next. `score` knows `known` alone, which are the orders before
 * `today`. Undefined if there is too little to learn from.
 */
export function learnRanking(
  known: Purchases,
  score: Score,
  held: readonly Held[],
  today: number,
): RankingCoefficients | undefined {
  const again = collectExamples(AGAIN_FEATURES.length);
  const fresh = collectExamples(NEW_FEATURES.length);
  const isBought = new Uint8Array(known.products.length);
  for (const { customer, products } of held) {
    const basket = basketOf(known, customer);
    const scores = score(basket, customer, today);
    const features = featuresOf(basket, scores);
    const importance = 1 / Math.min(LIST, products.length);
    for (const product of products) isBought[product] = 1;
    for (const product of scores.own) {
      again.add((row, at) => features.again(product, row, at), isBought[product] as number, importance);
    }
    for (const product of candidatesOf(scores)) {
      fresh.add((row, at) => features.fresh(product, row, at), isBought[product] as number, importance);
    }
    for (const product of products) isBought[product] = 0;
  }
  if (again.positives() < POSITIVES_MIN || fresh.positives() < POSITIVES_MIN) return undefined;
  return { again: fitLogistic(again.examples()), fresh: fitLogistic(fresh.examples()) };
}

/** With fewer bought examples, the coefficients would be luck. */
const POSITIVES_MIN = 200;

/**
 * New products that something speaks for: to tell those apart is what the list needs, and products that nobody would think of
 * teach nothing.
 */
function candidatesOf(scores: Scores): number[] {
  const { short, long, neighbours, words, trends } = scores;
  const rise = trends.rise;
  const mean = rise.reduce((sum, value) => sum + value, 0) / rise.length;
  const deviation = Math.sqrt(rise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rise.length) || 1;
  const together = new Float64Array(short.length);
  for (let i = 0; i < together.length; i++) {
    together[i] =
      (short[i] as number) +
      (long[i] as number) +
      (neighbours[i] as number) +
      0.5 * (words[i] as number) +
      (rise[i] as number) / deviation +
      0.5 * (trends.firsts[i] as number);
  }
  for (const product of scores.own) together[product] = Number.NEGATIVE_INFINITY;
  return topIndexes(together, 150);
}

function collectExamples(width: number) {
  let capacity = 1024;
  let count = 0;
  let positives = 0;
  let features = new Float64Array(capacity * width);
  const labels: number[] = [];
  const importances: number[] = [];
  return {
    add(write: (row: Float64Array, at: number) => void, label: number, importance: number) {
      if (count === capacity) {
        capacity *= 2;
        const larger = new Float64Array(capacity * width);
        larger.set(features);
        features = larger;
      }
      write(features, count++ * width);
      labels.push(label);
      importances.push(importance);
      positives += label;
    },
    positives: () => positives,
    examples: (): Examples => ({
      features: features.subarray(0, count * width),
      width,
      labels: Float64Array.from(labels),
      importance: Float64Array.from(importances),
    }),
  };
}
