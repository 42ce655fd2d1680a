/** Examples to learn a ranking from: products with their features, and whether the customer bought them next. */
import { AGAIN_FEATURES, featuresOf, NEW_FEATURES } from './features.js';
import type { Indexes } from './indexes.js';
import type { Examples } from './logistic.js';
import { basketOf } from './purchases.js';
import { openScores, type ScoreSources } from './scores.js';
import { takeTurn } from './turn.js';

/** A customer's first invoice in a period, which is to be foretold. */
export interface Held {
  readonly customer: number;
  /** Its products, ascending. */
  readonly products: Indexes;
}

export interface ExamplesTask {
  /** They know what was before `today` alone. */
  readonly sources: ScoreSources;
  readonly held: readonly Held[];
  readonly today: number;
}

export interface CollectedExamples {
  /** Of products that the customer had bought before. */
  readonly again: Examples;
  /** Of others. */
  readonly fresh: Examples;
}

/** So many new products of a customer are examples. */
const CANDIDATES = 150;

/** A list of ten is judged: a customer who bought more does not count for more. */
const LIST = 10;

/** After so many customers, others have their turn. */
const TURN_CUSTOMERS = 16;

/** In the order of `held`. */
export async function collectExamples(
  { sources, held, today }: ExamplesTask,
  signal?: AbortSignal,
): Promise<CollectedExamples> {
  const score = openScores(sources);
  const again = openExamples(AGAIN_FEATURES.length);
  const fresh = openExamples(NEW_FEATURES.length);
  const isBought = new Uint8Array(sources.purchases.products.length);
  for (const [i, { customer, products }] of held.entries()) {
    if (i % TURN_CUSTOMERS === 0) await takeTurn(signal);
    const basket = basketOf(sources.purchases, customer);
    const scores = score(basket, customer, today);
    const features = featuresOf(basket, scores);
    const importance = 1 / Math.min(LIST, products.length);
    for (const product of products) isBought[product] = 1;
    for (const product of scores.own) {
      const at = again.add(isBought[product] as number, importance);
      features.again(product, again.features(), at);
    }
    for (const product of scores.candidates(CANDIDATES)) {
      const at = fresh.add(isBought[product] as number, importance);
      features.fresh(product, fresh.features(), at);
    }
    for (const product of products) isBought[product] = 0;
  }
  return { again: again.take(), fresh: fresh.take() };
}

/** One after the other. */
export function joinExamples(parts: readonly Examples[]): Examples {
  const rows = parts.reduce((sum, { labels }) => sum + labels.length, 0);
  const width = parts[0]?.width ?? 0;
  const joined = {
    features: new Float64Array(rows * width),
    width,
    labels: new Float64Array(rows),
    importance: new Float64Array(rows),
  };
  let at = 0;
  for (const { features, labels, importance } of parts) {
    joined.features.set(features, at * width);
    joined.labels.set(labels, at);
    joined.importance.set(importance, at);
    at += labels.length;
  }
  return joined;
}

function openExamples(width: number) {
  let values = new Float64Array(1024 * width);
  const labels: number[] = [];
  const importances: number[] = [];
  return {
    /** Where the features of all rows are. Another one after each `add`. */
    features: () => values,
    /** Makes room for a row, and gives where its features begin. */
    add(label: number, importance: number): number {
      const at = labels.length * width;
      if (at === values.length) {
        const larger = new Float64Array(2 * values.length);
        larger.set(values);
        values = larger;
      }
      labels.push(label);
      importances.push(importance);
      return at;
    },
    take: (): Examples => ({
      features: values.slice(0, labels.length * width),
      width,
      labels: Float64Array.from(labels),
      importance: Float64Array.from(importances),
    }),
  };
}
