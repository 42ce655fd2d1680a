/** What `doctor` says of a model, on every target. */
import { duration, whole } from '../terminal/numbers.js';
import type { ModelRun } from './recommender.js';

type Described = Pick<ModelRun, 'run' | 'customers' | 'products' | 'trainedAt'>;

/** `model 3f2a9c0b1d4e of 4,339 customers and 3,665 products, trained 2 days ago` */
export function modelFinding({ run, customers, products, trainedAt }: Described, nowMs: number): string {
  const age = Math.max(0, nowMs - Date.parse(trainedAt)) / 1000;
  return `model ${run} of ${whole(customers)} customers and ${whole(products)} products, trained ${duration(age)} ago`;
}
