/** Numbers of customers or products, as narrow as their greatest allows: a model is read for every recommendation. */
export type Indexes = Uint16Array | Uint32Array;

/** An array for numbers below `limit`. */
export function indexesBelow(limit: number, length: number): Indexes {
  return limit <= 0x1_0000 ? new Uint16Array(length) : new Uint32Array(length);
}
