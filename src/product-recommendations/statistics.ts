/** What is reckoned once of all purchases, as of one day, so that to score a customer costs little. */
import { type Buyers, buyersOf } from './neighbours.js';
import type { Purchases } from './purchases.js';
import { repurchaseRates, type Trends, trendsOf } from './trends.js';
import { type WordVectors, wordVectorsOf } from './words.js';

export interface Statistics {
  readonly today: number;
  readonly trends: Trends;
  readonly repurchase: Float64Array;
  readonly buyers: Buyers;
  readonly words: WordVectors;
}

export function statisticsOf(purchases: Purchases, today: number): Statistics {
  return {
    today,
    trends: trendsOf(purchases, today),
    repurchase: repurchaseRates(purchases),
    buyers: buyersOf(purchases),
    words: wordVectorsOf(purchases.products),
  };
}
