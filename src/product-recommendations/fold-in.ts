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
  const [rows, square] = [arena.hold(factors.rows), arena.hold(factors.square)];
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
    const own = customer.byteOffset;
    const pairs = [starts.byteOffset, columns.byteOffset, values.byteOffset] as const;
    kernel.solve(own, rows, square, ...pairs, 0, 1, rank, STEPS, scratch.byteOffset);
    kernel.score(own, rows, products, rank, scores.byteOffset);
    return scores;
  };
}
