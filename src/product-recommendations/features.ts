/** What the two regressions are fed: of a product that the customer bought before, and of one that is new to the customer. */
import type { CustomerPurchases } from './purchases.js';
import type { Scores } from './scores.js';

/** Of a product bought before. */
export const AGAIN_FEATURES = [
  'own share of invoices',
  'invoices since',
  'own share, decayed',
  'invoices',
  'basket size',
  'similar customers',
  'bought lately',
  'rising',
] as const;

/** Of a product that is new to the customer. */
export const NEW_FEATURES = [
  'similar customers',
  'similar customers, long memory',
  'first buyers',
  'bought lately',
  'rising',
  'words',
  'neighbours',
  'repurchased',
  'basket size',
] as const;

/** What an invoice counts against the one after it, in the decayed share. */
const INVOICE_DECAY = 0.6;

export interface Features {
  /** Writes the features of a product that the customer bought to `row`, from `at` on. */
  again(product: number, row: Float64Array, at: number): void;
  /** The same of any other product. */
  fresh(product: number, row: Float64Array, at: number): void;
}

export function featuresOf(basket: CustomerPurchases, scores: Scores): Features {
  const { days, starts, items } = basket;
  const invoices = days.length;
  const bought = new Map<number, { count: number; last: number; decayed: number }>();
  for (let i = 0; i < invoices; i++) {
    const ago = invoices - 1 - i;
    for (let j = starts[i] as number; j < (starts[i + 1] as number); j++) {
      const { count, decayed } = bought.get(items[j] as number) ?? { count: 0, decayed: 0 };
      bought.set(items[j] as number, { count: count + 1, last: ago, decayed: decayed + INVOICE_DECAY ** ago });
    }
  }
  const size = Math.log(((starts[invoices] as number) - (starts[0] as number)) / invoices);
  const { short, long, neighbours, words, trends, repurchase } = scores;

  return {
    again(product, row, at) {
      const { count, last, decayed } = bought.get(product) as { count: number; last: number; decayed: number };
      row[at] = Math.log((count + 0.5) / (invoices + 1));
      row[at + 1] = Math.log1p(last);
      row[at + 2] = Math.log(0.05 + decayed);
      row[at + 3] = Math.log(invoices);
      row[at + 4] = size;
      row[at + 5] = short[product] as number;
      row[at + 6] = trends.recent[product] as number;
      row[at + 7] = trends.rise[product] as number;
    },
    fresh(product, row, at) {
      row[at] = Math.log1p(Math.max(0, short[product] as number));
      row[at + 1] = Math.log1p(Math.max(0, long[product] as number));
      row[at + 2] = trends.firsts[product] as number;
      row[at + 3] = trends.recent[product] as number;
      row[at + 4] = trends.rise[product] as number;
      row[at + 5] = Math.log1p(Math.max(0, words[product] as number));
      row[at + 6] = Math.log1p(Math.max(0, neighbours[product] as number));
      row[at + 7] = repurchase[product] as number;
      row[at + 8] = size;
    },
  };
}
