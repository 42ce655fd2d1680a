/**
 * Kernel of implicit-feedback ALS (Hu, Koren, Volinsky 2008, https://doi.org/10.1109/ICDM.2008.22), solved by conjugate
 * gradient (Takács, Pilászy, Tikk 2011, https://doi.org/10.1145/2043932.2043987). AssemblyScript, built to WebAssembly with SIMD.
 *
 * Every function gets addresses in a memory that threads share. A row of factors has `rank` floats, a multiple of 4. Which thread
 * works on which rows changes no bit of the result: each row is solved by itself, and partial sums have a place of their own.
 */
import { addScaled, dot, sum } from './vectors';

/** Adds y yᵀ for the rows y from `begin` to `end` of `factors`, into `out`: rank × rank floats, which this clears first. */
export function gram(factors: usize, begin: u32, end: u32, rank: u32, out: usize): void {
  const bytes = rank << 2;
  memory.fill(out, 0, bytes * rank);
  let row = factors + begin * bytes;
  const last = factors + end * bytes;
  // Four rows at a time: the sum is then loaded and stored once for all of them.
  for (; row + 4 * bytes <= last; row += 4 * bytes) {
    for (let i: u32 = 0; i < bytes; i += 4) {
      const a = f32x4.splat(load<f32>(row + i));
      const b = f32x4.splat(load<f32>(row + bytes + i));
      const c = f32x4.splat(load<f32>(row + 2 * bytes + i));
      const d = f32x4.splat(load<f32>(row + 3 * bytes + i));
      const line = out + i * rank;
      // The upper triangle, from the diagonal on in whole vectors.
      for (let j: u32 = i & ~15; j < bytes; j += 16) {
        const ab = f32x4.add(
          f32x4.mul(a, v128.load(row + j)),
          f32x4.mul(b, v128.load(row + bytes + j)),
        );
        const cd = f32x4.add(
          f32x4.mul(c, v128.load(row + 2 * bytes + j)),
          f32x4.mul(d, v128.load(row + 3 * bytes + j)),
        );
        v128.store(line + j, f32x4.add(v128.load(line + j), f32x4.add(ab, cd)));
      }
    }
  }
  for (; row < last; row += bytes) {
    for (let i: u32 = 0; i < bytes; i += 4) {
      const a = f32x4.splat(load<f32>(row + i));
      const line = out + i * rank;
      for (let j: u32 = i & ~15; j < bytes; j += 16) {
        v128.store(line + j, f32x4.add(v128.load(line + j), f32x4.mul(a, v128.load(row + j))));
      }
    }
  }
  for (let a: u32 = 1; a < rank; a++) {
    for (let b: u32 = 0; b < (a & ~3); b++) {
      store<f32>(out + ((a * rank + b) << 2), load<f32>(out + ((b * rank + a) << 2)));
    }
  }
}

/** out = square × vector; the square matrix is symmetric, so its rows are its columns. */
function multiply(square: usize, vector: usize, out: usize, bytes: u32): void {
  memory.fill(out, 0, bytes);
  for (let k: u32 = 0; k < bytes; k += 16) {
    const a = f32x4.splat(load<f32>(vector + k));
    const b = f32x4.splat(load<f32>(vector + k, 4));
    const c = f32x4.splat(load<f32>(vector + k, 8));
    const d = f32x4.splat(load<f32>(vector + k, 12));
    const line = square + k * (bytes >> 2);
    for (let j: u32 = 0; j < bytes; j += 16) {
      const ab = f32x4.add(
        f32x4.mul(a, v128.load(line + j)),
        f32x4.mul(b, v128.load(line + bytes + j)),
      );
      const cd = f32x4.add(
        f32x4.mul(c, v128.load(line + 2 * bytes + j)),
        f32x4.mul(d, v128.load(line + 3 * bytes + j)),
      );
      v128.store(out + j, f32x4.add(v128.load(out + j), f32x4.add(ab, cd)));
    }
  }
}

/** Of b·x, found on the way of the first pass. */
let target: f32 = 0;

/**
 * Adds to `out` what the observed columns of a row do to `vector`. In the first pass that is Σ (v − (v − 1) y·x) y, and b·x goes
 * to `target`; later Σ (v − 1) (y·p) y.
 */
