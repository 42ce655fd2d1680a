/** What speaks for each product, for one customer on one day. */
import { foldInBytes, openFoldIn, type ProductFactors } from './fold-in.js';
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
export interface Scores {
  /** The products that the customer bought, ascending. */
  readonly own: Uint32Array;
  readonly short: Float64Array;
  readonly long: Float64Array;
  readonly neighbours: Float64Array;
  readonly words: Float64Array;
  readonly trends: Trends;
  readonly repurchase: Float64Array;
}

/** `self` is the customer's index, if the customer is among those of the sources. The result holds until the next call. */
export type Score = (basket: CustomerPurchases, self: number | undefined, today: number) => Scores;

/** In which a purchase loses most of its weight in the customer's profile of words: it is exp(−days / 60). */
const WORDS_DECAY_DAYS = 60;

export function openScores({ purchases, short, long, statistics }: ScoreSources): Score {
  const arena = createArena(foldInBytes(short) + foldInBytes(long));
  const kernel = startKernel(arena.memory);
  const [shortOf, longOf] = [openFoldIn(short, arena, kernel), openFoldIn(long, arena, kernel)];
  const { repurchase, buyers } = statistics;
  const neighbours = findNeighbours(purchases, buyers);
  const words = findWords(statistics.words);
  const trends = new Map<number, Trends>([[statistics.today, statistics.trends]]);
  const empty = () => new Float64Array(purchases.products.length);
  const scores = { short: empty(), long: empty(), neighbours: empty(), words: empty(), repurchase };

  return (basket, self, today) => {
    const own = productsOf(basket);
    scores.short.set(shortOf(basket, today));
    scores.long.set(longOf(basket, today));
    neighbours.score(own, self, today, scores.neighbours);
    words.score(profileOf(basket, today), scores.words);
    for (const name of ['short', 'long', 'neighbours', 'words'] as const) divideByDeviation(scores[name]);
    let ofToday = trends.get(today);
    if (!ofToday) {
      ofToday = trendsOf(purchases, today);
      trends.set(today, ofToday);
    }
    return { ...scores, own, trends: ofToday };
  };

  function profileOf({ days, starts, items }: CustomerPurchases, today: number): Float64Array {
    const profile = words.profile();
    for (let i = 0; i < days.length; i++) {
      const weight = Math.exp(-daysBefore(today, days[i] as number) / WORDS_DECAY_DAYS);
      for (let j = starts[i] as number; j < (starts[i + 1] as number); j++) {
        words.add(items[j] as number, weight, profile);
      }
    }
    return profile;
  }
}

function divideByDeviation(values: Float64Array): void {
  let [sum, squares] = [0, 0];
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  const deviation = Math.sqrt(Math.max(0, squares / values.length - mean * mean));
  if (deviation === 0) return;
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) / deviation;
}
