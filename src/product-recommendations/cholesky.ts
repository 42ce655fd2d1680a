/** Cholesky's decomposition of a symmetric, positive definite matrix, of which the lower half is read. Row by row. */

/** Gives what solves a x = b for any b. `a` is overwritten. */
export function decompose(a: Float64Array, size: number): (b: ArrayLike<number>) => Float64Array {
  for (let j = 0; j < size; j++) {
    const lineJ = j * size;
    for (let i = j; i < size; i++) {
      const lineI = i * size;
      let sum = a[lineI + j] as number;
      for (let k = 0; k < j; k++) sum -= (a[lineI + k] as number) * (a[lineJ + k] as number);
      // What is 0 but for rounding stays positive.
      a[lineI + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / (a[lineJ + j] as number);
    }
  }
  return (b) => {
    const x = Float64Array.from(b);
    for (let i = 0; i < size; i++) {
      const line = i * size;
      let sum = x[i] as number;
      for (let k = 0; k < i; k++) sum -= (a[line + k] as number) * (x[k] as number);
      x[i] = sum / (a[line + i] as number);
    }
    for (let i = size - 1; i >= 0; i--) {
      const value = (x[i] as number) / (a[i * size + i] as number);
      x[i] = value;
      for (let k = 0; k < i; k++) x[k] = (x[k] as number) - (a[i * size + k] as number) * value;
    }
    return x;
  };
}
