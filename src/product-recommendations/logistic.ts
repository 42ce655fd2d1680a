/** Logistic regression by Newton's method, with a penalty on the squares of the coefficients. */
import { decompose } from './cholesky.js';

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
const PENALTY = 2;

/** Fits on standardized features, so that the penalty is fair to all; gives the coefficients for features as they are. */
export function fitLogistic({ features, width, labels, importance }: Examples): Coefficients {
  const rows = labels.length;
  const { means, deviations } = standardization(features, width, rows);
  const size = width + 1;
  const beta = new Float64Array(size);
  const row = new Float64Array(size);
  row[width] = 1;
  for (let step = 0; step < STEPS; step++) {
    const gradient = new Float64Array(size);
    const hessian = new Float64Array(size * size);
    for (let i = 0; i < rows; i++) {
      let logit = beta[width] as number;
      for (let j = 0; j < width; j++) {
        const value = ((features[i * width + j] as number) - (means[j] as number)) / (deviations[j] as number);
        row[j] = value;
        logit += value * (beta[j] as number);
      }
      const p = probability(logit);
      const weight = importance[i] as number;
      const error = weight * ((labels[i] as number) - p);
      const curvature = weight * p * (1 - p);
      for (let j = 0; j < size; j++) {
        const value = row[j] as number;
        gradient[j] = (gradient[j] as number) + error * value;
        const scaled = curvature * value;
        for (let k = 0; k <= j; k++) {
          hessian[j * size + k] = (hessian[j * size + k] as number) + scaled * (row[k] as number);
        }
      }
    }
    for (let j = 0; j < width; j++) {
      gradient[j] = (gradient[j] as number) - PENALTY * (beta[j] as number);
      hessian[j * size + j] = (hessian[j * size + j] as number) + PENALTY;
    }
    const change = decompose(hessian, size)(gradient);
    for (let j = 0; j < size; j++) beta[j] = (beta[j] as number) + (change[j] as number);
    if (change.every((each) => Math.abs(each) < 1e-6)) break;
  }
  const weights = Array.from({ length: width }, (_, j) => (beta[j] as number) / (deviations[j] as number));
  const constant = weights.reduce((sum, weight, j) => sum - weight * (means[j] as number), beta[width] as number);
  return { constant, weights };
}

export function probability(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

function standardization(features: Float64Array, width: number, rows: number) {
  const means = new Float64Array(width);
  const deviations = new Float64Array(width);
  for (let i = 0; i < features.length; i++) means[i % width] = (means[i % width] as number) + (features[i] as number);
  for (let j = 0; j < width; j++) means[j] = (means[j] as number) / rows;
  for (let i = 0; i < features.length; i++) {
    const distance = (features[i] as number) - (means[i % width] as number);
    deviations[i % width] = (deviations[i % width] as number) + distance * distance;
  }
  // A feature that never varies gets no weight.
  for (let j = 0; j < width; j++) deviations[j] = Math.sqrt((deviations[j] as number) / rows) || 1;
  return { means, deviations };
}
