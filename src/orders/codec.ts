/** A block of orders as bytes at rest: a header, the columns, the lines, and a checksum over them. */
import { crc32 } from 'node:zlib';
import type { OrderBlock } from './order-block.js';

const FORMAT = 1;
const HEADER_BYTES = 24;
const COLUMN_BYTES = 8 + 4 + 4;

export interface StoredBlock {
  readonly arrivalMs: number;
  readonly orders: OrderBlock;
}

let scratch = Buffer.allocUnsafeSlow(1 << 16);

/** The bytes are valid until the next call, which uses the same memory. Header: format u32, count u32, arrival time f64, checksum of all the rest u32, reserved u32; little-endian throughout. */
export function encodeBlock({ arrivalMs, orders }: StoredBlock): Buffer {
  const { count, customers, ends, occurrences, lines } = orders;
  const size = HEADER_BYTES + count * COLUMN_BYTES + lines.length;
  if (size > scratch.length) scratch = Buffer.allocUnsafeSlow(size * 2);
  const bytes = scratch.subarray(0, size);
  const header = new DataView(bytes.buffer);
  header.setUint32(0, FORMAT, true);
  header.setUint32(4, count, true);
  header.setFloat64(8, arrivalMs, true);
  header.setUint32(20, 0, true);
  const columns = columnsOf(bytes.buffer, count);
  columns.customers.set(customers);
  columns.ends.set(ends);
  columns.occurrences.set(occurrences);
  bytes.set(lines, HEADER_BYTES + count * COLUMN_BYTES);
  header.setUint32(16, checksum(bytes), true);
  return bytes;
}

/** Gives undefined if the bytes are not a whole block as it was written. */
export function decodeBlock(stored: Uint8Array): StoredBlock | undefined {
  // The columns have to begin on a multiple of eight, and LMDB does not promise that of its bytes.
  const bytes = stored.byteOffset % 8 === 0 ? stored : new Uint8Array(stored);
  if (bytes.length < HEADER_BYTES) return undefined;
  const header = new DataView(bytes.buffer, bytes.byteOffset);
  const count = header.getUint32(4, true);
  const linesAt = HEADER_BYTES + count * COLUMN_BYTES;
  if (header.getUint32(0, true) !== FORMAT || bytes.length < linesAt) return undefined;
  if (checksum(bytes) !== header.getUint32(16, true)) return undefined;
  return {
    arrivalMs: header.getFloat64(8, true),
    orders: { count, ...columnsOf(bytes.buffer, count, bytes.byteOffset), lines: bytes.subarray(linesAt) },
  };
}

function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(20), crc32(bytes.subarray(0, 16)));
}

/** When a stored block arrived, without reading the rest of it. */
export function arrivalOf(stored: Uint8Array): number {
  return new DataView(stored.buffer, stored.byteOffset).getFloat64(8, true);
}

function columnsOf(buffer: ArrayBufferLike, count: number, offset = 0) {
  const at = offset + HEADER_BYTES;
  return {
    customers: new Float64Array(buffer, at, count),
    ends: new Uint32Array(buffer, at + count * 8, count),
    occurrences: new Uint32Array(buffer, at + count * 12, count),
  };
}
