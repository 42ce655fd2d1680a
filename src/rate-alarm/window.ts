/**
 * How many arrived in the window that ends with an arrival, exactly, at any rate. Times are whole milliseconds, so a window holds
 * no more than one count for each of its milliseconds: memory follows from the window's length alone, and an arrival costs the
 * same whether it is one of ten or of a million in a second. The times of the last eleven would tell that a count is above ten;
 * people want to know how far above.
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
  // The different times of the window and how many arrived at each, in a ring: the oldest at `first`, `length` of them.
  const size = windowMs + 1;
  const times = new Float64Array(size);
  const counts = new Float64Array(size);
  let [first, length, sum] = [0, 0, 0];
  let [last, lastAt] = [Number.NEGATIVE_INFINITY, 0];

  const place = (i: number) => (first + i) % size;

  function moveTo(timeMs: number): void {
    const from = timeMs - windowMs;
    while (length > 0 && (times[first] as number) < from) {
      sum -= counts[first] as number;
      first = first + 1 === size ? 0 : first + 1;
      length--;
    }
    lastAt = place(length++);
    last = timeMs;
    times[lastAt] = timeMs;
    counts[lastAt] = 0;
  }

  function add(timeMs: number, count: number): number {
    if (timeMs > last) moveTo(timeMs);
    counts[lastAt] = (counts[lastAt] as number) + count;
    sum += count;
    return sum;
  }

  /** How many of the times are before this one. */
  function before(timeMs: number): number {
    let [low, high] = [0, length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((times[place(middle)] as number) < timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  for (const [timeMs, count] of saved) add(timeMs, count);
  return {
    add,
    countAt(timeMs) {
      let left = sum;
      for (let i = before(timeMs - windowMs) - 1; i >= 0; i--) left -= counts[place(i)] as number;
      return left;
    },
    takeBack(timeMs) {
      const at = place(before(timeMs));
      counts[at] = (counts[at] as number) - 1;
      sum--;
    },
    saved: () =>
      Array.from({ length }, (_, i) => [times[place(i)], counts[place(i)]] as ArrivalCount).filter(([, n]) => n > 0),
  };
}
