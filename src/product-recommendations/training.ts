/** Trains a model on purchases: two fits of ALS, and the ranking that is learned from the same customers a month earlier. */
import { type AlsOptions, type Fit, fitAls } from './als.js';
import { confidencesOf, type Recency } from './confidences.js';
import type { ProductFactors } from './fold-in.js';
import { firstInvoices, learnRanking } from './learning.js';
import { heldBackDays, keepInvoices, type Purchases } from './purchases.js';
import { DEFAULT_COEFFICIENTS, type RankingCoefficients } from './ranking.js';
import type { ScoreSources } from './scores.js';
import { statisticsOf } from './statistics.js';
import type { TrainingThreads } from './training-threads.js';

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
  threads: TrainingThreads,
  today = lastDay(purchases) + 1,
): Promise<Model> {
  const cut = today - heldBackDays(firstDay(purchases), today - 1);
  const known = keepInvoices(purchases, (invoice) => (purchases.days[invoice] as number) < cut);
  const held = firstInvoices(purchases, cut, today);
  const more = Math.min(ITERATIONS_MORE, options.iterations);
  const total = options.iterations + (held.length === 0 ? more : 3 * more);
  const counted = countIterations(total, options);
  const past = held.length === 0 ? undefined : await fitBoth(known, cut, counted, threads, 'a month ago');
  const learned = past && (await learnRanking({ sources: past.sources, held, today: cut }, threads, options.signal));
  const { sources } = await fitBoth(purchases, today, counted, threads, 'now', past?.fits);
  return { ...sources, today, ranking: learned ?? DEFAULT_COEFFICIENTS, isLearned: learned !== undefined };
}

/** The same options, which hear of the iterations of all fits together. */
function countIterations(total: number, { onProgress, ...options }: TrainingOptions): TrainingOptions {
  let before = 0;
  if (!onProgress) return options;
  return {
    ...options,
    onProgress(what, done, ofFit, loss) {
      onProgress(what, before + done, total, loss);
      if (done === ofFit) before += ofFit;
    },
  };
}

/** Both fits, of the short memory and of the long one. */
type Fits = readonly [short: Fit, long: Fit];

/** The long memory: what it weighs, and how much longer it remembers. */
const LONG = { weight: 4, times: 4 };

/** Iterations of a fit that begins where another one of nearly the same purchases ended. */
const ITERATIONS_MORE = 4;

async function fitBoth(
  purchases: Purchases,
  today: number,
  options: TrainingOptions,
  threads: TrainingThreads,
  what: string,
  before?: Fits,
): Promise<{ readonly sources: ScoreSources; readonly fits: Fits }> {
  const { halfLifeDays, onProgress } = options;
  async function fit(recency: Recency, memory: string, start: Fit | undefined): Promise<Fit> {
    const iterations = start ? Math.min(ITERATIONS_MORE, options.iterations) : options.iterations;
    const onIteration = (iteration: number, loss: number) =>
      onProgress?.(`${what}, ${memory} memory`, iteration, iterations, loss);
    const confidences = confidencesOf(purchases, today, recency);
    const fitted = await fitAls(confidences, { ...options, iterations, start, onIteration }, threads);
    onProgress?.(`${what}, ${memory} memory`, iterations, iterations);
    return fitted;
  }
  const kept = ({ products, square }: Fit, recency: Recency): ProductFactors => ({ ...products, recency, square });
  const [short, long]: readonly [Recency, Recency] = [
    { weight: 2, halfLifeDays },
    { weight: LONG.weight, halfLifeDays: halfLifeDays * LONG.times },
  ];
  const ofShort = await fit(short, 'short', before?.[0]);
  const ofLong = await fit(long, 'long', before?.[1] ?? ofShort);
  return {
    sources: {
      purchases,
      short: kept(ofShort, short),
      long: kept(ofLong, long),
      statistics: statisticsOf(purchases, today),
    },
    fits: [ofShort, ofLong],
  };
}

function firstDay({ days }: Purchases): number {
  return days.reduce((first, day) => Math.min(first, day), days[0] ?? 0);
}

function lastDay({ days }: Purchases): number {
  return days.reduce((last, day) => Math.max(last, day), 0);
}
