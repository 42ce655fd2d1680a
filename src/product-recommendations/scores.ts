/** What speaks for each product, for one customer on one day. */
import { openCandidates, type Signals } from './candidates.js';
import { type FoldedIn, openFoldIn, type ProductFactors } from './fold-in.js';
import { createArena, startKernel } from './kernel.js';
import { findNeighbours, productsOf } from './neighbours.js';
import { type CustomerPurchases, daysBefore, type Purchases } from './purchases.js';
import type { Statistics } from './statistics.js';
import { type Trends, trendsOf } from './trends.js';
import { findWords } from './words.js';

/** Where scores come from: what all customers bought, and two fits of ALS, of a short memory and of a long one. */
export interface ScoreSources {
  readonly purchases: Purchases;
  readonly short: ProductFactors;
  readonly long: ProductFactors;
  readonly statistics: Statistics;
}

/**
 * By product. `short`, `long`, `neighbours` and `words` are divided by their standard deviation over all products: how large they
 * are differs from customer to customer and says nothing.
 */
export interface Scores extends Signals {
  /** The products that the customer bought, ascending. */
  readonly own: Uint32Array;
  /** New products for which most speaks: see `Candidates`. */
  readonly candidates: (count: number) => Uint32Array;
  /** Why a product is liked, by the short memory: see `FoldedIn`. */
  readonly contributors: FoldedIn['contributors'];
  readonly trends: Trends;
  readonly repurchase: Float64Array;
}

/** `self` is the customer's index, if the customer is among those of the sources. The result holds until the next call. */
export type Score = (basket: CustomerPurchases, self: number | undefined, today: number) => Scores;

/** In which a purchase loses most of its weight in the customer's profile of words: it is exp(−days / 60). */
const WORDS_DECAY_DAYS = 60;

/** Reckons in the arena, where what comes from a file may lie already. */
export function openScores({ purchases, short, long, statistics }: ScoreSources, arena = createArena()): Score {
  const kernel = startKernel(arena.memory);
  const [shortOf, longOf] = [openFoldIn(short, arena, kernel), openFoldIn(long, arena, kernel)];
  const { repurchase, buyers } = statistics;
  const neighbours = findNeighbours(purchases, buyers, arena, kernel);
  const words = findWords(statistics.words, arena, kernel);
  const candidates = openCandidates(purchases.products.length, arena, kernel);
  const trends = new Map<number, Trends>([[statistics.today, statistics.trends]]);
  const count = purchases.products.length;
  const factors = { short: arena.doubles(count), long: arena.doubles(count) };

  return (basket, self, today) => {
    const own = productsOf(basket);
    const folded = shortOf(basket, today);
    factors.short.set(folded.scores);
    factors.long.set(longOf(basket, today).scores);
    const signals = { ...factors, neighbours: neighbours(own, self, today), words: wordsOf(basket, today) };
    for (const values of Object.values(signals)) kernel.divideByDeviation(values.byteOffset, count);
    const ofToday = trends.get(today) ?? trendsOf(purchases, today);
    trends.set(today, ofToday);
    const candidatesOf = (wished: number) => candidates(signals, ofToday, own, wished);
    return {
      ...signals,
      repurchase,
      own,
      trends: ofToday,
      candidates: candidatesOf,
      contributors: folded.contributors,
    };
  };

  function wordsOf({ days, starts, items }: CustomerPurchases, today: number): Float64Array {
    words.clear();
    for (let i = 0; i < days.length; i++) {
      const weight = Math.exp(-daysBefore(today, days[i] as number) / WORDS_DECAY_DAYS);
      for (let j = starts[i] as number; j < (starts[i + 1] as number); j++) words.add(items[j] as number, weight);
    }
    return words.score();
  }
}
