/**
 * A set of orders that can be ticked off, by 64-bit fingerprints in typed arrays: a JavaScript Set of their ids takes ten
 * times the memory.
 */
import { type OrderBlock, startOf } from '../orders/order-block.js';

export interface Fingerprints {
  /** Adds order i of a block; false if it is there already. */
  add(orders: OrderBlock, i: number): boolean;
  /** Ticks it off: the first time, again, or not in the set. */
  mark(orders: OrderBlock, i: number): 'first' | 'again' | undefined;
  /** How many were never ticked off. */
  unmarked(): number;
}

const INITIAL_SLOTS = 1 << 16;
const EMPTY = 0;
const ADDED = 1;
const MARKED = 2;

export function createFingerprints(): Fingerprints {
  let high = new Uint32Array(INITIAL_SLOTS);
  let low = new Uint32Array(INITIAL_SLOTS);
  let state = new Uint8Array(INITIAL_SLOTS);
  let count = 0;
  let marked = 0;
  /** The fingerprint that was taken last. */
  let [a, b] = [0, 0];

  /**
   * Of a line, its number in the invoice and its customer: cyrb53 (bryc, public domain) with both halves kept whole. Two of
   * half a million orders share one with a chance of one in a hundred million.
   */
  function take({ lines, ends, customers, occurrences }: OrderBlock, i: number): void {
    a = 0xdeadbeef ^ (occurrences[i] as number);
    b = 0x41c6ce57 ^ (customers[i] as number);
    for (let at = startOf(ends, i); at < (ends[i] as number); at++) {
      a = Math.imul(a ^ (lines[at] as number), 2654435761);
      b = Math.imul(b ^ (lines[at] as number), 1597334677);
    }
    const first = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
    b = (Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(first ^ (first >>> 13), 3266489909)) >>> 0;
    a = first >>> 0;
  }

  function slotOf(x: number, y: number): number {
    const mask = state.length - 1;
    let slot = x & mask;
    while (state[slot] !== EMPTY && (high[slot] !== x || low[slot] !== y)) slot = (slot + 1) & mask;
    return slot;
  }

  function put(x: number, y: number, as: number): void {
    const slot = slotOf(x, y);
    high[slot] = x;
    low[slot] = y;
    state[slot] = as;
  }

  function grow(): void {
    const [oldHigh, oldLow, oldState] = [high, low, state];
    high = new Uint32Array(oldState.length * 2);
    low = new Uint32Array(oldState.length * 2);
    state = new Uint8Array(oldState.length * 2);
    oldState.forEach((as, slot) => {
      if (as !== EMPTY) put(oldHigh[slot] as number, oldLow[slot] as number, as);
    });
  }

  return {
    add(orders, i) {
      if (count * 2 >= state.length) grow();
      take(orders, i);
      if (state[slotOf(a, b)] !== EMPTY) return false;
      put(a, b, ADDED);
      count++;
      return true;
    },
    mark(orders, i) {
      take(orders, i);
      const slot = slotOf(a, b);
      if (state[slot] === EMPTY) return undefined;
      if (state[slot] === MARKED) return 'again';
      state[slot] = MARKED;
      marked++;
      return 'first';
    },
    unmarked: () => count - marked,
  };
}
