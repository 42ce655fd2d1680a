/** Trains a model on purchases: two fits of ALS, and the ranking that is learned from the same customers a month earlier. */
import { type AlsOptions, fitAls } from './als.js';
import { confidencesOf, type Recency } from './confidences.js';
import type { ProductFactors } from './fold-in.js';
import type { KernelThreads } from './kernel-threads.js';
import { firstInvoices, learnRanking } from './learning.js';
import { heldBackDays, keepInvoices, type Purchases } from './purchases.js';
import { DEFAULT_COEFFICIENTS, type RankingCoefficients } from './ranking.js';
import { openScores, type ScoreSources } from './scores.js';

export interface TrainingOptions extends Pick<AlsOptions, 'rank' | 'regularization' | 'iterations' | 'seed'> {
  readonly halfLifeDays: number;
  readonly signal?: AbortSignal | undefined;
  /** Hears of every iteration of every fit. */
  readonly onProgress?: (what: string, done: number, total: number, loss?: number) => void;
}

export interface Model extends ScoreSources {
  /** The day after the last order, in days since 1970: as of this day everything is reckoned. */
  readonly today: number;
  readonly ranking: RankingCoefficients;
  /** False where there was too little history, so that the ranking is the default. */
  readonly isLearned: boolean;
}

export async function trainModel(
  purchases: Purchases,
  options: TrainingOptions,
  threads: KernelThreads,
  today = lastDay(purchases) + 1,
): Promise<Model> {
  const cut = today - heldBackDays(firstDay(purchases), today - 1);
  const known = keepInvoices(purchases, (invoice) => (purchases.days[invoice] as number) < cut);
  const held = firstInvoices(purchases, cut, today);
  const past = held.length === 0 ? undefined : await fitBoth(known, cut, options, threads, 'a month ago');
  const learned = past && learnRanking(known, openScores(past), held, cut);
  const fits = await fitBoth(purchases, today, options, threads, 'now');
  return { ...fits, today, ranking: learned ?? DEFAULT_COEFFICIENTS, isLearned: learned !== undefined };
}

/** The long memory: what it weighs, and how much longer it remembers. */
const LONG = { weight: 4, times: 4 };

async function fitBoth(
  purchases: Purchases,
  today: number,
  options: TrainingOptions,
  threads: KernelThreads,
  what: string,
): Promise<ScoreSources> {
  const short: Recency = { weight: 2, halfLifeDays: options.halfLifeDays };
  const long: Recency = { weight: LONG.weight, halfLifeDays: options.halfLifeDays * LONG.times };
  return {
    purchases,
    short: await fitProducts(purchases, today, short, options, threads, `${what}, short memory`),
    long: await fitProducts(purchases, today, long, options, threads, `${what}, long memory`),
  };
}

async function fitProducts(
  purchases: Purchases,
  today: number,
  recency: Recency,
  options: TrainingOptions,
  threads: KernelThreads,
  what: string,
): Promise<ProductFactors> {
  const onIteration = (iteration: number, loss: number) =>
    options.onProgress?.(what, iteration, options.iterations, loss);
  const { products } = await fitAls(confidencesOf(purchases, today, recency), { ...options, onIteration }, threads);
  return { ...products, recency, square: squareOf(products.rows, products.rank, options.regularization) };
}

function squareOf(rows: Float32Array, rank: number, regularization: number): Float32Array {
  const square = new Float64Array(rank * rank);
  for (let at = 0; at < rows.length; at += rank) {
    for (let a = 0; a < rank; a++) {
      const value = rows[at + a] as number;
      if (value === 0) continue;
      for (let b = 0; b < rank; b++) {
        square[a * rank + b] = (square[a * rank + b] as number) + value * (rows[at + b] as number);
      }
    }
  }
  for (let a = 0; a < rank; a++) square[a * (rank + 1)] = (square[a * (rank + 1)] as number) + regularization;
  return Float32Array.from(square);
}

function firstDay({ days }: Purchases): number {
  return days.reduce((first, day) => Math.min(first, day), days[0] ?? 0);
}

function lastDay({ days }: Purchases): number {
  return days.reduce((last, day) => Math.max(last, day), 0);
}
