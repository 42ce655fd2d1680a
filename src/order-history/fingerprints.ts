/** A set of 64-bit fingerprints that can be ticked off, in typed arrays: a JavaScript Set takes ten times the memory. */

export interface Fingerprints {
  /** False if it is there already. */
  add(fingerprint: Buffer): boolean;
  /** Ticks it off: the first time, again, or not in the set. */
  mark(fingerprint: Buffer): 'first' | 'again' | undefined;
  /** How many were never ticked off. */
  unmarked(): number;
}

const INITIAL_SLOTS = 1 << 16;

/** Of a fingerprint, the first eight bytes are used. Open addressing, at most half full. */
export function createFingerprints(): Fingerprints {
  let high = new Uint32Array(INITIAL_SLOTS);
  let low = new Uint32Array(INITIAL_SLOTS);
  /** 0 empty, 1 there, 2 ticked off. */
  let state = new Uint8Array(INITIAL_SLOTS);
  let count = 0;
  let marked = 0;

  function slotOf(a: number, b: number): number {
    const mask = state.length - 1;
    let slot = a & mask;
    while (state[slot] !== 0 && (high[slot] !== a || low[slot] !== b)) slot = (slot + 1) & mask;
    return slot;
  }

  function grow(): void {
    const [oldHigh, oldLow, oldState] = [high, low, state];
    high = new Uint32Array(oldState.length * 2);
    low = new Uint32Array(oldState.length * 2);
    state = new Uint8Array(oldState.length * 2);
    for (let i = 0; i < oldState.length; i++)
      if (oldState[i] !== 0) put(oldHigh[i] as number, oldLow[i] as number, oldState[i] as number);
  }

  function put(a: number, b: number, as: number): void {
    const slot = slotOf(a, b);
    high[slot] = a;
    low[slot] = b;
    state[slot] = as;
  }

  return {
    add(fingerprint) {
      if (count * 2 >= state.length) grow();
      const [a, b] = [fingerprint.readUInt32LE(0), fingerprint.readUInt32LE(4)];
      if (state[slotOf(a, b)] !== 0) return false;
      put(a, b, 1);
      count++;
      return true;
    },
    mark(fingerprint) {
      const slot = slotOf(fingerprint.readUInt32LE(0), fingerprint.readUInt32LE(4));
      if (state[slot] === 0) return undefined;
      if (state[slot] === 2) return 'again';
      state[slot] = 2;
      marked++;
      return 'first';
    },
    unmarked: () => count - marked,
  };
}
