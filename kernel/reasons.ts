/** What the score of a product for a customer is made of. Rows of factors as in `als.ts`. */
import { addScaled, dot } from './vectors';

/**
 * The matrix of a customer's normal equations, `square` + Σ (v − 1) y yᵀ over the rows y of `other` with the given columns and
 * values: its lower half, rank × rank floats.
 */
export function normal(
  square: usize,
  other: usize,
  columns: usize,
  values: usize,
  count: u32,
  rank: u32,
  out: usize,
): void {
  const bytes = rank << 2;
  memory.copy(out, square, rank * bytes);
  for (let i: u32 = 0; i < count; i++) {
    const y = other + load<u32>(columns + (i << 2)) * bytes;
    const extra = load<f32>(values + (i << 2)) - 1;
    for (let k: u32 = 0; k < bytes; k += 4) addScaled(out + k * rank, extra * load<f32>(y + k), y, (k & ~15) + 16);
  }
}

/** Cholesky's decomposition of a symmetric, positive definite matrix: its lower half times that transposed is the matrix. */
export function decompose(matrix: usize, rank: u32, lower: usize): void {
  const bytes = rank << 2;
  memory.fill(lower, 0, rank * bytes);
  for (let j: u32 = 0; j < rank; j++) {
    const lineJ = lower + j * bytes;
    const before = ((j + 3) & ~3) << 2;
    for (let i = j; i < rank; i++) {
      const lineI = lower + i * bytes;
      // What is not reckoned yet is 0.
      const left = load<f32>(matrix + i * bytes + (j << 2)) - dot(lineI, lineJ, before);
      const value = i == j ? Mathf.sqrt(Mathf.max(left, 1e-12)) : left / load<f32>(lineJ + (j << 2));
      store<f32>(lineI + (j << 2), value);
    }
  }
}

/**
 * What each observed product contributes to the score of the product with the factors `row`: v(j) y(j)ᵀ A⁻¹ row, where `lower` is
 * the decomposition of A; -∞ where that is not above 0. `scratch` has room for a row, and `out` gets count floats.
 */
export function contributions(
  lower: usize,
  row: usize,
  other: usize,
  columns: usize,
  values: usize,
  count: u32,
  rank: u32,
  scratch: usize,
  out: usize,
): void {
  const bytes = rank << 2;
  memory.fill(scratch, 0, bytes);
  for (let i: u32 = 0; i < bytes; i += 4) {
    const line = lower + i * rank;
    store<f32>(scratch + i, (load<f32>(row + i) - dot(line, scratch, (i & ~15) + 16)) / load<f32>(line + i));
  }
  for (let i = bytes; i > 0; ) {
    i -= 4;
    const line = lower + i * rank;
    const value = load<f32>(scratch + i) / load<f32>(line + i);
    addScaled(scratch, -value, line, (i & ~15) + 16);
    store<f32>(scratch + i, value);
  }
  for (let i: u32 = 0; i < count; i++) {
    const y = other + load<u32>(columns + (i << 2)) * bytes;
    const share = load<f32>(values + (i << 2)) * dot(y, scratch, bytes);
    store<f32>(out + (i << 2), share > 0 ? share : -(Infinity as f32));
  }
}
