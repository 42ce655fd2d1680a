/** What customers bought lately who have much in common with one customer. */
import { basketOf, type CustomerPurchases, type Purchases } from './purchases.js';

export interface Neighbours {
  /**
   * Of each product, the sum over customers v ≠ `self`: similarity × the recency of v's purchases of it, of the last 75 days before
   * `today`. Similarity is the cosine |common products| / √(|u| |v|). The scale is the same for all products, and else arbitrary.
   */
  score(own: Uint32Array, self: number | undefined, today: number, scores: Float64Array): void;
}

const RECENT_DAYS = 75;
/** In which a purchase loses most of its weight: it is exp(−days / 15). */
const DECAY_DAYS = 15;

export function findNeighbours(purchases: Purchases): Neighbours {
  const { customers, products, days } = purchases;
  const { starts, buyers, sizes } = buyersOf(purchases);
  const lastDay = days.reduce((last, day) => Math.max(last, day), 0);
  // The weights are relative to the last day: seen from any other, all are multiplied by the same number.
  const weights = Float64Array.from(days, (day) => Math.exp((day - lastDay) / DECAY_DAYS));
  const common = new Float64Array(customers.length);

  return {
    score(own, self, today, scores) {
      scores.fill(0);
      common.fill(0);
      for (const product of own) {
        for (let i = starts[product] as number; i < (starts[product + 1] as number); i++) {
          const buyer = buyers[i] as number;
          common[buyer] = (common[buyer] as number) + 1;
        }
      }
      if (self !== undefined) common[self] = 0;
      for (let customer = 0; customer < customers.length; customer++) {
        if (common[customer] === 0) continue;
        const similarity = (common[customer] as number) / Math.sqrt(own.length * (sizes[customer] as number));
        addRecent(purchases, customer, weights, today, similarity, scores);
      }
    },
  };

  function buyersOf(purchases: Purchases) {
    const sets = Array.from(customers, (_, customer) => productsOf(basketOf(purchases, customer)));
    const starts = new Uint32Array(products.length + 1);
    for (const set of sets) for (const product of set) starts[product + 1] = (starts[product + 1] as number) + 1;
    for (let i = 0; i < products.length; i++) starts[i + 1] = (starts[i + 1] as number) + (starts[i] as number);
    const next = starts.slice();
    const buyers = new Uint32Array(starts[products.length] as number);
    for (const [customer, set] of sets.entries()) {
      for (const product of set) {
        const at = next[product] as number;
        next[product] = at + 1;
        buyers[at] = customer;
      }
    }
    return { starts, buyers, sizes: sets.map(({ length }) => length) };
  }
}

function addRecent(
  { invoices, days, starts, items }: Purchases,
  customer: number,
  weights: Float64Array,
  today: number,
  similarity: number,
  scores: Float64Array,
): void {
  // From the last invoice back, until they are too old.
  for (let i = (invoices[customer + 1] as number) - 1; i >= (invoices[customer] as number); i--) {
    const age = today - (days[i] as number);
    if (age <= 0) continue;
    if (age > RECENT_DAYS) return;
    const weight = similarity * (weights[i] as number);
    for (let j = starts[i] as number; j < (starts[i + 1] as number); j++) {
      const product = items[j] as number;
      scores[product] = (scores[product] as number) + weight;
    }
  }
}

/** The products of a basket, each once, ascending. */
export function productsOf({ days, starts, items }: CustomerPurchases): Uint32Array {
  const all = items.slice(starts[0], starts[days.length]).sort();
  return all.filter((product, i) => i === 0 || product !== all[i - 1]);
}
