/** The best of many by their scores. */

/**
 * Indexes of the `count` highest scores among those for which `isTaken` does not hold, best first; of equal scores, the lower
 * index first. Scores of -Infinity are left out.
 */
export function topIndexes(scores: ArrayLike<number>, count: number, isTaken: (index: number) => boolean): number[] {
  // A heap whose root is the worst of the best.
  const heap: number[] = [];
  const isWorse = (a: number, b: number) => {
    const [x, y] = [scores[a] as number, scores[b] as number];
    return x < y || (x === y && a > b);
  };
  for (let i = 0; i < scores.length; i++) {
    if (heap.length === count && !isWorse(heap[0] as number, i)) continue;
    if (scores[i] === Number.NEGATIVE_INFINITY || isTaken(i)) continue;
    if (heap.length < count) rise(heap, i, isWorse);
    else sink(heap, i, isWorse);
  }
  return heap.sort((a, b) => (isWorse(a, b) ? 1 : -1));
}

type Compare = (a: number, b: number) => boolean;

function rise(heap: number[], index: number, isWorse: Compare): void {
  let at = heap.length;
  while (at > 0) {
    const above = (at - 1) >> 1;
    if (!isWorse(index, heap[above] as number)) break;
    heap[at] = heap[above] as number;
    at = above;
  }
  heap[at] = index;
}

function sink(heap: number[], index: number, isWorse: Compare): void {
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && isWorse(heap[below + 1] as number, heap[below] as number)) below++;
    if (!isWorse(heap[below] as number, index)) break;
    heap[at] = heap[below] as number;
    at = below;
  }
  heap[at] = index;
}
