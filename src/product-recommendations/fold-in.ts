/** Scores of all products for one customer by ALS, from what the customer bought: the factors of products are enough. */
import { addConfidences, type Recency } from './confidences.js';
import type { Arena, Kernel } from './kernel.js';
import { SCRATCH_ROWS } from './kernel-jobs.js';
import type { CustomerPurchases } from './purchases.js';

/** What is kept of a fit. */
export interface ProductFactors {
  readonly rank: number;
  readonly recency: Recency;
  /** A row for each product. */
  readonly rows: Float32Array;
  /** Sum of y yᵀ over all products, with the regularization on the diagonal: rank × rank. */
  readonly square: Float32Array;
}

/** The conjugate gradient is as good as solved after these. */
const STEPS = 12;

/** Gives a function whose result holds until it is called again. */
export function openFoldIn(factors: ProductFactors, arena: Arena, kernel: Kernel) {
  const { rank, recency } = factors;
  const products = factors.rows.length / rank;
  const rows = placed(arena, factors.rows);
  const square = placed(arena, factors.square);
  const customer = arena.floats(rank);
  const scratch = arena.floats(SCRATCH_ROWS * rank);
  const starts = arena.integers(2);
  const columns = arena.integers(products);
  const values = arena.floats(products);
  const scores = arena.floats(products);
  const confidences = new Float64Array(products);

  return (basket: CustomerPurchases, today: number): Float32Array => {
    const bought = addConfidences(basket, today, recency, confidences);
    columns.set(bought);
    for (let i = 0; i < bought.length; i++) {
      values[i] = confidences[bought[i] as number] as number;
      confidences[bought[i] as number] = 0;
    }
    starts[1] = bought.length;
    customer.fill(0);
    const [own, other, squareAt] = [customer.byteOffset, rows.byteOffset, square.byteOffset];
    const pairs = [starts.byteOffset, columns.byteOffset, values.byteOffset] as const;
    kernel.solve(own, other, squareAt, ...pairs, 0, 1, rank, STEPS, scratch.byteOffset);
    kernel.score(own, other, products, rank, scores.byteOffset);
    return scores;
  };
}

/** How many bytes `openFoldIn` places in an arena. */
export function foldInBytes({ rank, rows, square }: ProductFactors): number {
  const products = rows.length / rank;
  return 4 * (rows.length + square.length + rank * (SCRATCH_ROWS + 1) + 3 * products + 2) + 256;
}

function placed(arena: Arena, values: Float32Array): Float32Array {
  const place = arena.floats(values.length);
  place.set(values);
  return place;
}
