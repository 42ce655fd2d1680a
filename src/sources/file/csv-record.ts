/** One CSV record that may be anything: with quotes, over several lines, or broken. */
import { FIELD_CHARACTERS_MAX, splitLine } from '../../orders/order-line.js';
import { decodeText, trimCarriageReturn } from './encoding.js';

export interface CsvRecord {
  /** The fields, or why the text is not a record. */
  readonly fields: string[] | string;
  readonly text: string;
  readonly lines: number;
  /** Where the next record begins. */
  readonly end: number;
}

const LF = 10;
const QUOTE = 34;

/**
 * Reads the record at `at`, whose first line ends at `lineEnd`. If that line leaves a quote open, the record goes on over the
 * next lines, up to the longest field allowed. Beyond that, only the first line is rejected, and the lines after it are read
 * on their own. Gives undefined if more bytes are needed to decide and there are more.
 */
export function readRecord(
  bytes: Buffer,
  at: number,
  lineEnd: number,
  hasMore: boolean,
  isOrder: (fields: readonly string[]) => boolean,
): CsvRecord | undefined {
  const first = decodeText(bytes, at, trimCarriageReturn(bytes, at, lineEnd));
  const firstLine = { text: first, lines: 1, end: Math.min(lineEnd + 1, bytes.length) };
  const own = splitLine(first);
  if (own !== 'unclosed quote') return { ...firstLine, fields: own };
  const furthest = at + FIELD_CHARACTERS_MAX;
  let lines = 1;
  let next = lineEnd + 1;
  while (next < bytes.length && next < furthest) {
    const found = bytes.indexOf(LF, next);
    const end = found < 0 ? bytes.length : found;
    if (end > furthest) return { ...firstLine, fields: 'unclosed quote' };
    if (found < 0 && hasMore) return undefined;
    lines++;
    // A line that is an order on its own belongs to no description of another order.
    const alone = splitLine(decodeText(bytes, next, trimCarriageReturn(bytes, next, end)));
    if (typeof alone !== 'string' && isOrder(alone)) return { ...firstLine, fields: 'unclosed quote' };
    const quotes = quotesIn(bytes, next, end);
    next = end + 1;
    // A quote stands open until an odd number of others has come: to split all lines anew for each would cost a square of them.
    if (quotes % 2 === 0) continue;
    const text = decodeText(bytes, at, trimCarriageReturn(bytes, at, end));
    const fields = splitLine(text);
    // A stray quote in a later line may seem to close this quote. If the joined lines are no order, each line is read alone.
    if (typeof fields !== 'string' && isOrder(fields))
      return { fields, text, lines, end: Math.min(next, bytes.length) };
    return { ...firstLine, fields: 'unclosed quote' };
  }
  return hasMore && next < furthest ? undefined : { ...firstLine, fields: 'unclosed quote' };
}

function quotesIn(bytes: Buffer, start: number, end: number): number {
  let count = 0;
  for (let at = bytes.indexOf(QUOTE, start); at >= 0 && at < end; at = bytes.indexOf(QUOTE, at + 1)) count++;
  return count;
}
