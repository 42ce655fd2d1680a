/** Logistic regression by Newton's method, with a penalty on the squares of the coefficients. */
import { decompose } from './cholesky.js';
import { takeTurn } from './turn.js';

export interface Coefficients {
  readonly constant: number;
  /** One for each feature. */
  readonly weights: readonly number[];
}

export interface Examples {
  /** Row by row. */
  readonly features: Float64Array;
  /** Features of a row. */
  readonly width: number;
  /** 1 or 0. */
  readonly labels: Float64Array;
  readonly importance: Float64Array;
}

const STEPS = 8;
/** A smaller step changes no ranking. */
const CHANGE_MIN = 1e-4;
const PENALTY = 2;

/** Fits on standardized features, so that the penalty is fair to all; gives the coefficients for features as they are. */
export async function fitLogistic(
  { features, width, labels, importance }: Examples,
  signal?: AbortSignal,
): Promise<Coefficients> {
  const { means, deviations, rows } = standardized(features, width, labels.length);
  const size = width + 1;
  const beta = new Float64Array(size);
  for (let step = 0; step < STEPS; step++) {
    await takeTurn(signal);
    const { gradient, hessian } = derivatives(rows, size, beta, labels, importance);
    for (let j = 0; j < width; j++) {
      gradient[j] = (gradient[j] as number) - PENALTY * (beta[j] as number);
      hessian[j * size + j] = (hessian[j * size + j] as number) + PENALTY;
    }
    const change = decompose(hessian, size)(gradient);
    for (let j = 0; j < size; j++) beta[j] = (beta[j] as number) + (change[j] as number);
    if (change.every((each) => Math.abs(each) < CHANGE_MIN)) break;
  }
  const weights = Array.from({ length: width }, (_, j) => (beta[j] as number) / (deviations[j] as number));
  const constant = weights.reduce((sum, weight, j) => sum - weight * (means[j] as number), beta[width] as number);
  return { constant, weights };
}

/** Of the logarithm of the likelihood, at `beta`; of the second, the lower half. */
function derivatives(
  rows: Float64Array,
  size: number,
  beta: Float64Array,
  labels: Float64Array,
  importance: Float64Array,
) {
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  for (let i = 0, at = 0; i < labels.length; i++, at += size) {
    let logit = 0;
    for (let j = 0; j < size; j++) logit += (rows[at + j] as number) * (beta[j] as number);
    const p = probability(logit);
    const error = (importance[i] as number) * ((labels[i] as number) - p);
    const curvature = (importance[i] as number) * p * (1 - p);
    for (let j = 0; j < size; j++) {
      const value = rows[at + j] as number;
      gradient[j] = (gradient[j] as number) + error * value;
      const scaled = curvature * value;
      const line = j * size;
      for (let k = 0; k <= j; k++)
        hessian[line + k] = (hessian[line + k] as number) + scaled * (rows[at + k] as number);
    }
  }
  return { gradient, hessian };
}

/** Relative to a mean. */
const ROUNDING = 1e-9;

export function probability(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Rows with a mean of 0 and a deviation of 1 in each feature, and a 1 behind them for the constant. */
function standardized(features: Float64Array, width: number, count: number) {
  const means = new Float64Array(width);
  const deviations = new Float64Array(width);
  for (let at = 0; at < features.length; at += width) {
    for (let j = 0; j < width; j++) means[j] = (means[j] as number) + (features[at + j] as number);
  }
  for (let j = 0; j < width; j++) means[j] = (means[j] as number) / count;
  for (let at = 0; at < features.length; at += width) {
    for (let j = 0; j < width; j++) {
      const distance = (features[at + j] as number) - (means[j] as number);
      deviations[j] = (deviations[j] as number) + (distance * distance) / count;
    }
  }
  for (let j = 0; j < width; j++) {
    const deviation = Math.sqrt(deviations[j] as number);
    // A feature that never varies gets no weight: what is left of it is rounding.
    deviations[j] = deviation > ROUNDING * Math.abs(means[j] as number) ? deviation : 1;
  }
  const rows = new Float64Array(count * (width + 1));
  for (let i = 0; i < count; i++) {
    const to = i * (width + 1);
    for (let j = 0; j < width; j++) {
      rows[to + j] = ((features[i * width + j] as number) - (means[j] as number)) / (deviations[j] as number);
    }
    rows[to + width] = 1;
  }
  return { means, deviations, rows };
}
