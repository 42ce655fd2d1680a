/** The kernel against the textbook's ALS, which `cholesky_als.py` has in numpy. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Factors, fitAls } from '../../src/product-recommendations/als.js';
import type { Confidences } from '../../src/product-recommendations/confidences.js';
import { startThreads } from '../../src/product-recommendations/training-threads.js';
import { pythonEnvironment } from '../python/environment.js';
import { ROOT } from '../run-cli.js';
import { randomConfidences } from './random-confidences.js';
import { startOf } from './reference-als.js';

const python = join(await pythonEnvironment('numpy'), 'python');
const SCRIPT = join(ROOT, 'tests', 'product-recommendations', 'cholesky_als.py');

const matrixOf = ({ rank, rows }: Factors) =>
  Array.from({ length: rows.length / rank }, (_, i) => [...rows.subarray(i * rank, (i + 1) * rank)]);

function pairsOf({ starts, columns, values }: Confidences): number[][] {
  return Array.from({ length: starts.length - 1 }, (_, row) => row).flatMap((row) =>
    [...columns.subarray(starts[row], starts[row + 1])].map((column, i) => [
      row,
      column,
      values[(starts[row] as number) + i] as number,
    ]),
  );
}

test.each([
  { rank: 16, regularization: 3, iterations: 12 },
  { rank: 10, regularization: 5, iterations: 15 },
  { rank: 64, regularization: 10, iterations: 10 },
])('three steps of conjugate gradient lose no more than a whole solution: %j', async (options) => {
  const threads = startThreads(2);
  onTestFinished(() => threads.end());
  const data = randomConfidences(300, 180, options.rank);
  const losses: number[] = [];
  const found = await fitAls(data, { ...options, seed: 3, onIteration: (_, loss) => void losses.push(loss) }, threads);
  const task = {
    ...options,
    shape: [300, 180],
    pairs: pairsOf(data),
    start: startOf(180, options.rank, 4),
    judged: { customers: matrixOf(found.customers), products: matrixOf(found.products) },
  };
  const expected = JSON.parse(
    execFileSync(python, [SCRIPT], {
      input: JSON.stringify(task),
      encoding: 'utf8',
      // More threads only get into each other's way.
      env: { ...process.env, OPENBLAS_NUM_THREADS: '1' },
    }),
  );
  const last = expected.losses.at(-1) as number;
  expect(Math.abs(expected.judged / last - 1)).toBeLessThan(1e-3);
  // What is shown on the way is the true loss, too.
  expect(Math.abs((losses.at(-1) as number) / expected.losses.at(-2) - 1)).toBeLessThan(1e-3);
});
