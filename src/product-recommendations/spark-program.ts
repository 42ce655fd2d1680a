/** How `spark/als.py` is told what to do; its first lines say what it takes. */
import { AlakazamError } from '../errors.js';
import type { TrainOptions } from './recommender.js';
import { TRAIN_DEFAULTS } from './training-options.js';

export interface SparkPlaces {
  /** URLs: of the orders as Parquet, files or directories, of the rule of what was bought, and of where to write. */
  readonly lake: readonly string[];
  readonly purchasesSql: string;
  readonly out: string;
}

export const PROGRAM_FLAGS = {
  factors: '--factors',
  regularization: '--reg-param',
  iterations: '--iterations',
  halfLifeDays: '--half-life',
  seed: '--seed',
  since: '--since',
  until: '--until',
} as const satisfies Partial<Record<keyof TrainOptions, string>>;

/** Spark has defaults of its own: it weighs the regularization by the number of purchases. So only what was asked for is passed. */
export function programArguments(run: string, { lake, purchasesSql, out }: SparkPlaces, asked: TrainOptions): string[] {
  const defaults: TrainOptions = TRAIN_DEFAULTS;
  const names = Object.keys(PROGRAM_FLAGS) as (keyof typeof PROGRAM_FLAGS)[];
  const own = names.filter((name) => asked[name] !== undefined && asked[name] !== defaults[name]);
  return [
    ...['--lake', ...lake, '--purchases-sql', purchasesSql, '--out', out, '--run', run],
    ...own.flatMap((name) => [PROGRAM_FLAGS[name], String(asked[name])]),
  ];
}

/** Throws an `AlakazamError` for an option that was asked for and that Spark does not take. */
export function refuseOthers({ engine: _, ...asked }: TrainOptions): void {
  const other = Object.entries(asked).find(([name, value]) => value && !(name in PROGRAM_FLAGS))?.[0];
  if (other === undefined) return;
  throw new AlakazamError('usage', `--${other} is not for Spark on this machine`, { hint: `leave --${other} out` });
}
