/** Answers out of a published run, wherever its files are. */
import { AlakazamError } from '../errors.js';
import type { Order } from '../orders/order.js';
import { cutTo, withoutBought } from './bought-since.js';
import { withoutFuture } from './future-orders.js';
import { recommendForBasket } from './goes-with.js';
import { productsLike, withWords } from './product-search.js';
import { PUBLISHED_LIST_MAX, type PublishedRun } from './published-runs.js';
import type { Recommendations, Recommender, Similar } from './recommender.js';

export interface PublishedServing {
  /** The run in use. Throws an `AlakazamError` if there is none. */
  readonly findRun: () => Promise<PublishedRun>;
  /** All orders of a customer by now. */
  readonly ordersOf: (customerId: number) => Promise<readonly Order[]>;
  readonly clock: () => number;
}

type Serves = 'recommend' | 'recommendFor' | 'everyone' | 'similar' | 'productsLike';

export function servePublished({ findRun, ordersOf, clock }: PublishedServing): Pick<Recommender, Serves> {
  async function open(count: number): Promise<PublishedRun> {
    if (count <= PUBLISHED_LIST_MAX) return findRun();
    throw new AlakazamError('usage', `-n is ${count}; valid for a model by Spark: up to ${PUBLISHED_LIST_MAX}`);
  }

  return {
    async recommend(customerId, count) {
      const run = await open(count);
      const [published, orders] = await Promise.all([run.recommendations(customerId), ordersOf(customerId)]);
      const found: Recommendations = published ?? { ...(await run.bestsellers()), customerId };
      return cutTo(withoutBought(found, withoutFuture(orders, clock())), count);
    },
    recommendFor: async (stockCodes, count) => recommendForBasket(await open(count), stockCodes, count),
    async *everyone(count, { signal, onProgress }) {
      const run = await open(count);
      let done = 0;
      for await (const found of run.everyone()) {
        if (signal.aborted) return;
        yield cutTo(found, count);
        onProgress?.('customers', ++done, run.about.customers);
      }
    },
    async similar(product, count) {
      const run = await open(count);
      const found = (await run.similar(product.trim())) ?? (await byWords(run, product));
      if (!found) return undefined;
      const { similar, boughtTogether } = found;
      return { ...found, similar: similar.slice(0, count), boughtTogether: boughtTogether.slice(0, count) };
    },
    async productsLike(text, count) {
      const products = await (await findRun()).products();
      return productsLike(products, text, count).map(({ stockCode, description }) => ({ stockCode, description }));
    },
  };
}

/** The best-selling product that has all of these words, or else the first by its code. Reads every product. */
async function byWords(run: PublishedRun, words: string): Promise<Similar | undefined> {
  const products = await run.products();
  const found = withWords(products, words.toUpperCase()).map((i) => products[i] as Similar);
  const best = (await run.bestsellers()).new.map(({ stockCode }) => stockCode);
  const rank = ({ stockCode }: Similar) => (best.includes(stockCode) ? best.indexOf(stockCode) : best.length);
  return found.sort((a, b) => rank(a) - rank(b) || (a.stockCode < b.stockCode ? -1 : 1))[0];
}
