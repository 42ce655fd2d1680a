/** Figures of the lake by month, however they were found. */
import type { LakeMonth } from './lake.js';

/** The earliest first. */
export function inOrder(months: Iterable<LakeMonth>): LakeMonth[] {
  return [...months].sort((a, b) => (a.month < b.month ? -1 : 1));
}

export function totalOf(figures: readonly number[]): number {
  return figures.reduce((total, each) => total + each, 0);
}
