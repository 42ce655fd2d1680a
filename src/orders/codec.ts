/** A block of orders as bytes at rest: a header, the columns, the lines, and checksums. */
import { crc32 } from 'node:zlib';
import type { OrderBlock } from './order-block.js';

/** Blocks of format 1 have no checksum of the header, and do not know their place. They are still read. */
const FORMAT = 2;
const FORMAT_BEFORE = 1;
const HEADER_BYTES = 24;
const COLUMN_BYTES = 8 + 4 + 4;

export interface StoredBlock {
  readonly arrivalMs: number;
  readonly orders: OrderBlock;
}

let scratch = Buffer.allocUnsafeSlow(1 << 16);

/**
 * The bytes of a block whose last order has the sequence number `last`, which has to be known to decode them. They are valid until
 * the next call, which uses the same memory. Header: format u32, count u32, arrival time f64, checksum of all the rest u32, checksum
 * of `last` and of what is before the checksums u32; little-endian throughout.
 */
export function encodeBlock({ arrivalMs, orders }: StoredBlock, last = 0): Buffer {
  const { count, customers, ends, occurrences, lines } = orders;
  const size = HEADER_BYTES + count * COLUMN_BYTES + lines.length;
  if (size > scratch.length) scratch = Buffer.allocUnsafeSlow(size * 2);
  const bytes = scratch.subarray(0, size);
  const header = new DataView(bytes.buffer);
  header.setUint32(0, FORMAT, true);
  header.setUint32(4, count, true);
  header.setFloat64(8, arrivalMs, true);
  header.setUint32(20, headerChecksum(bytes, last), true);
  const columns = columnsOf(bytes.buffer, count);
  columns.customers.set(customers);
  columns.ends.set(ends);
  columns.occurrences.set(occurrences);
  bytes.set(lines, HEADER_BYTES + count * COLUMN_BYTES);
  header.setUint32(16, checksum(bytes), true);
  return bytes;
}

/** Gives undefined if the bytes are not a whole block as it was written, or that of another place. */
export function decodeBlock(stored: Uint8Array, last = 0): StoredBlock | undefined {
  // The columns have to begin on a multiple of eight, and LMDB does not promise that of its bytes.
  const bytes = stored.byteOffset % 8 === 0 ? stored : new Uint8Array(stored);
  const known = decodeHeader(bytes, last);
  if (!known) return undefined;
  const { count, arrivalMs } = known;
  const linesAt = HEADER_BYTES + count * COLUMN_BYTES;
  const header = new DataView(bytes.buffer, bytes.byteOffset);
  if (bytes.length < linesAt || checksum(bytes) !== header.getUint32(16, true)) return undefined;
  return {
    arrivalMs,
    orders: { count, ...columnsOf(bytes.buffer, count, bytes.byteOffset), lines: bytes.subarray(linesAt) },
  };
}

/** How many orders a stored block has and when it arrived, without reading the rest of it. */
export function decodeHeader(
  stored: Uint8Array,
  last: number,
): { readonly count: number; readonly arrivalMs: number } | undefined {
  if (stored.length < HEADER_BYTES) return undefined;
  const header = new DataView(stored.buffer, stored.byteOffset);
  const format = header.getUint32(0, true);
  const isWhole =
    format === FORMAT_BEFORE || (format === FORMAT && headerChecksum(stored, last) === header.getUint32(20, true));
  return isWhole ? { count: header.getUint32(4, true), arrivalMs: header.getFloat64(8, true) } : undefined;
}

function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(20), crc32(bytes.subarray(0, 16)));
}

function headerChecksum(bytes: Uint8Array, last: number): number {
  return crc32(bytes.subarray(0, 16), crc32(String(last)));
}

function columnsOf(buffer: ArrayBufferLike, count: number, offset = 0) {
  const at = offset + HEADER_BYTES;
  return {
    customers: new Float64Array(buffer, at, count),
    ends: new Uint32Array(buffer, at + count * 8, count),
    occurrences: new Uint32Array(buffer, at + count * 12, count),
  };
}
