/** Trains on the Apache Spark of this machine, by the program that trains on AWS, and answers out of what that published. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assetOf } from '../assets.js';
import { AlakazamError } from '../errors.js';
import type { CurrentTables } from '../lake/lake.js';
import type { OrderHistory } from '../order-history/history.js';
import { DAY_MS, isoDay } from './days.js';
import { futureNote } from './future-orders.js';
import type { StoredRun } from './model-list.local.js';
import { type ModelStore, runOf } from './model-store.local.js';
import { latestRun, type PublishedRun } from './published-runs.js';
import { servePublished } from './published-serving.js';
import type { ModelRun, Recommender, TrainOptions, WorkOptions } from './recommender.js';
import { diskRunFiles } from './run-files.local.js';
import { programArguments, refuseOthers } from './spark-program.js';
import { sparkSubmit } from './spark-submit.local.js';

export interface SparkRecommenderOptions {
  readonly store: ModelStore;
  readonly currentTables: CurrentTables;
  /** Gives a path for what Spark needs meanwhile; the next writer of the lake removes what is left of a process that was killed. */
  readonly spillTo: () => string;
  readonly history: () => Promise<OrderHistory>;
  readonly knownVersion: () => string | undefined;
  readonly clock: () => number;
}

export type SparkRecommender = Pick<
  Recommender,
  'train' | 'recommend' | 'recommendFor' | 'everyone' | 'similar' | 'productsLike'
>;

export function openSparkRecommender(options: SparkRecommenderOptions): SparkRecommender {
  const { store, history, knownVersion, clock } = options;
  let opened: { readonly stored: StoredRun; readonly run: Promise<PublishedRun> } | undefined;

  async function open() {
    const stored = await store.check();
    if (opened?.stored.run !== stored.run) {
      opened = { stored, run: latestRun(diskRunFiles(store.directoryOf(stored))) as Promise<PublishedRun> };
    }
    return opened;
  }

  return {
    train: (asked, work) => train(options, asked, work),
    ...servePublished({
      findRun: async () => (await open()).run,
      async ordersOf(customerId) {
        const { lakeVersion } = (await open()).stored;
        if (lakeVersion !== null && lakeVersion === knownVersion()) return [];
        const opened = await history();
        await opened.update();
        return opened.ordersOf(customerId);
      },
      clock,
    }),
  };
}

async function train(
  { store, currentTables, spillTo, clock }: SparkRecommenderOptions,
  asked: TrainOptions,
  work: WorkOptions,
): Promise<ModelRun> {
  refuseOthers(asked);
  const { signal, onNote, onProgress } = work;
  const tables = await currentTables({ signal, onProgress: (done, total) => onProgress?.('orders', done, total) });
  const directory = spillTo();
  try {
    signal.throwIfAborted();
    if (tables.arrivals.length === 0) {
      throw new AlakazamError('failed', 'there are no orders to learn from', {
        hint: 'alakazam generate --count 50000',
      });
    }
    const [place, scratch] = [join(directory, 'published'), join(directory, 'scratch')];
    mkdirSync(scratch, { recursive: true, mode: 0o700 });
    const run = randomBytes(6).toString('hex');
    const places = { lake: tables.arrivals, purchasesSql: fileOf('spark/purchases.sql'), out: place };
    await sparkSubmit({
      ...{ program: fileOf('spark/als.py'), directory: scratch, signal },
      log: join(await store.makeDirectory(), 'spark.log'),
      arguments: [...programArguments(run, places, asked), '--today', isoDay(Math.floor(clock() / DAY_MS))],
      onLine(line) {
        const [, done, total, what] = /^step (\d+) of (\d+): (.*)$/.exec(line) ?? [];
        if (what !== undefined) onProgress?.(what, Number(done), Number(total));
      },
    });
    const { about, future } = (await latestRun(diskRunFiles(place))) as PublishedRun;
    if (future) onNote?.(futureNote(future));
    const isWhole = asked.since === undefined && asked.until === undefined && !future;
    const stored = { ...about, lakeVersion: isWhole ? tables.version : null };
    await store.addPublished(place, stored);
    return runOf(stored);
  } finally {
    tables.release();
    rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

function fileOf(asset: string): string {
  return fileURLToPath(assetOf(asset));
}
