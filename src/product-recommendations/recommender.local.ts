/** The recommender of the embedded target: trains in this process on the lake, and keeps models as files. */
import { availableParallelism } from 'node:os';
import { AlakazamError } from '../errors.js';
import type { OrderHistory } from '../order-history/history.js';
import { basketOfOrders } from './customer-basket.js';
import { withoutFuture } from './future-orders.js';
import type { LakePurchases } from './lake-purchases.local.js';
import { type ModelStore, runOf } from './model-store.local.js';
import { findProduct, noSuchProduct, productsLike } from './product-search.js';
import { basketOf, type CustomerPurchases, type Purchases, renumbered } from './purchases.js';
import type { Recommender } from './recommender.js';
import { openServing } from './serving.js';
import { similarTo } from './similar.js';
import type { Model } from './training.js';

export interface LocalRecommenderOptions {
  readonly store: ModelStore;
  readonly source: () => Promise<LakePurchases>;
  readonly history: () => Promise<OrderHistory>;
  /** The version of the lake if it is known to hold the whole stream, found without opening it. */
  readonly knownVersion: () => string | undefined;
  readonly clock: () => number;
}

export function openLocalRecommender(options: LocalRecommenderOptions): Recommender {
  const { store, source, history, knownVersion, clock } = options;
  let opened: ReturnType<typeof openModel> | undefined;
  function open() {
    opened ??= openModel(store);
    const { lakeVersion } = opened.run;
    return { ...opened, isCurrent: lakeVersion !== null && knownVersion() === lakeVersion };
  }
  const training = loadTraining(options);

  async function basketFor(customerId: number): Promise<CustomerPurchases> {
    const { model, products, isCurrent } = open();
    if (isCurrent) return basketIn(model.purchases, customerId);
    const opened = await history();
    await opened.update();
    const orders = withoutFuture(await opened.ordersOf(customerId), clock());
    return basketOfOrders(orders, (code) => products.get(code));
  }

  return {
    ...HERE,
    ...training,
    async train(trainOptions, work) {
      if (trainOptions.serverless) throw trainsHere('--serverless');
      const run = await training.train(trainOptions, work);
      opened = undefined;
      return run;
    },
    runs: async () => store.list().map(runOf),
    async use(run) {
      const used = await store.use(run);
      opened = undefined;
      return runOf({ ...used, isInUse: true });
    },
    async recommend(customerId, count) {
      return open().serve({ id: customerId, basket: await basketFor(customerId) }, count);
    },
    async recommendFor(stockCodes, count) {
      const { model, products, serve } = open();
      const items = Uint32Array.from(new Set(stockCodes.map((code) => findByCode(products, model, code)))).sort();
      return serve({ id: null, basket: oneInvoice(items, model.today - 1) }, count);
    },
    writeLists: async (...given) => (await import('./write-lists.duckdb.js')).writeLists(...given),
    async *everyone(count, progress) {
      const { model, run, products, isCurrent } = open();
      const { listsOfAll } = await import('./everyone.js');
      const now = async () => (await (await source()).read({}, progress)).purchases;
      const purchases = isCurrent ? model.purchases : renumbered(await now(), products);
      let done = 0;
      for await (const lists of listsOfAll({ model, run: run.run, purchases, count }, availableParallelism())) {
        yield* lists;
        done += lists.length;
        progress.onProgress?.('customers', done, purchases.customers.length);
        if (progress.signal.aborted) return;
      }
    },
    async similar(product, count) {
      const { model } = open();
      const found = findProduct(model.purchases, product);
      return found === undefined ? undefined : similarTo(model, found, count);
    },
    async productsLike(text, count) {
      return productsLike(open().model.purchases.products, text, count);
    },
    async close() {},
  };
}

function openModel(store: ModelStore) {
  const { model, run, arena } = store.read();
  const products = new Map(model.purchases.products.map(({ stockCode }, i) => [stockCode, i]));
  return { model, run, products, serve: openServing(model, run.run, arena) };
}

/** What trains is loaded by who trains: a recommendation is to cost little more than the start of the process. */
function loadTraining({ store, source, clock }: LocalRecommenderOptions): Pick<Recommender, 'train' | 'evaluate'> {
  const load = async () => (await import('./train.local.js')).openTraining(store, await source(), clock);
  return {
    train: async (...given) => (await load()).train(...given),
    evaluate: async (...given) => (await load()).evaluate(...given),
  };
}

const HERE: Pick<Recommender, 'trainsUnasked' | 'startTraining' | 'remoteTraining'> = {
  trainsUnasked: true,
  async startTraining() {
    throw trainsHere('--no-wait');
  },
  async remoteTraining() {
    throw trainsHere('--status');
  },
};

function trainsHere(flag: string): AlakazamError {
  return new AlakazamError('usage', `${flag} is for machines elsewhere; the local target trains in this process`, {
    hint: `leave ${flag} out, or add --target aws`,
  });
}

function basketIn(purchases: Purchases, customerId: number): CustomerPurchases {
  const customer = purchases.customers.indexOf(customerId);
  return customer < 0
    ? { days: new Int32Array(0), starts: new Uint32Array(1), items: new Uint32Array(0) }
    : basketOf(purchases, customer);
}

/** As if all were bought together on that day. */
function oneInvoice(items: Uint32Array, day: number): CustomerPurchases {
  return { days: Int32Array.of(day), starts: Uint32Array.of(0, items.length), items };
}

function findByCode(indexes: ReadonlyMap<string, number>, { purchases }: Model, code: string): number {
  const product = indexes.get(code) ?? indexes.get(code.toUpperCase());
  if (product !== undefined) return product;
  throw noSuchProduct(purchases.products, code);
}
