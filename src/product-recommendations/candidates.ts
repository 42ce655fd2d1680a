/** New products that something speaks for. */
import type { Scores } from './scores.js';
import { topIndexes } from './top.js';

/**
 * The `count` products that the customer did not buy and for which most speaks, all that speaks weighed alike. To tell those apart
 * is what a list needs: products that nobody would think of teach nothing, and are never shown.
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
  return topIndexes(together, count);
}
