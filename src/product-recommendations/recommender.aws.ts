/**
 * The recommender of the AWS target. Spark trains, on machines that end with the training, and writes everybody's recommendations
 * to S3. Whoever asks reads one object of them, and needs no machine.
 */
import { AlakazamError } from '../errors.js';
import type { OrderHistory } from '../order-history/history.js';
import { cutTo, withoutBought } from './bought-since.js';
import { recommendForBasket } from './goes-with.js';
import { productsLike, withWords } from './product-search.js';
import { evaluationOf } from './published-evaluation.js';
import { latestRun, PUBLISHED_LIST_MAX, type PublishedRun, type RunFiles } from './published-runs.js';
import type { Recommendations, Recommender, Similar } from './recommender.js';

export interface AwsRecommenderOptions {
  readonly files: RunFiles;
  readonly history: () => Promise<OrderHistory>;
  /** Opened by who trains, or asks for a training. */
  readonly training: () => Promise<Pick<Recommender, 'train' | 'startTraining' | 'remoteTraining'>>;
}

export function openAwsRecommender({ files, history, training }: AwsRecommenderOptions): Recommender {
  let latest: Promise<PublishedRun | undefined> | undefined;

  function findRun(): Promise<PublishedRun | undefined> {
    latest ??= latestRun(files);
    return latest;
  }

  async function open(count = 0): Promise<PublishedRun> {
    if (count > PUBLISHED_LIST_MAX) {
      throw new AlakazamError('usage', `-n is ${count}; valid on the aws target: up to ${PUBLISHED_LIST_MAX}`);
    }
    const run = await findRun();
    if (run) return run;
    throw new AlakazamError('failed', `there is no model to recommend by in ${files.place}`, {
      hint: 'alakazam train --target aws',
    });
  }

  return {
    // It costs money.
    trainsUnasked: false,
    async train(options, work) {
      const run = await (await training()).train(options, work);
      latest = undefined;
      return run;
    },
    startTraining: async (options, work) => (await training()).startTraining(options, work),
    remoteTraining: async () => (await training()).remoteTraining(),
    async runs() {
      const run = await findRun();
      return run ? [run.about] : [];
    },
    async recommend(customerId, count) {
      const run = await open(count);
      const [published, orders] = await Promise.all([
        run.recommendations(customerId),
        history().then((opened) => opened.ordersOf(customerId)),
      ]);
      const found: Recommendations = published ?? { ...(await run.bestsellers()), customerId };
      return cutTo(withoutBought(found, orders), count);
    },
    writeLists: async (...given) => (await import('./write-lists.duckdb.js')).writeLists(...given),
    async *everyone(count, { signal, onProgress }) {
      const run = await open(count);
      let done = 0;
      for await (const found of run.everyone()) {
        if (signal.aborted) return;
        yield cutTo(found, count);
        onProgress?.('customers', ++done, run.about.customers);
      }
    },
    async evaluate(options, { onNote }) {
      const run = await open();
      const found = await evaluationOf(run, options);
      onNote?.(
        `model ${run.about.run}, as its training measured it: its ranking learned from these weeks, so recommend is flattered`,
      );
      return found;
    },
    ...productsOf(open),
    ...REFUSED,
    async close() {},
  };
}

type OfProducts = Pick<Recommender, 'recommendFor' | 'similar' | 'productsLike'>;

function productsOf(open: (count?: number) => Promise<PublishedRun>): OfProducts {
  return {
    recommendFor: async (stockCodes, count) => recommendForBasket(await open(count), stockCodes, count),
    async similar(product, count) {
      const run = await open(count);
      const found = (await run.similar(product.trim())) ?? (await byWords(run, product));
      if (!found) return undefined;
      const { similar, boughtTogether } = found;
      return { ...found, similar: similar.slice(0, count), boughtTogether: boughtTogether.slice(0, count) };
    },
    async productsLike(text, count) {
      const products = await (await open()).products();
      return productsLike(products, text, count).map(({ stockCode, description }) => ({ stockCode, description }));
    },
  };
}

const REFUSED: Pick<Recommender, 'use'> = {
  async use(run) {
    throw cannot(`can't put ${run} in use: readers follow the last training`, 'alakazam train --target aws');
  },
};

/** The best-selling product that has all of these words, or else the first by its code. Reads every product. */
async function byWords(run: PublishedRun, words: string): Promise<Similar | undefined> {
  const products = await run.products();
  const found = withWords(products, words.toUpperCase()).map((i) => products[i] as Similar);
  const best = (await run.bestsellers()).new.map(({ stockCode }) => stockCode);
  const rank = ({ stockCode }: Similar) => (best.includes(stockCode) ? best.indexOf(stockCode) : best.length);
  return found.sort((a, b) => rank(a) - rank(b) || (a.stockCode < b.stockCode ? -1 : 1))[0];
}

function cannot(what: string, hint: string): AlakazamError {
  return new AlakazamError('failed', `alakazam on the aws target ${what}`, { hint });
}
