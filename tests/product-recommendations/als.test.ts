/** The kernel against the same algorithm in plain TypeScript. `als.engine.test.ts` has it against another algorithm. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Factors, type Fit, fitAls } from '../../src/product-recommendations/als.js';
import { startThreads } from '../../src/product-recommendations/training-threads.js';
import { randomConfidences } from './random-confidences.js';
import { type Matrix, referenceAls } from './reference-als.js';

const OPTIONS = { rank: 12, regularization: 2, iterations: 6, seed: 7 };

async function fit(options: Partial<typeof OPTIONS> = {}, threads = 1, data = randomConfidences(150, 90, 1)) {
  const started = startThreads(threads);
  onTestFinished(() => started.end());
  expect(started.count).toBe(threads);
  const losses: number[] = [];
  const found = await fitAls(
    data,
    { ...OPTIONS, ...options, onIteration: (_, loss) => void losses.push(loss) },
    started,
  );
  return { ...found, losses };
}

/** Rows of the wished length; what is beyond has to be 0. */
function rowsOf({ rank, rows }: Factors, wished: number): Matrix {
  return Array.from({ length: rows.length / rank }, (_, i) => {
    const row = [...rows.subarray(i * rank, (i + 1) * rank)];
    expect(row.slice(wished)).toEqual(new Array(rank - wished).fill(0));
    return row.slice(0, wished);
  });
}

const scoresOf = (customers: Matrix, products: Matrix) =>
  customers.flatMap((x) => products.map((y) => x.reduce((sum, value, k) => sum + value * (y[k] as number), 0)));

const bytesOf = ({ customers, products }: Fit) =>
  [customers, products].map(({ rows }) =>
    Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength).toString('base64'),
  );

describe('the kernel of ALS', () => {
  test.each([4, 12, 10, 1, 7])('has the scores and losses of the plain reference, with rank %i', async (rank) => {
    const data = randomConfidences(150, 90, rank);
    const found = await fit({ rank }, 1, data);
    const expected = referenceAls(data, { ...OPTIONS, rank });
    const scores = scoresOf(rowsOf(found.customers, rank), rowsOf(found.products, rank));
    const others = scoresOf(expected.customers, expected.products);
    expect(Math.max(...scores)).toBeGreaterThan(0.3);
    expect(Math.max(...scores.map((score, i) => Math.abs(score - (others[i] as number))))).toBeLessThan(1e-4);
    expect(found.losses).toHaveLength(OPTIONS.iterations - 1);
    for (const [i, loss] of found.losses.entries()) expect(loss / (expected.losses[i] as number)).toBeCloseTo(1, 5);
  });

  test('gives a row without purchases no taste, and others one', async () => {
    const { customers, products } = await fit();
    const isNothing = (row: readonly number[]) => row.every((value) => value === 0);
    for (const [i, row] of rowsOf(customers, 12).entries()) expect(isNothing(row)).toBe(i % 13 === 5);
    for (const [i, row] of rowsOf(products, 12).entries()) expect(isNothing(row)).toBe(i % 11 === 3);
  });

  test('gives the same bytes on 1, 2 and 4 threads, and others with another seed', async () => {
    // More rows than a piece has, of both sides, and a piece that is not full.
    const data = randomConfidences(700, 450, 3);
    const [one, ...others] = await Promise.all([1, 2, 4, 4].map((threads) => fit({}, threads, data)));
    for (const other of others) {
      expect(bytesOf(other)).toEqual(bytesOf(one as Fit));
      expect(other.losses).toEqual(one?.losses);
    }
    expect(bytesOf(await fit({ seed: 8 }, 1, data))).not.toEqual(bytesOf(one as Fit));
  });

  test('makes the loss smaller with every iteration', async () => {
    const { losses } = await fit({ iterations: 12 });
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    expect(new Set(losses).size).toBe(11);
  });

  test('ends if the signal says so', async () => {
    const threads = startThreads(2);
    onTestFinished(() => threads.end());
    const controller = new AbortController();
    const heard: number[] = [];
    const onIteration = (iteration: number) => {
      heard.push(iteration);
      if (iteration === 2) controller.abort();
    };
    const options = { ...OPTIONS, iterations: 1_000_000, onIteration, signal: controller.signal };
    await expect(fitAls(randomConfidences(150, 90, 1), options, threads)).rejects.toThrow('aborted');
    expect(heard).toEqual([1, 2]);
  });

  test('does not wait for a thread that has ended', async () => {
    const threads = startThreads(2);
    const onIteration = (iteration: number) => void (iteration === 2 && threads.end());
    const options = { ...OPTIONS, iterations: 1_000_000, onIteration };
    await expect(fitAls(randomConfidences(150, 90, 1), options, threads)).rejects.toThrow('a thread ended');
  });
});
