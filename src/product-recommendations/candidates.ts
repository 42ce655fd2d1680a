/** New products that something speaks for. */
import type { Arena, Kernel } from './kernel.js';
import type { Trends } from './trends.js';

/** What differs from customer to customer, by product. Its arrays lie in the arena. */
export type Signals = Readonly<Record<'short' | 'long' | 'neighbours' | 'words', Float64Array>>;

/**
 * Of the products that the customer did not buy, the `count` for which most speaks, all that speaks weighed alike; more if some are
 * equal. Ascending; the result holds until the next call. To tell those apart is what a list needs: products that nobody would
 * think of teach nothing, and are never shown.
 */
export type Candidates = (signals: Signals, trends: Trends, own: Uint32Array, count: number) => Uint32Array;

/** Signals, and how each is weighed, beside the trends. */
const WEIGHTS = { short: 1, long: 1, neighbours: 1, words: 0.5 } as const;
const FIRSTS_WEIGHT = 0.5;

export function openCandidates(products: number, arena: Arena, kernel: Kernel): Candidates {
  const names = Object.keys(WEIGHTS) as (keyof Signals)[];
  const arrays = arena.integers(names.length + 2);
  const weights = arena.doubles(arrays.length);
  const ownProducts = arena.integers(products);
  const together = arena.doubles(2 * products);
  const found = arena.integers(products);
  const held = new Map<Trends, readonly [rise: number, firsts: number, weight: number]>();

  return (signals, trends, own, count) => {
    let ofTrends = held.get(trends);
    if (!ofTrends) {
      ofTrends = [arena.hold(trends.rise), arena.hold(trends.firsts), 1 / (deviationOf(trends.rise) || 1)];
      held.set(trends, ofTrends);
    }
    const [rise, firsts, riseWeight] = ofTrends;
    arrays.set([...names.map((name) => signals[name].byteOffset), rise, firsts]);
    weights.set([...names.map((name) => WEIGHTS[name]), riseWeight, FIRSTS_WEIGHT]);
    ownProducts.set(own);
    const of = [arrays.byteOffset, weights.byteOffset, arrays.length, products] as const;
    const without = [ownProducts.byteOffset, own.length] as const;
    return found.subarray(0, kernel.candidates(...of, ...without, count, together.byteOffset, found.byteOffset));
  };
}

function deviationOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
