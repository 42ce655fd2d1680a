/** What customers bought lately who have much in common with one customer. */
import { type Indexes, indexesBelow } from './indexes.js';
import type { Arena, Kernel } from './kernel.js';
import type { CustomerPurchases, Purchases } from './purchases.js';

/**
 * Of each product, the sum over customers v ≠ `self`: similarity × the recency of v's purchases of it, of the last 75 days before
 * `today`. Similarity is the cosine |common products| / √(|u| |v|). The scale is the same for all products, and else arbitrary.
 * The result holds until the next call.
 */
export type Neighbours = (own: Uint32Array, self: number | undefined, today: number) => Float64Array;

const RECENT_DAYS = 75;
/** In which a purchase loses most of its weight: it is exp(−days / 15). */
const DECAY_DAYS = 15;

export function findNeighbours(
  { customers, products, invoices, days, starts, items }: Purchases,
  { starts: buyerStarts, buyers, sizes }: Buyers,
  arena: Arena,
  kernel: Kernel,
): Neighbours {
  const held = [buyerStarts, buyers, sizes].map(arena.hold) as [number, number, number];
  const bought = [invoices, days, starts, items].map(arena.hold) as [number, number, number, number];
  const ownProducts = arena.integers(products.length);
  const common = arena.doubles(customers.length);
  const scores = arena.doubles(products.length);
  const decay = arena.doubles(RECENT_DAYS + 1);
  decay.set(decay.map((_, age) => Math.exp((1 - age) / DECAY_DAYS)));

  return (own, self, today) => {
    ownProducts.set(own);
    common.fill(0);
    scores.fill(0);
    kernel.neighbours(
      ...[buyers.BYTES_PER_ELEMENT, items.BYTES_PER_ELEMENT, ownProducts.byteOffset, own.length],
      ...[...held, customers.length, ...bought],
      ...[self ?? -1, today, RECENT_DAYS, decay.byteOffset, common.byteOffset, scores.byteOffset],
    );
    return scores;
  };
}

/** Who bought each product, and how many products each customer bought. */
export interface Buyers {
  /** Product p was bought by the customers from starts[p] to starts[p + 1] of `buyers`. */
  readonly starts: Uint32Array;
  readonly buyers: Indexes;
  readonly sizes: Uint32Array;
}

export function buyersOf({ customers, products, invoices, starts: begins, items }: Purchases): Buyers {
  const sizes = new Uint32Array(customers.length);
  const seenBy = new Int32Array(products.length);
  /** Calls back for each customer and product, once. */
  function eachPair(act: (customer: number, product: number) => void): void {
    seenBy.fill(-1);
    for (let customer = 0; customer < customers.length; customer++) {
      const from = begins[invoices[customer] as number] as number;
      const to = begins[invoices[customer + 1] as number] as number;
      for (let i = from; i < to; i++) {
        const product = items[i] as number;
        if (seenBy[product] === customer) continue;
        seenBy[product] = customer;
        act(customer, product);
      }
    }
  }
  const starts = new Uint32Array(products.length + 1);
  eachPair((customer, product) => {
    sizes[customer] = (sizes[customer] as number) + 1;
    starts[product + 1] = (starts[product + 1] as number) + 1;
  });
  for (let i = 0; i < products.length; i++) starts[i + 1] = (starts[i + 1] as number) + (starts[i] as number);
  const buyers = indexesBelow(customers.length, starts[products.length] as number);
  const next = starts.slice();
  eachPair((customer, product) => {
    const at = next[product] as number;
    next[product] = at + 1;
    buyers[at] = customer;
  });
  return { starts, buyers, sizes };
}

/** The products of a basket, each once, ascending. */
export function productsOf({ days, starts, items }: CustomerPurchases): Uint32Array {
  const all = Uint32Array.from(items.subarray(starts[0], starts[days.length])).sort();
  return all.filter((product, i) => i === 0 || product !== all[i - 1]);
}
