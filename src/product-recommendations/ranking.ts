/** Ranks products for one customer: by the probability that the next invoice holds each. */
import { candidatesOf } from './candidates.js';
import { AGAIN_FEATURES, type Features, NEW_FEATURES } from './features.js';
import { type Coefficients, probability } from './logistic.js';
import type { Scores } from './scores.js';
import { topIndexes } from './top.js';

/** Two regressions: of products bought before, and of the others. */
export interface RankingCoefficients {
  readonly again: Coefficients;
  readonly fresh: Coefficients;
}

export interface Ranked {
  readonly product: number;
  /** That the next invoice holds it. */
  readonly probability: number;
}

export interface Ranking {
  /** Products bought before, best first. */
  readonly again: readonly Ranked[];
  /** Products not bought before, best first. */
  readonly fresh: readonly Ranked[];
  /** Both, best first. */
  readonly all: readonly Ranked[];
}

/** Learned from three cuts of the UCI Online Retail data; for where there is too little history to learn from. */
export const DEFAULT_COEFFICIENTS: RankingCoefficients = {
  again: { constant: -3.25, weights: [0.996, 0.313, 0.534, 0.529, 0.149, 0.049, 0.331, 0.057] },
  fresh: { constant: -8.859, weights: [0.234, 0.504, 0.287, -0.605, 0.462, 0.318, 1.274, -0.225, 0.902] },
};

/** Of so many new products, or of so many for each that is wanted, the probability is reckoned. */
const CANDIDATES_MIN = 400;
const CANDIDATES_EACH = 4;

/** The best `count` of each. */
export function rank(
  scores: Scores,
  features: Features,
  { again, fresh }: RankingCoefficients,
  count: number,
): Ranking {
  const none = () => new Float64Array(scores.short.length).fill(Number.NEGATIVE_INFINITY);
  const logits = { again: none(), fresh: none() };
  const againRow = new Float64Array(AGAIN_FEATURES.length);
  for (const product of scores.own) {
    features.again(product, againRow, 0);
    logits.again[product] = logitOf(again, againRow);
  }
  const freshRow = new Float64Array(NEW_FEATURES.length);
  for (const product of candidatesOf(scores, Math.max(CANDIDATES_MIN, CANDIDATES_EACH * count))) {
    features.fresh(product, freshRow, 0);
    logits.fresh[product] = logitOf(fresh, freshRow);
  }
  const best = (of: Float64Array) =>
    topIndexes(of, count).map((product) => ({ product, probability: probability(of[product] as number) }));
  const [ofAgain, ofFresh] = [best(logits.again), best(logits.fresh)];
  const all = [...ofAgain, ...ofFresh].sort((a, b) => b.probability - a.probability || a.product - b.product);
  return { again: ofAgain, fresh: ofFresh, all: all.slice(0, count) };
}

function logitOf({ constant, weights }: Coefficients, row: Float64Array): number {
  let logit = constant;
  for (let i = 0; i < row.length; i++) logit += (weights[i] as number) * (row[i] as number);
  return logit;
}
