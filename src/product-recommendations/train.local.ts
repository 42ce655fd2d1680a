/** Trains and measures models on this machine, on all its processors. */
import { availableParallelism } from 'node:os';
import { AlakazamError } from '../errors.js';
import { dayOf, isoDay } from './days.js';
import { evaluateModels } from './evaluation.js';
import type { LakePurchases } from './lake-purchases.local.js';
import { type ModelStore, runOf } from './model-store.local.js';
import type { Purchases } from './purchases.js';
import type { Period } from './read-purchases.duckdb.js';
import type { EvaluateOptions, Recommender, TrainOptions, WorkOptions } from './recommender.js';
import { type Model, trainModel } from './training.js';
import { startThreads, type TrainingThreads } from './training-threads.js';
import { tuned } from './tuning.js';

/** Of the default. */
const THREADS_USUAL = 8;
const THREADS_MAX = 64;

export function openTraining(
  store: ModelStore,
  source: LakePurchases,
  clock: () => number,
): Pick<Recommender, 'train' | 'evaluate'> {
  return {
    async train(asked, progress) {
      return withThreads(asked, async (threads) => {
        const options = asked.tune ? await tune(source, asked, progress, threads) : asked;
        const { purchases, version } = await source.read(periodOf(options), progress);
        const model = await trainOn(purchases, options, progress, threads);
        const isWhole = options.since === undefined && options.until === undefined;
        const { threads: _, serverless: __, ...kept } = options;
        const stored = await store.add(model, {
          trainedAt: new Date(clock()).toISOString(),
          options: kept,
          customers: purchases.customers.length,
          products: purchases.products.length,
          purchases: purchases.items.length,
          lastDate: isoDay(model.today - 1),
          lakeVersion: isWhole ? version : null,
        });
        return runOf({ ...stored, isInUse: true });
      });
    },
    async evaluate(options, progress) {
      return withThreads(options.train, async (threads) => {
        const { known, trials, cut } = await source.trials(options, progress);
        if (trials.length === 0) throw await whyNothing(source, options, cut, progress.signal);
        const model = await trainOn(known, options.train, progress, threads);
        return {
          protocol: options.protocol,
          cut: cut === null ? null : isoDay(cut),
          customers: trials.length,
          models: await evaluateModels(model, trials, progress.signal),
        };
      });
    },
  };
}

/** Looks for better options on earlier days. */
async function tune(
  source: LakePurchases,
  asked: TrainOptions,
  work: WorkOptions,
  threads: TrainingThreads,
): Promise<TrainOptions> {
  const { tune: _, ...options } = asked;
  // The training that follows says what is left out.
  const cuts = await source.validation(periodOf(asked), { signal: work.signal });
  const enough = cuts.filter(({ known }) => whatLacks(known) === undefined);
  if (enough.length === 0) {
    work.onNote?.('there is too little history to tune on: trains with the options as they are');
    return options;
  }
  const days = enough.map(({ cut }) => (cut === null ? '' : isoDay(cut))).join(', ');
  work.onNote?.(`looks for better options by what customers bought next after earlier days: ${days}`);
  const quiet = { signal: work.signal };
  return tuned(asked, enough, {
    ...work,
    clock: () => performance.now(),
    train: (known, tried) => trainOn(known, tried, quiet, threads),
  });
}

/** The error where there is nothing to foretell after the day of a cut, or no last invoice. */
async function whyNothing(
  source: LakePurchases,
  options: EvaluateOptions,
  cut: number | null,
  signal: AbortSignal,
): Promise<AlakazamError> {
  const { known, trials } = await source.trials({ ...options, protocol: 'last-invoice' }, { signal });
  const shortage = whatLacks(known);
  if (shortage || trials.length === 0 || cut === null) return shortage ?? tooFew();
  const reason = `no customer with orders before ${isoDay(cut)} bought anything in the days after`;
  return new AlakazamError(options.cut === undefined ? 'failed' : 'usage', `${reason}: there is nothing to foretell`, {
    hint: 'alakazam evaluate --last-invoice, or another --cut',
  });
}

async function withThreads<T>({ threads }: TrainOptions, act: (threads: TrainingThreads) => Promise<T>): Promise<T> {
  if (threads !== undefined && threads > THREADS_MAX) {
    throw new AlakazamError('usage', `--threads is ${threads}; valid: up to ${THREADS_MAX}`);
  }
  const started = startThreads(threads ?? Math.min(THREADS_USUAL, availableParallelism()));
  try {
    return await act(started);
  } finally {
    await started.end();
  }
}

async function trainOn(
  purchases: Purchases,
  options: TrainOptions,
  { signal, onProgress }: WorkOptions,
  threads: TrainingThreads,
): Promise<Model> {
  const shortage = whatLacks(purchases);
  if (shortage) throw shortage;
  const all = { ...options, rank: options.factors, signal, ...(onProgress && { onProgress }) };
  const model = await trainModel(purchases, all, threads);
  signal.throwIfAborted();
  return model;
}

/** The error for purchases of which nothing can be learned. */
function whatLacks({ customers, products, items }: Purchases): AlakazamError | undefined {
  if (customers.length > 0 && products.length === 0) {
    return new AlakazamError('failed', 'no customer bought a product and kept it', {
      hint: 'products are what has a stock code that begins with five digits, such as 85123A',
    });
  }
  return customers.length < 2 || products.length < 2 || items.length === 0 ? tooFew() : undefined;
}

function tooFew(): AlakazamError {
  return new AlakazamError('failed', 'there are too few orders of known customers to learn from', {
    hint: 'alakazam generate --count 50000',
  });
}

function periodOf({ since, until }: TrainOptions): Period {
  const day = (date: string | undefined) => (date === undefined ? undefined : dayOf(date));
  return { since: day(since), until: day(until) };
}