function addObserved(
  vector: usize,
  out: usize,
  other: usize,
  columns: usize,
  values: usize,
  count: u32,
  bytes: u32,
  isFirst: bool,
): void {
  target = 0;
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4) {
    // Four rows at a time: the vector and the sum are then loaded once for all of them.
    const ya = other + load<u32>(columns + (i << 2)) * bytes;
    const yb = other + load<u32>(columns + (i << 2), 4) * bytes;
    const yc = other + load<u32>(columns + (i << 2), 8) * bytes;
    const yd = other + load<u32>(columns + (i << 2), 12) * bytes;
    let a = f32x4.splat(0), b = a, c = a, d = a;
    for (let k: u32 = 0; k < bytes; k += 16) {
      const x = v128.load(vector + k);
      a = f32x4.add(a, f32x4.mul(x, v128.load(ya + k)));
      b = f32x4.add(b, f32x4.mul(x, v128.load(yb + k)));
      c = f32x4.add(c, f32x4.mul(x, v128.load(yc + k)));
      d = f32x4.add(d, f32x4.mul(x, v128.load(yd + k)));
    }
    const wa = weight(load<f32>(values + (i << 2)), sum(a), isFirst);
    const wb = weight(load<f32>(values + (i << 2), 4), sum(b), isFirst);
    const wc = weight(load<f32>(values + (i << 2), 8), sum(c), isFirst);
    const wd = weight(load<f32>(values + (i << 2), 12), sum(d), isFirst);
    for (let k: u32 = 0; k < bytes; k += 16) {
      const ab = f32x4.add(f32x4.mul(wa, v128.load(ya + k)), f32x4.mul(wb, v128.load(yb + k)));
      const cd = f32x4.add(f32x4.mul(wc, v128.load(yc + k)), f32x4.mul(wd, v128.load(yd + k)));
      v128.store(out + k, f32x4.add(v128.load(out + k), f32x4.add(ab, cd)));
    }
  }
  for (; i < count; i++) {
    const y = other + load<u32>(columns + (i << 2)) * bytes;
    const w = weight(load<f32>(values + (i << 2)), dot(vector, y, bytes), isFirst);
    addScaled(out, f32x4.extract_lane(w, 0), y, bytes);
  }
}

// @ts-expect-error: a decorator on a function is AssemblyScript's.
@inline
function weight(value: f32, product: f32, isFirst: bool): v128 {
  if (!isFirst) return f32x4.splat((value - 1) * product);
  target += value * product;
  return f32x4.splat(value - (value - 1) * product);
}

/**
 * Improves the rows of `own` from `begin` to `end` by `steps` steps of conjugate gradient, given the rows of `other`. `starts`
 * says where the columns and values of each row begin; a value is the confidence of an observed pair, every other pair has 1.
 * `square` is the sum of y yᵀ over all rows of `other`, with the regularization on its diagonal. `scratch` has room for 3 rows.
 * Gives the loss of these rows before: Σ c (p − x·y)² + λ|x|², where the pairs that were not observed count through `square`.
 */
export function solve(
  own: usize,
  other: usize,
  square: usize,
  starts: usize,
  columns: usize,
  values: usize,
  begin: u32,
  end: u32,
  rank: u32,
  steps: u32,
  scratch: usize,
): f64 {
  const bytes = rank << 2;
  const residual = scratch;
  const direction = scratch + bytes;
  const product = scratch + 2 * bytes;
  let loss: f64 = 0;
  for (let row = begin; row < end; row++) {
    const first = load<u32>(starts + (row << 2));
    const count = load<u32>(starts + (row << 2), 4) - first;
    const x = own + row * bytes;
    if (count == 0) {
      memory.fill(x, 0, bytes);
      continue;
    }
    const ownColumns = columns + (first << 2);
    const ownValues = values + (first << 2);

    multiply(square, x, residual, bytes);
    for (let k: u32 = 0; k < bytes; k += 16) v128.store(residual + k, f32x4.neg(v128.load(residual + k)));
    addObserved(x, residual, other, ownColumns, ownValues, count, bytes, true);
    let confidence: f32 = 0;
    for (let i: u32 = 0; i < count; i++) confidence += load<f32>(ownValues + (i << 2));
    // The residual is b − A x, so that x·A x − 2 b·x = −x·(b + residual).
    loss += (confidence - target - dot(x, residual, bytes)) as f64;

    memory.copy(direction, residual, bytes);
    let before = dot(residual, residual, bytes);
    for (let step: u32 = 0; step < steps && before > 1e-20; step++) {
      multiply(square, direction, product, bytes);
      addObserved(direction, product, other, ownColumns, ownValues, count, bytes, false);
      const along = before / dot(direction, product, bytes);
      addScaled(x, along, direction, bytes);
      addScaled(residual, -along, product, bytes);
      const after = dot(residual, residual, bytes);
      const scale = f32x4.splat(after / before);
      for (let k: u32 = 0; k < bytes; k += 16) {
        const next = f32x4.add(v128.load(residual + k), f32x4.mul(scale, v128.load(direction + k)));
        v128.store(direction + k, next);
      }
      before = after;
    }
  }
  return loss;
}

/** Scores of all `count` rows of `factors` for one row: `out` gets count floats. */
export function score(row: usize, factors: usize, count: u32, rank: u32, out: usize): void {
  const bytes = rank << 2;
  for (let i: u32 = 0; i < count; i++) {
    store<f32>(out + (i << 2), dot(row, factors + i * bytes, bytes));
  }
}
