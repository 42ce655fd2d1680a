/**
 * The recommender of the AWS target. Spark trains, on machines that end with the training, and writes everybody's recommendations
 * to S3. Whoever asks reads one object of them, and needs no machine.
 */
import { AlakazamError } from '../errors.js';
import type { OrderHistory } from '../order-history/history.js';
import { evaluationOf } from './published-evaluation.js';
import { latestRun, type PublishedRun, type RunFiles } from './published-runs.js';
import { servePublished } from './published-serving.js';
import type { Recommender } from './recommender.js';

export interface AwsRecommenderOptions {
  readonly files: RunFiles;
  readonly history: () => Promise<OrderHistory>;
  /** Opened by who trains, or asks for a training. */
  readonly training: () => Promise<Pick<Recommender, 'train' | 'startTraining' | 'remoteTraining'>>;
  readonly clock: () => number;
}

export function openAwsRecommender({ files, history, training, clock }: AwsRecommenderOptions): Recommender {
  let latest: Promise<PublishedRun | undefined> | undefined;

  function findRun(): Promise<PublishedRun | undefined> {
    latest ??= latestRun(files);
    return latest;
  }

  async function open(): Promise<PublishedRun> {
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
    writeLists: async (...given) => (await import('./write-lists.duckdb.js')).writeLists(...given),
    async evaluate(options, { onNote }) {
      const run = await open();
      const found = await evaluationOf(run, options);
      onNote?.(
        `model ${run.about.run}, as its training measured it: its ranking learned from these weeks, so recommend is flattered`,
      );
      return found;
    },
    ...servePublished({ findRun: open, ordersOf: async (customerId) => (await history()).ordersOf(customerId), clock }),
    async use(run) {
      const message = `alakazam on the aws target can't put ${run} in use: readers follow the last training`;
      throw new AlakazamError('failed', message, { hint: 'alakazam train --target aws' });
    },
    async close() {},
  };
}
