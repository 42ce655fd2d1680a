/** The recommender of the embedded target: the engine that was asked for trains, and the one that made the model in use answers. */
import type { Recommender } from './recommender.js';
import { type LocalRecommenderOptions, openLocalRecommender } from './recommender.local.js';
import type { SparkRecommender } from './spark-recommender.local.js';

export interface EngineOptions extends LocalRecommenderOptions {
  /** Opened by who trains with Spark, or asks a model of its. */
  readonly spark: () => Promise<SparkRecommender>;
}

export function openRecommenderByEngine(options: EngineOptions): Recommender {
  const builtIn = openLocalRecommender(options);
  let opened: Promise<SparkRecommender> | undefined;
  function spark(): Promise<SparkRecommender> {
    opened ??= options.spark();
    return opened;
  }
  const isBySpark = () => options.store.inUse()?.engine === 'spark';
  const inUse = async () => (isBySpark() ? spark() : builtIn);

  return {
    ...builtIn,
    train: async ({ engine, ...asked }, work) => (engine === 'spark' ? await spark() : builtIn).train(asked, work),
    recommend: async (...given) => (await inUse()).recommend(...given),
    recommendFor: async (...given) => (await inUse()).recommendFor(...given),
    async *everyone(...given) {
      yield* (await inUse()).everyone(...given);
    },
    similar: async (...given) => (await inUse()).similar(...given),
    async evaluate(asked, work) {
      if (isBySpark()) work.onNote?.('the model in use is by Spark; what is measured is the built-in engine');
      return builtIn.evaluate(asked, work);
    },
    productsLike: async (...given) => (await inUse()).productsLike(...given),
  };
}
