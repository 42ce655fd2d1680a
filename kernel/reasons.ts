/** What the score of a product for a customer is made of. Rows of factors as in `als.ts`. */
import { addScaled, dot } from './vectors';

/** Adds Σ (v − 1) y yᵀ to the lower half of a matrix, over the rows y of `other` with the given columns and values. */
function addOuter(other: usize, columns: usize, values: usize, count: u32, rank: u32, matrix: usize): void {
  const bytes = rank << 2;
  let i: u32 = 0;
  // Four rows at a time: the sum is then loaded and stored once for all of them.
  for (; i + 4 <= count; i += 4) {
    const at = i << 2;
    const a = other + load<u32>(columns + at) * bytes;
    const b = other + load<u32>(columns + at, 4) * bytes;
    const c = other + load<u32>(columns + at, 8) * bytes;
    const d = other + load<u32>(columns + at, 12) * bytes;
    const va = load<f32>(values + at) - 1;
    const vb = load<f32>(values + at, 4) - 1;
    const vc = load<f32>(values + at, 8) - 1;
    const vd = load<f32>(values + at, 12) - 1;
    for (let k: u32 = 0; k < bytes; k += 4) {
      const xa = f32x4.splat(va * load<f32>(a + k));
      const xb = f32x4.splat(vb * load<f32>(b + k));
      const xc = f32x4.splat(vc * load<f32>(c + k));
      const xd = f32x4.splat(vd * load<f32>(d + k));
      const line = matrix + k * rank;
      for (let j: u32 = 0; j <= k; j += 16) {
        const ab = f32x4.add(f32x4.mul(xa, v128.load(a + j)), f32x4.mul(xb, v128.load(b + j)));
        const cd = f32x4.add(f32x4.mul(xc, v128.load(c + j)), f32x4.mul(xd, v128.load(d + j)));
        v128.store(line + j, f32x4.add(v128.load(line + j), f32x4.add(ab, cd)));
      }
    }
  }
  for (; i < count; i++) {
    const y = other + load<u32>(columns + (i << 2)) * bytes;
    const extra = load<f32>(values + (i << 2)) - 1;
    for (let k: u32 = 0; k < bytes; k += 4) addScaled(matrix + k * rank, extra * load<f32>(y + k), y, (k & ~15) + 16);
  }
}

/** Cholesky's decomposition of a symmetric, positive definite matrix: its lower half times that transposed is the matrix. */
function decompose(matrix: usize, rank: u32, lower: usize): void {
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

/** Solves A x = right, by the decomposition of A. */
function substitute(lower: usize, rank: u32, right: usize, x: usize): void {
  const bytes = rank << 2;
  memory.fill(x, 0, bytes);
  for (let i: u32 = 0; i < bytes; i += 4) {
    const line = lower + i * rank;
    store<f32>(x + i, (load<f32>(right + i) - dot(line, x, (i & ~15) + 16)) / load<f32>(line + i));
  }
  for (let i = bytes; i > 0; ) {
    i -= 4;
    const line = lower + i * rank;
    const value = load<f32>(x + i) / load<f32>(line + i);
    addScaled(x, -value, line, (i & ~15) + 16);
    store<f32>(x + i, value);
  }
}

/**
 * Writes to `lower` the decomposition of the matrix A of a customer's normal equations, `square` + Σ (v − 1) y yᵀ over the rows y of
 * `other` with the given columns and values. `scratch` has room for rank rows.
 */
export function normal(
  square: usize,
  other: usize,
  columns: usize,
  values: usize,
  count: u32,
  rank: u32,
  scratch: usize,
  lower: usize,
): void {
  memory.copy(scratch, square, (rank * rank) << 2);
  addOuter(other, columns, values, count, rank, scratch);
  decompose(scratch, rank, lower);
}

/**
 * What each observed product contributes to the score of the product with the factors `row`: v(j) y(j)ᵀ A⁻¹ row; -∞ where that is
 * not above 0. `scratch` has room for a row, and `out` gets count floats.
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
  substitute(lower, rank, row, scratch);
  for (let i: u32 = 0; i < count; i++) {
    const y = other + load<u32>(columns + (i << 2)) * bytes;
    const share = load<f32>(values + (i << 2)) * dot(y, scratch, bytes);
    store<f32>(out + (i << 2), share > 0 ? share : -(Infinity as f32));
  }
}
