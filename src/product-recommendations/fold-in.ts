/** Scores of all products for one customer by ALS, from what the customer bought: the factors of products are enough. */
import { addConfidences, type Recency } from './confidences.js';
import type { Arena, Kernel } from './kernel.js';
import { SCRATCH_ROWS } from './kernel-jobs.js';
import type { CustomerPurchases } from './purchases.js';
import { topIndexes } from './top.js';

/** What is kept of a fit. */
export interface ProductFactors {
  readonly rank: number;
  readonly recency: Recency;
  /** A row for each product. */
  readonly rows: Float32Array;
  /** Sum of y yᵀ over all products, with the regularization on the diagonal: rank × rank. */
  readonly square: Float32Array;
}

/** A customer, until the next one is folded in. */
export interface FoldedIn {
  readonly scores: Float32Array;
  /**
   * The `count` own products that contribute most to the score of a product, most first; none if none does. A score is a sum over
   * the customer's products j: v(j) y(i)ᵀ A⁻¹ y(j), where A is the matrix of the customer's normal equations (Hu, Koren, Volinsky
   * 2008, section 5).
   */
  contributors(product: number, count: number): readonly number[];
}

/** The conjugate gradient is as good as solved after these. */
const STEPS = 12;

export type FoldIn = (basket: CustomerPurchases, today: number) => FoldedIn;

export function openFoldIn({ rank, rows, square, recency }: ProductFactors, arena: Arena, kernel: Kernel): FoldIn {
  const products = rows.length / rank;
  const [rowsAt, squareAt] = [arena.hold(rows), arena.hold(square)];
  const [customer, lower] = [arena.floats(rank), arena.floats(rank * rank)];
  const scratch = arena.floats(rank * Math.max(rank, SCRATCH_ROWS));
  const starts = arena.integers(2);
  const columns = arena.integers(products);
  const values = arena.floats(products);
  const scores = arena.floats(products);
  const contributions = arena.floats(products);
  const confidences = new Float64Array(products);

  return (basket, today) => {
    const own = addConfidences(basket, today, recency, confidences);
    columns.set(own);
    for (let i = 0; i < own.length; i++) {
      values[i] = confidences[own[i] as number] as number;
      confidences[own[i] as number] = 0;
    }
    starts[1] = own.length;
    customer.fill(0);
    const [row, pairs] = [customer.byteOffset, [columns.byteOffset, values.byteOffset] as const];
    kernel.solve(row, rowsAt, squareAt, starts.byteOffset, ...pairs, 0, 1, rank, STEPS, scratch.byteOffset);
    kernel.score(row, rowsAt, products, rank, scores.byteOffset);
    // Takes longer than the scores, and not everybody asks.
    let isDecomposed = false;
    return {
      scores,
      contributors(product, count) {
        const bought = [rowsAt, ...pairs, own.length, rank, scratch.byteOffset] as const;
        if (!isDecomposed) kernel.normal(squareAt, ...bought, lower.byteOffset);
        isDecomposed = true;
        kernel.contributions(lower.byteOffset, rowsAt + 4 * rank * product, ...bought, contributions.byteOffset);
        return topIndexes(contributions.subarray(0, own.length), count).map((i) => own[i] as number);
      },
    };
  };
}
