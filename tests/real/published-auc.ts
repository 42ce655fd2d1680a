/**
 * The measure of J. Steinweg-Woods, A Gentle Introduction to Recommender Systems with Implicit Feedback (2016): a fifth of all pairs
 * of a customer and a product is hidden, and for each customer with a hidden pair the area under the curve says how often a hidden
 * product stands before one that was never bought.
 */
import type { Fit } from '../../src/product-recommendations/als.js';
import type { Confidences } from '../../src/product-recommendations/confidences.js';
import { seeded } from '../fixtures/random.js';

export interface Pair {
  readonly customer: number;
  readonly product: number;
  /** Pieces bought, less those given back. */
  readonly quantity: number;
}

export interface Split {
  readonly products: number;
  /** Products of each customer. */
  readonly shown: readonly ReadonlyMap<number, number>[];
  readonly hidden: readonly ReadonlySet<number>[];
}

/** Hides a fifth, drawn without replacement. */
export function split(pairs: readonly Pair[], seed: number): Split {
  const random = seeded(seed);
  const drawn = new Set(
    pairs
      .map((pair) => [random(), pair] as const)
      .sort(([a], [b]) => a - b)
      .slice(0, Math.ceil(pairs.length / 5))
      .map(([, pair]) => pair),
  );
  const most = (of: (pair: Pair) => number) => pairs.reduce((max, pair) => Math.max(max, of(pair)), 0);
  const customers = most(({ customer }) => customer) + 1;
  const shown = Array.from({ length: customers }, () => new Map<number, number>());
  const hidden = Array.from({ length: customers }, () => new Set<number>());
  for (const pair of pairs) {
    if (drawn.has(pair)) hidden[pair.customer]?.add(pair.product);
    else shown[pair.customer]?.set(pair.product, pair.quantity);
  }
  return { products: most(({ product }) => product) + 1, shown, hidden };
}

/** A confidence of `alpha` for each piece. */
export function confidencesFor({ products, shown }: Split, alpha: number): Confidences {
  const rows = shown.map((of) => [...of].sort(([a], [b]) => a - b));
  const starts = new Uint32Array(rows.length + 1);
  for (const [i, row] of rows.entries()) starts[i + 1] = (starts[i] as number) + row.length;
  const cells = rows.flat();
  return {
    width: products,
    starts,
    columns: Uint32Array.from(cells, ([product]) => product),
    values: Float32Array.from(cells, ([, quantity]) => alpha * quantity),
  };
}

type Score = (customer: number, product: number) => number;

export function byFit({ customers, products }: Fit): Score {
  const { rank } = customers;
  return (customer, product) => {
    let score = 0;
    for (let k = 0; k < rank; k++) {
      score += (customers.rows[customer * rank + k] as number) * (products.rows[product * rank + k] as number);
    }
    return score;
  };
}

/** By how many customers bought a product, hidden pairs included, as published. */
export function byPopularity({ products, shown, hidden }: Split): Score {
  const counts = new Float64Array(products);
  for (const all of [...shown.map((of) => of.keys()), ...hidden]) {
    for (const product of all) counts[product] = (counts[product] as number) + 1;
  }
  return (_, product) => counts[product] as number;
}

/** The mean over customers with a hidden product. */
export function meanAuc({ products, shown, hidden }: Split, score: Score): number {
  const areas: number[] = [];
  for (const [customer, wanted] of hidden.entries()) {
    if (wanted.size === 0) continue;
    const others: number[] = [];
    const found: number[] = [];
    for (let product = 0; product < products; product++) {
      if (shown[customer]?.has(product)) continue;
      (wanted.has(product) ? found : others).push(score(customer, product));
    }
    let before = 0;
    for (const high of found) for (const low of others) before += high > low ? 1 : high === low ? 0.5 : 0;
    areas.push(before / (found.length * others.length));
  }
  return areas.reduce((sum, area) => sum + area, 0) / areas.length;
}
