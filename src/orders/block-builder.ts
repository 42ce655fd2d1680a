/** Builds a block of order lines. */
import type { OrderBlock } from './order-block.js';

export interface BlockBuilder {
  readonly count: number;
  readonly bytes: number;
  /** Adds one line, given without its line feed. */
  add(line: string, customer: number, occurrence: number): void;
  /**
   * Adds one line of which `source` has the bytes from `start` up to `end` (exclusive), line feed included. Lines that follow
   * each other in `source` are copied together, at the next `flush`: call it before `source` changes.
   */
  addBytes(source: Uint8Array, start: number, end: number, customer: number, occurrence: number): void;
  /** Copies the lines that were added and not copied yet. */
  flush(): void;
  /** The lines that were added since the last call. */
  take(): OrderBlock;
}

export function createBlockBuilder(): BlockBuilder {
  let lines = Buffer.allocUnsafeSlow(1 << 16);
  let ends = new Uint32Array(1024);
  let customers = new Float64Array(1024);
  let occurrences = new Uint32Array(1024);
  let count = 0;
  let bytes = 0;
  let pending: Uint8Array | undefined;
  let pendingStart = 0;
  let pendingEnd = 0;

  function column(customer: number, occurrence: number): void {
    if (count === ends.length) {
      ends = grown(ends, new Uint32Array(count * 2));
      customers = grown(customers, new Float64Array(count * 2));
      occurrences = grown(occurrences, new Uint32Array(count * 2));
    }
    ends[count] = bytes;
    customers[count] = customer;
    occurrences[count] = occurrence;
    count++;
  }

  function room(size: number): void {
    if (size <= lines.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(size, lines.length * 2));
    larger.set(lines);
    lines = larger;
  }

  function flush(): void {
    if (!pending) return;
    const length = pendingEnd - pendingStart;
    room(bytes);
    lines.set(pending.subarray(pendingStart, pendingEnd), bytes - length);
    pending = undefined;
  }

  return {
    get count() {
      return count;
    },
    get bytes() {
      return bytes;
    },
    add(line, customer, occurrence) {
      flush();
      room(bytes + line.length * 3 + 1);
      bytes += lines.write(line, bytes, 'utf8');
      lines[bytes++] = 10;
      column(customer, occurrence);
    },
    addBytes(source, start, end, customer, occurrence) {
      if (pending !== source || pendingEnd !== start) {
        flush();
        pending = source;
        pendingStart = start;
      }
      pendingEnd = end;
      bytes += end - start;
      column(customer, occurrence);
    },
    flush,
    take() {
      flush();
      const block = {
        count,
        lines: lines.subarray(0, bytes),
        ends: ends.subarray(0, count),
        customers: customers.subarray(0, count),
        occurrences: occurrences.subarray(0, count),
      };
      lines = Buffer.allocUnsafeSlow(Math.max(1 << 16, bytes));
      ends = new Uint32Array(Math.max(1024, count));
      customers = new Float64Array(Math.max(1024, count));
      occurrences = new Uint32Array(Math.max(1024, count));
      count = 0;
      bytes = 0;
      return block;
    },
  };
}

function grown<T extends Uint32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
