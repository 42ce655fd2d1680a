/** Rows of floats, a multiple of 4 long, by SIMD. */

// @ts-expect-error: a decorator on a function is AssemblyScript's.
@inline
export function sum(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

// @ts-expect-error: a decorator on a function is AssemblyScript's.
@inline
export function dot(a: usize, b: usize, bytes: u32): f32 {
  let total = f32x4.splat(0);
  for (let k: u32 = 0; k < bytes; k += 16) {
    total = f32x4.add(total, f32x4.mul(v128.load(a + k), v128.load(b + k)));
  }
  return sum(total);
}

/** to = to + scale × from. */
// @ts-expect-error: a decorator on a function is AssemblyScript's.
@inline
export function addScaled(to: usize, scale: f32, from: usize, bytes: u32): void {
  const by = f32x4.splat(scale);
  for (let k: u32 = 0; k < bytes; k += 16) {
    v128.store(to + k, f32x4.add(v128.load(to + k), f32x4.mul(by, v128.load(from + k))));
  }
}
