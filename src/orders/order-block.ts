/**
 * A block of orders: the form in which orders are passed on and stored. Their lines are in one buffer, in the layout of the
 * source. Three columns hold, for each line, its end, its customer, and its occurrence: 1 for the first line of its stock code
 * in the invoice, 2 for the next. Only a command that shows orders makes objects of them: bytes are faster.
 */
import { type BlockBuilder, createBlockBuilder } from './block-builder.js';
import { type Order, orderId } from './order.js';
import { isoDate, parseLine } from './order-line.js';

export interface OrderBlock {
  readonly count: number;
  /** Order lines in UTF-8, RFC 4180, fields in the order of `FIELDS`, each ended by a line feed. */
  readonly lines: Uint8Array;
  /** Where line i ends in `lines`, line feed included. */
  readonly ends: Uint32Array;
  /** Customer of line i; `GUEST` for none. */
  readonly customers: Float64Array;
  /** Occurrence of line i: 1 for the first line of its stock code in the invoice, 2 for the next. */
  readonly occurrences: Uint32Array;
}

/** A block whose lines have no occurrence yet. */
export interface UnnumberedBlock extends Omit<OrderBlock, 'occurrences'> {
  /** The column for the occurrences, not filled yet. */
  readonly unnumbered: Uint32Array;
}

/** The customer of an order without one. */
export const GUEST = -1;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Orders `from` (inclusive) to `to` (exclusive) of a block, without copying their bytes. */
export function slice(block: OrderBlock, from: number, to: number): OrderBlock {
  if (from === 0 && to === block.count) return block;
  const start = startOf(block.ends, from);
  const ends = block.ends.slice(from, to);
  if (start > 0) for (let i = 0; i < ends.length; i++) ends[i] = (ends[i] as number) - start;
  return {
    count: to - from,
    lines: block.lines.subarray(start, to === from ? start : block.ends[to - 1]),
    ends,
    customers: block.customers.subarray(from, to),
    occurrences: block.occurrences.subarray(from, to),
  };
}

/** Blocks as one, in their order. */
export function joined(blocks: readonly OrderBlock[]): OrderBlock {
  if (blocks.length === 1) return blocks[0] as OrderBlock;
  const count = blocks.reduce((sum, block) => sum + block.count, 0);
  const all = {
    count,
    lines: Buffer.concat(blocks.map(({ lines }) => lines)),
    ends: new Uint32Array(count),
    customers: new Float64Array(count),
    occurrences: new Uint32Array(count),
  };
  let at = 0;
  let bytes = 0;
  for (const block of blocks) {
    for (let i = 0; i < block.count; i++) all.ends[at + i] = bytes + (block.ends[i] as number);
    all.customers.set(block.customers, at);
    all.occurrences.set(block.occurrences, at);
    at += block.count;
    bytes += block.lines.length;
  }
  return all;
}

/** The orders of a block for which `wanted` returns true. */
export function filtered(block: OrderBlock, wanted: (i: number) => boolean): OrderBlock {
  const builder = createBlockBuilder();
  for (let i = 0; i < block.count; i++) if (wanted(i)) addOrderOf(builder, block, i);
  return builder.take();
}

/** Adds order i of a block to another block. */
export function addOrderOf(
  builder: BlockBuilder,
  { lines, ends, customers, occurrences }: OrderBlock,
  i: number,
): void {
  builder.addBytes(lines, startOf(ends, i), ends[i] as number, customers[i] as number, occurrences[i] as number);
}

/** Where line i begins. */
export function startOf(ends: Uint32Array, i: number): number {
  return i === 0 ? 0 : (ends[i - 1] as number);
}

/** The text of line i, without its line feed. */
export function lineOf(block: OrderBlock, i: number): string {
  const start = startOf(block.ends, i);
  return decoder.decode(block.lines.subarray(start, (block.ends[i] as number) - 1));
}

/** The id of order i. */
export function orderIdOf(block: OrderBlock, i: number): string {
  const [invoiceNo, stockCode] = parseLine(lineOf(block, i));
  return orderId(invoiceNo, stockCode, block.occurrences[i] as number);
}

/** Order i of a block. */
export function orderOf(block: OrderBlock, i: number): Order {
  const [invoiceNo, stockCode, description, quantity, date, unitPrice, , country] = parseLine(lineOf(block, i));
  const customer = block.customers[i] as number;
  return {
    orderId: orderId(invoiceNo, stockCode, block.occurrences[i] as number),
    invoiceNo,
    stockCode,
    description,
    quantity: Number(quantity),
    orderDate: isoDate(date) as string,
    unitPrice,
    customerId: customer === GUEST ? null : customer,
    country,
  };
}
