/** Implicit-feedback ALS by conjugate gradient in plain TypeScript and in Float64: slow, and easy to read. */
import type { Confidences } from '../../src/product-recommendations/confidences.js';
import { hash } from '../../src/random.js';

export type Matrix = number[][];

export interface Reference {
  readonly customers: Matrix;
  readonly products: Matrix;
  /** After each iteration. */
  readonly losses: readonly number[];
}

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, k) => sum + value * (b[k] as number), 0);
const add = (a: readonly number[], scale: number, b: readonly number[]) =>
  a.map((value, k) => value + scale * (b[k] as number));

/** The random factors at the beginning, as `fitAls` has them. */
export function startOf(rows: number, rank: number, seed: number): Matrix {
  const stride = Math.ceil(rank / 4) * 4;
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: rank }, (_, k) => Math.fround((hash(seed, row * stride + k) / 2 ** 32) * 0.01)),
  );
}

/** Confidences as a matrix; 1 where nothing was bought. */
export function dense({ width, starts, columns, values }: Confidences): Matrix {
  return Array.from({ length: starts.length - 1 }, (_, row) => {
    const cells = new Array<number>(width).fill(Number.NaN);
    for (let i = starts[row] as number; i < (starts[row + 1] as number); i++)
      cells[columns[i] as number] = values[i] as number;
    return cells;
  });
}

const turned = (matrix: Matrix): Matrix => (matrix[0] ?? []).map((_, k) => matrix.map((row) => row[k] as number));

/** Three steps for the system A x = b of one row: A = Σ c y yᵀ + λ I over all rows y of `other`, b = Σ c y over the bought ones. */
function solveRow(start: readonly number[], other: Matrix, confidences: readonly number[], regularization: number) {
  if (confidences.every(Number.isNaN)) return start.map(() => 0);
  const apply = (v: readonly number[]) =>
    other.reduce(
      (sum, y, i) => add(sum, (Number.isNaN(confidences[i]) ? 1 : (confidences[i] as number)) * dot(y, v), y),
      v.map((value) => regularization * value),
    );
  const none = start.map(() => 0);
  const b = other.reduce(
    (sum, y, i) => (Number.isNaN(confidences[i]) ? sum : add(sum, confidences[i] as number, y)),
    none,
  );
  let x = [...start];
  let residual = add(b, -1, apply(x));
  let direction = residual;
  for (let step = 0; step < 3 && dot(residual, residual) > 1e-20; step++) {
    const product = apply(direction);
    const along = dot(residual, residual) / dot(direction, product);
    x = add(x, along, direction);
    const next = add(residual, -along, product);
    direction = add(next, dot(next, next) / dot(residual, residual), direction);
    residual = next;
  }
  return x;
}

/** Σ c (p − x·y)² over all pairs, and the squares of all factors. */
export function lossOf(customers: Matrix, products: Matrix, confidences: Matrix, regularization: number): number {
  const squares = [...customers, ...products].reduce((sum, row) => sum + dot(row, row), 0);
  return customers.reduce(
    (loss, x, u) =>
      products.reduce((sum, y, i) => {
        const confidence = confidences[u]?.[i] as number;
        const [c, p] = Number.isNaN(confidence) ? [1, 0] : [confidence, 1];
        return sum + c * (p - dot(x, y)) ** 2;
      }, loss),
    regularization * squares,
  );
}

export function referenceAls(
  confidences: Confidences,
  {
    rank,
    regularization,
    iterations,
    seed,
  }: Readonly<Record<'rank' | 'regularization' | 'iterations' | 'seed', number>>,
): Reference {
  const byCustomer = dense(confidences);
  const byProduct = turned(byCustomer);
  let customers = startOf(byCustomer.length, rank, seed);
  let products = startOf(confidences.width, rank, seed + 1);
  const losses: number[] = [];
  for (let iteration = 0; iteration < iterations; iteration++) {
    const [xs, ys] = [customers, products];
    customers = xs.map((x, u) => solveRow(x, ys, byCustomer[u] as number[], regularization));
    const found = customers;
    products = ys.map((y, i) => solveRow(y, found, byProduct[i] as number[], regularization));
    losses.push(lossOf(customers, products, byCustomer, regularization));
  }
  return { customers, products, losses };
}
