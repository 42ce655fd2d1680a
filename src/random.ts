/**
 * Numbers that look random and follow from a seed: integer arithmetic alone, so the same on every machine and every
 * version of Node. Each is a function of a key and an index, so that a draw needs none of the draws before it.
 */

const TWO_32 = 2 ** 32;

/** The finaliser of MurmurHash3 (A. Appleby, public domain): 32 bits to 32 bits, one to one. */
function mix(bits: number): number {
  let mixed = bits;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** 32 bits that belong to a key and to an index, which is a whole number up to 2^53. */
export function hash(key: number, index: number): number {
  return mix(key ^ mix((index ^ mix(Math.floor(index / TWO_32))) + 0x9e3779b9));
}

/** The `bits` (32 of them) scaled to a whole number from 0 to `n` - 1; `n` is at most 2^21, so nothing is rounded. */
export function scaled(bits: number, n: number): number {
  return Math.floor((bits * n) / TWO_32);
}

export interface Random {
  /** Begins the series of this key and index. */
  start(key: number, index: number): void;
  /** The next 32 bits. */
  bits(): number;
  /** The next number from 0 to `n` - 1; `n` as for `scaled`. */
  below(n: number): number;
}

/** A series of numbers: SplitMix with words of 32 bits (Steele, Lea, Flood 2014). */
export function createRandom(): Random {
  let state = 0;

  function bits(): number {
    state = (state + 0x9e3779b9) | 0;
    return mix(state);
  }

  return {
    start(key, index) {
      state = hash(key, index);
    },
    bits,
    below: (n) => scaled(bits(), n),
  };
}

/** The sums of the values up to each. */
export function runningTotals(values: ArrayLike<number>): Float64Array {
  const totals = new Float64Array(values.length);
  let total = 0;
  for (let i = 0; i < totals.length; i++) {
    total += values[i] as number;
    totals[i] = total;
  }
  return totals;
}

/** Where `wanted` falls in running totals between `from` and `to`: the first whose total exceeds it. */
export function firstAbove(totals: ArrayLike<number>, wanted: number, from = 0, to = totals.length): number {
  let low = from;
  let high = to - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((totals[middle] as number) > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}
