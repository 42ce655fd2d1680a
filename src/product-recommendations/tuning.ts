/**
 * Chooses options of a training by how well models of earlier days foretold what customers bought next: random search (Bergstra,
 * Bengio 2012), of which every other draw is near the best so far.
 */
import { hash } from '../random.js';
import { counted, duration } from '../terminal/numbers.js';
import { servedQuality, type Trial } from './evaluation.js';
import type { Purchases } from './purchases.js';
import type { TrainOptions, WorkOptions } from './recommender.js';
import type { Model } from './training.js';

/** Orders before a day, and what is to be foretold from them. */
export interface ValidationCut {
  readonly known: Purchases;
  readonly trials: readonly Trial[];
}

export interface TuningTools extends WorkOptions {
  train(known: Purchases, options: TrainOptions): Promise<Model>;
  readonly clock: () => number;
}

/** What is varied, and between which values. More or fewer iterations change nothing that could be measured. */
const RANGES = {
  halfLifeDays: { from: 10, to: 160, step: 1 },
  regularization: { from: 2, to: 50, step: 0.1 },
  factors: { from: 16, to: 128, step: 4 },
} as const;
export type Tunable = keyof typeof RANGES;

/** A draw near the best is at most so many times as large, or as small. */
const NEAR = 1.5;

/** Whoever does worse on the first cuts by so many standard errors need not try the others. */
const HOPELESS_ERRORS = 2;

/** The best of many is better than the usual options also by luck, so it has to be better by so many standard errors. */
const CLEAR_ERRORS = 2;

/** Of each trial, how good its lists are; of each cut. */
type Values = readonly (readonly number[])[];

/** The options with the best values found in place of those that are not fixed. They stay as they are unless others are clearly better. */
export async function tuned(
  options: TrainOptions,
  cuts: readonly ValidationCut[],
  tools: TuningTools,
): Promise<TrainOptions> {
  const { tune: { forMs, fixed } = { forMs: 0, fixed: [] }, ...start } = options;
  const { signal, onNote, onProgress, clock } = tools;
  const names = (Object.keys(RANGES) as Tunable[]).filter((name) => !fixed.includes(name));
  const startMs = clock();
  let longestMs = 0;
  const isTimeFor = () => clock() - startMs + longestMs <= forMs;

  /** Undefined if time ran out, or if it does clearly worse than `best`. */
  async function measure(tried: TrainOptions, best: Values): Promise<Values | undefined> {
    const values: number[][] = [];
    for (const { known, trials } of cuts) {
      if (!isTimeFor()) return undefined;
      const beganMs = clock();
      values.push(await servedQuality(await tools.train(known, tried), trials, signal));
      longestMs = Math.max(longestMs, clock() - beganMs);
      const gain = gainOf(values, best);
      if (gain.mean < -HOPELESS_ERRORS * gain.standardError) return undefined;
    }
    return values;
  }

  const usual = await measure(start, []);
  let best = { options: start, values: usual ?? [] };
  let tries = 0;
  for (; usual && isTimeFor(); tries++) {
    onProgress?.(`tried ${tries}, best ${shown(best.values)}`, (clock() - startMs) / 1000, forMs / 1000);
    const tried = draw(start, best.options, names, tries);
    const values = await measure(tried, best.values);
    if (!values || !(gainOf(values, best.values).mean > 0)) continue;
    best = { options: tried, values };
    const left = duration(Math.max(0, forMs - (clock() - startMs)) / 1000);
    onNote?.(`best so far: ${described(tried, names)}, NDCG@10 ${shown(values)}; ${left} left`);
  }
  onNote?.(`tried ${counted(tries, 'other choice')} on ${counted(cuts.length, 'earlier day')}`);
  if (!usual || best.options === start) {
    onNote?.(`none was better: ${described(start, names)} stays`);
    return start;
  }
  const { mean, standardError } = gainOf(best.values, usual);
  const figures = `${shown(best.values)} in place of ${shown(usual)}, better by ${mean.toFixed(4)} ± ${standardError.toFixed(4)}`;
  const isClear = mean > CLEAR_ERRORS * standardError;
  const outcome = isClear ? `takes ${described(best.options, names)}` : `${described(start, names)} stays`;
  onNote?.(`the best has NDCG@10 ${figures}: ${outcome}`);
  return isClear ? best.options : start;
}

/** Of the same trials, how much better the first are; of the cuts that both have. */
export function gainOf(values: Values, others: Values): { readonly mean: number; readonly standardError: number } {
  const gains = values.flatMap((cut, c) =>
    others[c] ? cut.map((value, i) => value - (others[c]?.[i] as number)) : [],
  );
  const mean = meanOf(gains);
  const squares = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / Math.max(1, gains.length - 1) / Math.max(1, gains.length)) };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function draw(start: TrainOptions, best: TrainOptions, names: readonly Tunable[], index: number): TrainOptions {
  const values = names.map((name, i) => {
    const { from, to, step } = RANGES[name];
    const uniform = hash(start.seed, index * names.length + i) / 2 ** 32;
    const wide = from * (to / from) ** uniform;
    const near = best[name] * NEAR ** (2 * uniform - 1);
    const value = Math.min(to, Math.max(from, index % 2 === 0 ? wide : near));
    // A whole number of steps, without the rounding of a product such as 3 × 0.1.
    return [name, (Math.round(value / step) / Math.round(1 / Math.min(1, step))) * Math.max(1, step)];
  });
  return { ...start, ...Object.fromEntries(values) };
}

const TITLES: Readonly<Record<Tunable, string>> = {
  halfLifeDays: '--half-life',
  regularization: '--regularization',
  factors: '--factors',
};

function described(options: TrainOptions, names: readonly Tunable[]): string {
  return names.map((name) => `${TITLES[name]} ${options[name]}`).join(' ');
}

function shown(values: Values): string {
  return meanOf(values.flat()).toFixed(4);
}
