/** Why a product is recommended, in terms of what the customer bought. */
import { addConfidences } from './confidences.js';
import { type Features, NEW_FEATURES } from './features.js';
import type { ProductFactors } from './fold-in.js';
import { type Arena, startKernel } from './kernel.js';
import type { Coefficients } from './logistic.js';
import type { CustomerPurchases } from './purchases.js';
import type { Scores } from './scores.js';
import { topIndexes } from './top.js';

/** So many own products are named. */
const NAMED = 3;

/**
 * Gives, for a customer, a function that gives for a new product the own products that contribute most to its score, most first;
 * none if none does. A score is a sum over the customer's products j: v(j) y(i)ᵀ A⁻¹ y(j), where A is the matrix of the customer's
 * normal equations (Hu, Koren, Volinsky 2008, section 5).
 */
export function openContributions({ rank, rows, square, recency }: ProductFactors, arena: Arena) {
  const kernel = startKernel(arena.memory);
  const products = rows.length / rank;
  const [rowsAt, squareAt] = [arena.hold(rows), arena.hold(square)];
  const [normal, lower, scratch] = [rank * rank, rank * rank, rank].map(arena.floats) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const columns = arena.integers(products);
  const values = arena.floats(products);
  const contributions = arena.floats(products);
  const confidences = new Float64Array(products);

  return (basket: CustomerPurchases, today: number): ((product: number) => number[]) => {
    const own = addConfidences(basket, today, recency, confidences);
    columns.set(own);
    for (const [i, product] of own.entries()) {
      values[i] = confidences[product] as number;
      confidences[product] = 0;
    }
    const pairs = [rowsAt, columns.byteOffset, values.byteOffset, own.length, rank] as const;
    kernel.normal(squareAt, ...pairs, normal.byteOffset);
    kernel.decompose(normal.byteOffset, rank, lower.byteOffset);
    return (product) => {
      const row = rowsAt + 4 * rank * product;
      kernel.contributions(lower.byteOffset, row, ...pairs, scratch.byteOffset, contributions.byteOffset);
      return topIndexes(contributions.subarray(0, own.length), NAMED).map((i) => own[i] as number);
    };
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
