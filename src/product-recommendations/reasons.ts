/** Why a product is recommended, in terms of what the customer bought. */
import { decompose } from './cholesky.js';
import { addConfidences } from './confidences.js';
import { type Features, NEW_FEATURES } from './features.js';
import type { ProductFactors } from './fold-in.js';
import type { Coefficients } from './logistic.js';
import type { CustomerPurchases } from './purchases.js';
import type { Scores } from './scores.js';
import { topIndexes } from './top.js';

/** So many own products are named. */
const NAMED = 3;

/**
 * Gives, for a new product, the own products that contribute most to its score, most first; none if none does. A score is a
 * sum over the customer's products j: v(j) y(i)ᵀ A⁻¹ y(j), where A is the matrix of the customer's normal equations (Hu, Koren,
 * Volinsky 2008, section 5).
 */
export function contributionsOf(
  { rank, rows, square, recency }: ProductFactors,
  basket: CustomerPurchases,
  today: number,
): (product: number) => number[] {
  const confidences = new Float64Array(rows.length / rank);
  const own = addConfidences(basket, today, recency, confidences);
  const normal = Float64Array.from(square);
  for (const product of own) {
    const from = product * rank;
    const extra = (confidences[product] as number) - 1;
    for (let a = 0; a < rank; a++) {
      const scaled = extra * (rows[from + a] as number);
      const line = a * rank;
      for (let b = 0; b <= a; b++)
        normal[line + b] = (normal[line + b] as number) + scaled * (rows[from + b] as number);
    }
  }
  const solve = decompose(normal, rank);
  const contributions = new Float64Array(own.length);
  return (product) => {
    const z = solve(rows.subarray(product * rank, (product + 1) * rank));
    for (let i = 0; i < own.length; i++) {
      const from = (own[i] as number) * rank;
      let dot = 0;
      for (let k = 0; k < rank; k++) dot += (rows[from + k] as number) * (z[k] as number);
      const share = (confidences[own[i] as number] as number) * dot;
      contributions[i] = share > 0 ? share : Number.NEGATIVE_INFINITY;
    }
    return topIndexes(contributions, NAMED).map((i) => own[i] as number);
  };
}

/** What the whole shop buys, against what this customer likes, by place in `NEW_FEATURES`. */
const OF_SHOP = placesOf('first buyers', 'bought lately', 'rising');
const OF_CUSTOMER = placesOf('similar customers', 'similar customers, long memory', 'words', 'neighbours');

function placesOf(...names: (typeof NEW_FEATURES)[number][]): readonly number[] {
  return names.map((name) => NEW_FEATURES.indexOf(name));
}

/** Whether a new product is recommended because the shop sells more and more of it, rather than for the customer's taste. */
export function risingOf(
  { trends }: Scores,
  features: Features,
  { weights }: Coefficients,
): (product: number) => boolean {
  const row = new Float64Array(NEW_FEATURES.length);
  const part = (places: readonly number[]) =>
    places.reduce((sum, i) => sum + (weights[i] as number) * (row[i] as number), 0);
  const usual = [trends.firsts, trends.recent, trends.rise].reduce(
    (sum, values, i) => sum + (weights[OF_SHOP[i] as number] as number) * meanOf(values),
    0,
  );
  return (product) => {
    features.fresh(product, row, 0);
    return part(OF_SHOP) - usual > part(OF_CUSTOMER);
  };
}

const means = new WeakMap<Float64Array, number>();

/** Trends stay the same for all customers. */
function meanOf(values: Float64Array): number {
  const known = means.get(values) ?? values.reduce((sum, value) => sum + value, 0) / values.length;
  means.set(values, known);
  return known;
}
