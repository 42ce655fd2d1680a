/** Orders as the lines that `ordersOfCsv` reads: sequence number, arrival time in ms, occurrence, and the order line as it is. */
import { createBlockBuilder } from '../orders/block-builder.js';
import { lineOf, startOf } from '../orders/order-block.js';
import { formatLine, parseLine } from '../orders/order-line.js';
import type { NumberedBlock } from '../stream/numbered-stream.js';

const CARRIAGE_RETURN = 13;
const COMMA = 44;
const ZERO = 48;
/** Three numbers of at most sixteen digits, and their commas. */
const BEFORE_BYTES = 3 * 17;

/** The bytes are valid until the next call, which uses the same memory. */
export function numberedLines(block: NumberedBlock): Uint8Array {
  const { first, arrivalMs, orders } = block.orders.lines.includes(CARRIAGE_RETURN) ? quoted(block) : block;
  const { count, lines, ends, occurrences } = orders;
  const bytes = scratchOf(lines.length + count * BEFORE_BYTES);
  const source = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
  const arrived = Buffer.from(`${arrivalMs},`, 'latin1');
  let at = 0;

  function writeNumber(number: number): void {
    let end = at + 1;
    for (let rest = number; rest >= 10; rest = Math.floor(rest / 10)) end++;
    for (let rest = number, digit = end - 1; digit >= at; digit--, rest = Math.floor(rest / 10)) {
      bytes[digit] = ZERO + (rest % 10);
    }
    bytes[end] = COMMA;
    at = end + 1;
  }

  for (let i = 0; i < count; i++) {
    writeNumber(first + i);
    for (const byte of arrived) bytes[at++] = byte;
    writeNumber(occurrences[i] as number);
    at += source.copy(bytes, at, startOf(ends, i), ends[i]);
  }
  return bytes.subarray(0, at);
}

let scratch = new Uint8Array(1 << 16);

function scratchOf(size: number): Uint8Array {
  if (size > scratch.length) scratch = new Uint8Array(size * 2);
  return scratch;
}

/** The same block with quotes around fields that hold a carriage return: DuckDB takes one without quotes for the end of the line. */
function quoted(block: NumberedBlock): NumberedBlock {
  const { count, customers, occurrences } = block.orders;
  const builder = createBlockBuilder();
  for (let i = 0; i < count; i++) {
    const line = lineOf(block.orders, i);
    const written = line.includes('\r') ? formatLine(parseLine(line)) : line;
    builder.add(written, customers[i] as number, occurrences[i] as number);
  }
  return { ...block, orders: builder.take() };
}
