/** Simple ways to recommend, against which `evaluate` measures: what everybody buys, what the customer buys, similar products. */
import { transposed } from './confidences.js';
import type { Indexes } from './indexes.js';
import { buyersOf, productsOf } from './neighbours.js';
import { basketOf, type CustomerPurchases, type Purchases } from './purchases.js';
import { topIndexes } from './top.js';
import { takeTurn } from './turn.js';

/** Scores of all products for a customer; the result holds until the next call. */
export type Baseline = (basket: CustomerPurchases) => Float64Array;

/** How often anybody bought each product. */
export function popularity({ products, items }: Purchases): Baseline {
  const counts = countsOf(items, products.length);
  return () => counts;
}

/** How often the customer bought each; of equally frequent ones, what others buy more often comes first. */
export function ownFrequency({ products, items }: Purchases): Baseline {
  const others = countsOf(items, products.length);
  const most = others.reduce((max, count) => Math.max(max, count), 1) + 1;
  return ({ days, starts, items: own }) => {
    const counts = countsOf(own.subarray(starts[0], starts[days.length]), products.length);
    return counts.map((count, i) => (count === 0 ? Number.NEGATIVE_INFINITY : count + (others[i] as number) / most));
  };
}

/** Of each product, so many similar ones count. */
const SIMILAR_MAX = 200;
/** Makes products that few have bought less similar to everything. */
const SHRINKAGE = 50;

/** After so many products, others have their turn. */
const TURN_PRODUCTS = 64;

/** Of each product, how similar those of its most similar products are that the customer bought: the cosine of their buyers. */
export async function itemCosine(purchases: Purchases, signal: AbortSignal): Promise<Baseline> {
  const { customers, products } = purchases;
  const sets = Array.from(customers, (_, customer) => productsOf(basketOf(purchases, customer)));
  const { starts: begins, buyers } = buyersOf(purchases);
  const buyersFrom = (product: number) => buyers.subarray(begins[product], begins[product + 1]);
  const lengths = products.map((_, product) => Math.sqrt(buyersFrom(product).length));
  const row = new Float64Array(products.length);
  const [columns, values]: [number[], number[]] = [[], []];
  const starts = new Uint32Array(products.length + 1);
  for (const product of products.keys()) {
    if (product % TURN_PRODUCTS === 0) await takeTurn(signal);
    row.fill(0);
    for (const customer of buyersFrom(product)) {
      for (const other of sets[customer] as Uint32Array) row[other] = (row[other] as number) + 1;
    }
    const similarities = row.map(
      (both, i) => both / ((lengths[product] as number) * (lengths[i] as number) + SHRINKAGE),
    );
    for (const other of topIndexes(similarities, SIMILAR_MAX, (i) => i === product || row[i] === 0)) {
      columns.push(other);
      values.push(similarities[other] as number);
    }
    starts[product + 1] = columns.length;
  }
  // By the product that was bought: what has it among its most similar ones.
  const similarTo = transposed({
    width: products.length,
    starts,
    columns: Uint32Array.from(columns),
    values: Float32Array.from(values),
  });
  const scores = new Float64Array(products.length);
  return (basket) => {
    scores.fill(0);
    for (const own of productsOf(basket)) {
      for (let i = similarTo.starts[own] as number; i < (similarTo.starts[own + 1] as number); i++) {
        const product = similarTo.columns[i] as number;
        scores[product] = (scores[product] as number) + (similarTo.values[i] as number);
      }
    }
    return scores;
  };
}

function countsOf(items: Indexes, products: number): Float64Array {
  const counts = new Float64Array(products);
  for (const product of items) counts[product] = (counts[product] as number) + 1;
  return counts;
}
