/**
 * How many arrived in the window that ends with an arrival, exactly, at any rate. Times are whole milliseconds, so a window holds
 * no more than one count for each of its milliseconds: memory follows from the window's length alone, and an arrival costs the
 * same whether it is one of ten or of a million in a second.
 */

export interface SlidingWindow {
  /**
   * Counts `count` arrivals at `timeMs`, and gives how many arrived in [timeMs − windowMs, timeMs], both ends included. A time
   * before the last one is taken for the last one: a clock that steps back makes no arrival vanish.
   */
  add(timeMs: number, count: number): number;
  /** How many arrived in [timeMs − windowMs, timeMs], as far as they are known. */
  countAt(timeMs: number): number;
  /** Makes one arrival at `timeMs`, in the window of the last one, not have been. */
  takeBack(timeMs: number): void;
  /** What `createWindow` goes on from. */
  saved(): readonly ArrivalCount[];
}

export type ArrivalCount = readonly [timeMs: number, count: number];

export function createWindow(windowMs: number, saved: readonly ArrivalCount[] = []): SlidingWindow {
  // A count for each millisecond; that of `last` is at `at`, and those before it lie before it, in a ring.
  const size = windowMs + 1;
  const ring = new Float64Array(size);
  let at = 0;
  let last = Number.NEGATIVE_INFINITY;
  let sum = 0;

  function moveTo(timeMs: number): void {
    if (timeMs - last >= size) {
      if (sum > 0) ring.fill(0);
      sum = 0;
      last = timeMs;
      return;
    }
    for (; last < timeMs; last++) {
      at = at + 1 === size ? 0 : at + 1;
      sum -= ring[at] as number;
      ring[at] = 0;
    }
  }

  function add(timeMs: number, count: number): number {
    if (timeMs > last) moveTo(timeMs);
    ring[at] = (ring[at] as number) + count;
    sum += count;
    return sum;
  }

  for (const [timeMs, count] of saved) add(timeMs, count);
  return {
    add,
    countAt(timeMs) {
      let left = sum;
      for (let i = 0; i < Math.min(size, timeMs - last); i++) left -= ring[(at + 1 + i) % size] as number;
      return left;
    },
    takeBack(timeMs) {
      const place = (at + size - (last - timeMs)) % size;
      ring[place] = (ring[place] as number) - 1;
      sum--;
    },
    saved() {
      const counts: ArrivalCount[] = [];
      for (let i = 1; i <= size; i++) {
        const count = ring[(at + i) % size] as number;
        if (count > 0) counts.push([last - size + i, count]);
      }
      return counts;
    },
  };
}
