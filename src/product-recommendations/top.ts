/** The best of many by their scores. */

/**
 * Indexes of the `count` highest scores among those for which `isTaken` does not hold, best first; of equal scores, the lower
 * index first. Scores of -Infinity are left out.
 */
export function topIndexes(
  scores: Float64Array | Float32Array,
  count: number,
  isTaken?: (index: number) => boolean,
): number[] {
  // A heap whose root is the worst of the best.
  const heap: number[] = [];
  if (count < 1) return heap;
  let least = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) {
    // Of equal scores the earlier index is the better, so a later one never takes its place.
    if ((scores[i] as number) <= least || isTaken?.(i)) continue;
    if (heap.length < count) rise(heap, i, scores);
    else sink(heap, i, scores);
    if (heap.length === count) least = scores[heap[0] as number] as number;
  }
  return heap.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
}

type Scores = Float64Array | Float32Array;

function isWorse(a: number, b: number, scores: Scores): boolean {
  const [x, y] = [scores[a] as number, scores[b] as number];
  return x < y || (x === y && a > b);
}

function rise(heap: number[], index: number, scores: Scores): void {
  let at = heap.length;
  while (at > 0) {
    const above = (at - 1) >> 1;
    if (!isWorse(index, heap[above] as number, scores)) break;
    heap[at] = heap[above] as number;
    at = above;
  }
  heap[at] = index;
}

function sink(heap: number[], index: number, scores: Scores): void {
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && isWorse(heap[below + 1] as number, heap[below] as number, scores)) below++;
    if (!isWorse(heap[below] as number, index, scores)) break;
    heap[at] = heap[below] as number;
    at = below;
  }
  heap[at] = index;
}
