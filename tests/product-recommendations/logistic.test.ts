/** Logistic regression, and the equations that it solves. */
import { describe, expect, test } from 'vitest';
import { decompose } from '../../src/product-recommendations/cholesky.js';
import { fitLogistic, probability } from '../../src/product-recommendations/logistic.js';
import { seeded } from '../fixtures/random.js';

describe("Cholesky's decomposition", () => {
  test('solves what is reckoned by hand', () => {
    // 4x + 2y = 2, 2x + 3y = 5: x = -1/2, y = 2. What stands above the diagonal is not read.
    const solve = decompose(Float64Array.of(4, Number.NaN, 2, 3), 2);
    expect([...solve([2, 5])]).toEqual([expect.closeTo(-0.5, 12), expect.closeTo(2, 12)]);
    expect([...solve(Float32Array.of(4, 2))]).toEqual([expect.closeTo(1, 12), expect.closeTo(0, 12)]);
  });

  test('solves any size, for any right side', () => {
    const random = seeded(1);
    for (const size of [1, 3, 10, 64]) {
      const b = Array.from({ length: size * size }, () => random() - 0.5);
      const at = (i: number, j: number) => b[i * size + j] as number;
      const matrix = Float64Array.from({ length: size * size }, (_, cell) => {
        const [i, j] = [Math.floor(cell / size), cell % size];
        let sum = i === j ? 1 : 0;
        for (let k = 0; k < size; k++) sum += at(i, k) * at(j, k);
        return sum;
      });
      const solve = decompose(matrix.slice(), size);
      const wanted = Array.from({ length: size }, () => random() * 10);
      const right = wanted.map((_, i) => wanted.reduce((sum, x, j) => sum + x * (matrix[i * size + j] as number), 0));
      for (const [i, x] of solve(right).entries()) expect(x).toBeCloseTo(wanted[i] as number, 8);
    }
  });
});

describe('a logistic regression', () => {
  /** Rows of two features of different scales, one that never varies, and labels drawn with known coefficients. */
  function drawn(rows: number) {
    const random = seeded(5);
    const features = Float64Array.from(
      { length: rows * 3 },
      (_, i) => [random(), 100 * random() - 20, 7][i % 3] as number,
    );
    const labels = Float64Array.from({ length: rows }, (_, i) => {
      const logit = -1 + 3 * (features[i * 3] as number) - 0.04 * (features[i * 3 + 1] as number);
      return random() < probability(logit) ? 1 : 0;
    });
    return { features, width: 3, labels, importance: new Float64Array(rows).fill(1) };
  }

  test('finds the coefficients that many labels were drawn with', async () => {
    const { constant, weights } = await fitLogistic(drawn(100_000));
    expect(weights[0]).toBeCloseTo(3, 1);
    expect(weights[1]).toBeCloseTo(-0.04, 2);
    expect(weights[2]).toBe(0);
    expect(constant).toBeCloseTo(-1, 1);
  });

  test('without a feature that varies, is the share of the labels, by their importance', async () => {
    const all = { features: Float64Array.of(5, 5, 5), width: 1, labels: Float64Array.of(1, 0, 1) };
    const fitted = await fitLogistic({ ...all, importance: Float64Array.of(1, 1, 2) });
    expect(fitted.weights).toEqual([0]);
    expect(fitted.constant).toBeCloseTo(Math.log(3), 6);
  });

  test('ends in its midst if the signal says so', async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    await expect(fitLogistic(drawn(1000), controller.signal)).rejects.toThrow('aborted');
  });

  test('is at the top of the penalized likelihood', async () => {
    const rows = 200;
    const examples = { ...drawn(rows), importance: Float64Array.from({ length: rows }, (_, i) => 1 / (1 + (i % 4))) };
    const { constant, weights } = await fitLogistic(examples);
    const [features, labels] = [examples.features, examples.labels];
    const column = (j: number) => [...labels.keys()].map((i) => features[i * 3 + j] as number);
    const errors = [...labels].map((label, i) => {
      const logit = weights.reduce((sum, weight, j) => sum + weight * (features[i * 3 + j] as number), constant);
      return (examples.importance[i] as number) * (label - probability(logit));
    });
    expect(errors.reduce((sum, error) => sum + error, 0)).toBeCloseTo(0, 6);
    for (const j of [0, 1]) {
      const values = column(j);
      const mean = values.reduce((sum, value) => sum + value, 0) / rows;
      const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows);
      const slope = errors.reduce((sum, error, i) => sum + error * (((values[i] as number) - mean) / deviation), 0);
      // The penalty is 2 on the square of the coefficient of the standardized feature, halved.
      expect(slope - 2 * (weights[j] as number) * deviation).toBeCloseTo(0, 5);
    }
  });
});
