/** Position of an order in its shard, as text that sorts. */

/** Longer than the sequence numbers of Kinesis, which have 56 digits. */
const SEQUENCE_DIGITS = 64;

/** Sequence of the n-th user record in a record of the stream. Sequences sort as text in the order of their shard. */
export function sequenceAt(sequenceNumber: string, n: number): string {
  return `${sequenceNumber.padStart(SEQUENCE_DIGITS, '0')}${n === 0 ? '' : `.${String(n).padStart(6, '0')}`}`;
}
