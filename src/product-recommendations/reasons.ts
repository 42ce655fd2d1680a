/** Why a product is recommended, in terms of what the customer bought. */
import { decompose } from './cholesky.js';
import { addConfidences } from './confidences.js';
import { featuresOf, NEW_FEATURES } from './features.js';
import type { ProductFactors } from './fold-in.js';
import type { Coefficients } from './logistic.js';
import type { CustomerPurchases } from './purchases.js';
import type { Scores } from './scores.js';

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
) {
  const confidences = new Float64Array(rows.length / rank);
  const own = addConfidences(basket, today, recency, confidences);
  const row = (product: number) => rows.subarray(product * rank, (product + 1) * rank);
  const normal = Float64Array.from(square);
  for (const product of own) {
    const y = row(product);
    const extra = (confidences[product] as number) - 1;
    for (let a = 0; a < rank; a++) {
      const scaled = extra * (y[a] as number);
      for (let b = 0; b <= a; b++) normal[a * rank + b] = (normal[a * rank + b] as number) + scaled * (y[b] as number);
    }
  }
  const solve = decompose(normal, rank);
  return (product: number): number[] => {
    const z = solve(row(product));
    const contributions = [...own].map((other) => {
      const dot = row(other).reduce((sum, value, k) => sum + value * (z[k] as number), 0);
      return [other, (confidences[other] as number) * dot] as const;
    });
    return contributions
      .filter(([, share]) => share > 0)
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .slice(0, NAMED)
      .map(([other]) => other);
  };
}

/** Features that say what the whole shop buys, against those that say what this customer likes. */
const OF_SHOP: readonly (typeof NEW_FEATURES)[number][] = ['first buyers', 'bought lately', 'rising'];
const OF_CUSTOMER: readonly (typeof NEW_FEATURES)[number][] = [
  'similar customers',
  'similar customers, long memory',
  'words',
  'neighbours',
];

/** Whether a new product is recommended because the shop sells more and more of it, rather than for the customer's taste. */
export function risingOf(
  basket: CustomerPurchases,
  scores: Scores,
  { weights }: Coefficients,
): (product: number) => boolean {
  const features = featuresOf(basket, scores);
  const row = new Float64Array(NEW_FEATURES.length);
  const parts = (product: number) => {
    features.fresh(product, row, 0);
    const sum = (names: typeof OF_SHOP) =>
      names.reduce((total, name) => {
        const i = NEW_FEATURES.indexOf(name);
        return total + (weights[i] as number) * (row[i] as number);
      }, 0);
    return { shop: sum(OF_SHOP), customer: sum(OF_CUSTOMER) };
  };
  const products = scores.short.length;
  let usual = 0;
  for (let product = 0; product < products; product++) usual += parts(product).shop / products;
  return (product) => {
    const { shop, customer } = parts(product);
    return shop - usual > customer;
  };
}
