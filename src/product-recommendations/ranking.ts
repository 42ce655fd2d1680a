/** Ranks products for one customer: by the probability that the next invoice holds each. */
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
  const logitsOf = (
    products: Uint32Array,
    write: Features['again'],
    width: number,
    coefficients: Coefficients,
  ): Float64Array => {
    const row = new Float64Array(width);
    return Float64Array.from(products, (product) => {
      write(product, row, 0);
      return logitOf(coefficients, row);
    });
  };
  const candidates = scores.candidates(Math.max(CANDIDATES_MIN, CANDIDATES_EACH * count));
  const best = (products: Uint32Array, logits: Float64Array): Ranked[] =>
    topIndexes(logits, count).map((i) => ({
      product: products[i] as number,
      probability: probability(logits[i] as number),
    }));
  const ofAgain = best(scores.own, logitsOf(scores.own, features.again, AGAIN_FEATURES.length, again));
  const ofFresh = best(candidates, logitsOf(candidates, features.fresh, NEW_FEATURES.length, fresh));
  const all = [...ofAgain, ...ofFresh].sort((a, b) => b.probability - a.probability || a.product - b.product);
  return { again: ofAgain, fresh: ofFresh, all: all.slice(0, count) };
}

function logitOf({ constant, weights }: Coefficients, row: Float64Array): number {
  let logit = constant;
  for (let i = 0; i < row.length; i++) logit += (weights[i] as number) * (row[i] as number);
  return logit;
}
