/** Cholesky's decomposition of a symmetric, positive definite matrix, of which the lower half is read. Row by row. */

/** Solves a x = b for any b. `a` is overwritten. */
export function decompose(a: Float64Array, size: number): (b: ArrayLike<number>) => Float64Array {
  for (let j = 0; j < size; j++) {
    for (let i = j; i < size; i++) {
      let sum = a[i * size + j] as number;
      for (let k = 0; k < j; k++) sum -= (a[i * size + k] as number) * (a[j * size + k] as number);
      // What is 0 but for rounding stays positive.
      a[i * size + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / (a[j * size + j] as number);
    }
  }
  return (b) => {
    const x = Float64Array.from(b);
    for (let i = 0; i < size; i++) {
      for (let k = 0; k < i; k++) x[i] = (x[i] as number) - (a[i * size + k] as number) * (x[k] as number);
      x[i] = (x[i] as number) / (a[i * size + i] as number);
    }
    for (let i = size - 1; i >= 0; i--) {
      for (let k = i + 1; k < size; k++) x[i] = (x[i] as number) - (a[k * size + i] as number) * (x[k] as number);
      x[i] = (x[i] as number) / (a[i * size + i] as number);
    }
    return x;
  };
}
