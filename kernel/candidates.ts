/** New products that something speaks for. */

/** What speaks for a product, and its weight: `arrays` holds the addresses of `signals` arrays, `weights` as many numbers. */
// @ts-expect-error: a decorator on a function is AssemblyScript's.
@inline
function addTogether(arrays: usize, weights: usize, signals: u32, count: u32, together: usize): void {
  memory.fill(together, 0, count << 3);
  for (let s: u32 = 0; s < signals; s++) {
    const values = load<u32>(arrays + (s << 2)) as usize;
    const weight = load<f64>(weights + (s << 3));
    for (let i: u32 = 0; i < count; i++) {
      const at = together + (i << 3);
      store<f64>(at, load<f64>(at) + weight * load<f64>(values + (i << 3)));
    }
  }
}

/** The n-th largest of the values, from 1 on, by Hoare's selection, which sorts them a little. */
function nthLargest(values: usize, count: u32, n: u32): f64 {
  const place = (n - 1) as i32;
  let low = 0;
  let high = (count - 1) as i32;
  while (low < high) {
    const pivot = load<f64>(values + (((low + high) >> 1) << 3));
    let i = low;
    let j = high;
    while (i <= j) {
      while (load<f64>(values + (i << 3)) > pivot) i++;
      while (load<f64>(values + (j << 3)) < pivot) j--;
      if (i > j) break;
      const value = load<f64>(values + (i << 3));
      store<f64>(values + (i << 3), load<f64>(values + (j << 3)));
      store<f64>(values + (j << 3), value);
      i++;
      j--;
    }
    if (place <= j) high = j;
    else if (place >= i) low = i;
    else break;
  }
  return load<f64>(values + (place << 3));
}

/**
 * Writes to `out`, ascending, the `wished` of `count` products for which most speaks, and more where some are equal; none of the
 * `owned` products in `own`. `together` has room for twice as many numbers as there are products. Gives how many were written.
 */
export function candidates(
  arrays: usize,
  weights: usize,
  signals: u32,
  count: u32,
  own: usize,
  owned: u32,
  wished: u32,
  together: usize,
  out: usize,
): u32 {
  const most = count - owned < wished ? count - owned : wished;
  if (most == 0) return 0;
  addTogether(arrays, weights, signals, count, together);
  for (let i: u32 = 0; i < owned; i++) store<f64>(together + (load<u32>(own + (i << 2)) << 3), -Infinity);
  const sorted = together + (count << 3);
  memory.copy(sorted, together, count << 3);
  const least = nthLargest(sorted, count, most);
  let found: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const value = load<f64>(together + (i << 3));
    if (value < least || value == -Infinity) continue;
    store<u32>(out + (found << 2), i);
    found++;
  }
  return found;
}
