/** What training does unless it is told otherwise. Chosen on cuts of the real file that no figure in the README is taken from. */
import type { TrainOptions } from './recommender.js';

export const TRAIN_DEFAULTS = {
  factors: 64,
  regularization: 10,
  iterations: 10,
  halfLifeDays: 42,
  seed: 1,
} as const satisfies TrainOptions;
