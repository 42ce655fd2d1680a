/** New products that something speaks for. */
import type { Scores } from './scores.js';

/**
 * Of the products that the customer did not buy, the `count` for which most speaks, all that speaks weighed alike; more if some are
 * equal. To tell those apart is what a list needs: products that nobody would think of teach nothing, and are never shown.
 */
export function candidatesOf(scores: Scores, count: number): number[] {
  const { short, long, neighbours, words, trends } = scores;
  const rise = trends.rise;
  const mean = rise.reduce((sum, value) => sum + value, 0) / rise.length;
  const deviation = Math.sqrt(rise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rise.length) || 1;
  const together = new Float64Array(short.length);
  for (let i = 0; i < together.length; i++) {
    together[i] =
      (short[i] as number) +
      (long[i] as number) +
      (neighbours[i] as number) +
      0.5 * (words[i] as number) +
      (rise[i] as number) / deviation +
      0.5 * (trends.firsts[i] as number);
  }
  for (const product of scores.own) together[product] = Number.NEGATIVE_INFINITY;
  const least = nthLargest(together, Math.min(count, together.length - scores.own.length));
  const found: number[] = [];
  for (let i = 0; i < together.length; i++) {
    const score = together[i] as number;
    if (score >= least && score > Number.NEGATIVE_INFINITY) found.push(i);
  }
  return found;
}

/** The n-th largest of the values, from 1 on, by Hoare's selection; infinite for n = 0. */
function nthLargest(values: Float64Array, n: number): number {
  if (n < 1) return Number.POSITIVE_INFINITY;
  const sorted = values.slice();
  const place = n - 1;
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const pivot = sorted[(low + high) >> 1] as number;
    let [i, j] = [low, high];
    while (i <= j) {
      while ((sorted[i] as number) > pivot) i++;
      while ((sorted[j] as number) < pivot) j--;
      if (i > j) break;
      const value = sorted[i] as number;
      sorted[i++] = sorted[j] as number;
      sorted[j--] = value;
    }
    if (place <= j) high = j;
    else if (place >= i) low = i;
    else break;
  }
  return sorted[place] as number;
}
