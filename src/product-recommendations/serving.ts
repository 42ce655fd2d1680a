/** Recommendations of one model, in words. */
import { isoDay } from './days.js';
import { featuresOf } from './features.js';
import { createArena } from './kernel.js';
import { productsOf } from './neighbours.js';
import type { CustomerPurchases } from './purchases.js';
import { type Ranked, rank } from './ranking.js';
import { risingOf } from './reasons.js';
import type { Recommendations, RecommendedProduct } from './recommender.js';
import { openScores, type Scores } from './scores.js';
import { topIndexes } from './top.js';
import type { Model } from './training.js';

export interface Customer {
  readonly id: number | null;
  /** Products by their index in the model. */
  readonly basket: CustomerPurchases;
}

/** `run` is the model's name. */
export function openServing(
  model: Model,
  run: string,
  arena = createArena(),
): (customer: Customer, count: number) => Recommendations {
  const { purchases, ranking, today } = model;
  const score = openScores(model, arena);
  const indexes = new Map(Array.from(purchases.customers, (id, index) => [id, index]));

  const named = (product: number) => {
    const { stockCode, description } = purchases.products[product] as (typeof purchases.products)[number];
    return { stockCode, description };
  };
  const nameOf = (product: number) => {
    const { stockCode, description } = named(product);
    return `${stockCode} ${description}`.trim();
  };

  return ({ id, basket }, count) => {
    const self = id === null ? undefined : indexes.get(id);
    if (productsOf(basket).length === 0) {
      return { customerId: id, model: run, coldStart: true, ...bestsellers(score(EMPTY, undefined, today), count) };
    }
    const scores = score(basket, self, today);
    const features = featuresOf(basket, scores);
    const { again, fresh, all } = rank(scores, features, ranking, count);
    const isRising = risingOf(scores, features, ranking.fresh);
    const own = new Set(scores.own);
    const said = ({ product, probability }: Ranked): RecommendedProduct => {
      const because = own.has(product)
        ? [habitOf(basket, product)]
        : isRising(product)
          ? ['rising now']
          : scores.contributors(product, NAMED).map(nameOf);
      return { ...named(product), score: probability, because };
    };
    const [newOnes, old] = [fresh.map(said), again.map(said)];
    const byCode = new Map([...newOnes, ...old].map((product) => [product.stockCode, product]));
    // Nobody buys again what lies in the basket.
    if (id === null) return { customerId: id, model: run, coldStart: false, new: newOnes, again: [], all: newOnes };
    const both = all.map(({ product }) => byCode.get(named(product).stockCode) as RecommendedProduct);
    return { customerId: id, model: run, coldStart: false, new: newOnes, again: old, all: both };
  };

  /** What the shop sells most now; its score is the share of the recent purchases. */
  function bestsellers({ trends }: Scores, count: number): Pick<Recommendations, 'new' | 'again' | 'all'> {
    const counts = trends.recent.map(Math.expm1);
    // Where nothing was sold lately, what was ever sold.
    const sold = counts.some((n) => n > 0) ? counts : trends.bought;
    const total = sold.reduce((sum, n) => sum + n, 0);
    const best = topIndexes(sold, count, (product) => sold[product] === 0).map((product) => ({
      ...named(product),
      score: (sold[product] as number) / total,
      because: ['bestseller now'],
    }));
    return { new: best, again: [], all: best };
  }
}

/** So many own products are a reason. */
const NAMED = 3;

const EMPTY: CustomerPurchases = { days: new Int32Array(0), starts: new Uint32Array(1), items: new Uint32Array(0) };

/** `in 5 of 12 invoices, last 2011-11-20`: short, to fit beside a description. */
function habitOf({ days, starts, items }: CustomerPurchases, product: number): string {
  const held: number[] = [];
  for (let i = 0; i < days.length; i++) if (items.subarray(starts[i], starts[i + 1]).includes(product)) held.push(i);
  const last = days[held[held.length - 1] as number] as number;
  return `in ${held.length} of ${days.length} invoices, last ${isoDay(last)}`;
}
