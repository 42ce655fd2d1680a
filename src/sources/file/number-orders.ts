/** Gives the lines of a block their occurrences. */
import { lineOf, type OrderBlock, startOf, type UnnumberedBlock } from '../../orders/order-block.js';
import { parseLine } from '../../orders/order-line.js';
import type { InvoiceNumbering } from './invoice-codes.js';

const COMMA = 44;
const QUOTE = 34;

/** The same block with its occurrences, which are written in place. */
export function numberOrders(unnumbered: UnnumberedBlock, numbering: InvoiceNumbering): OrderBlock {
  const { unnumbered: occurrences, ...columns } = unnumbered;
  const block = { ...columns, occurrences };
  const { count, ends } = block;
  const { buffer, byteOffset, length } = block.lines;
  const lines = Buffer.from(buffer, byteOffset, length);
  let invoiceStart = 0;
  let invoiceEnd = 0;
  for (let i = 0; i < count; i++) {
    const start = startOf(ends, i);
    const end = commaFrom(lines, start);
    const codeEnd = commaFrom(lines, end + 1);
    if (lines[start] === QUOTE || lines[end + 1] === QUOTE || !isAscii(lines, end + 1, codeEnd)) {
      const [invoiceNo, stockCode] = parseLine(lineOf(block, i));
      numbering.open(invoiceNo);
      invoiceEnd = invoiceStart;
      occurrences[i] = numbering.number(stockCode);
      continue;
    }
    if (!isSame(lines, start, end, invoiceStart, invoiceEnd)) {
      numbering.open(lines.toString('utf8', start, end));
      invoiceStart = start;
      invoiceEnd = end;
    }
    occurrences[i] = numbering.numberAt(lines, end + 1, codeEnd);
  }
  return block;
}

function commaFrom(bytes: Uint8Array, start: number): number {
  let at = start;
  while (bytes[at] !== COMMA) at++;
  return at;
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] as number) > 127) return false;
  return true;
}

function isSame(bytes: Uint8Array, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let i = start, j = otherStart; i < end; i++, j++) if (bytes[i] !== bytes[j]) return false;
  return true;
}
