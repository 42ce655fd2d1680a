/** The header of a file of orders: which column is which field. */
import { AlakazamError } from '../../errors.js';
import { FIELDS } from '../../orders/order.js';
import { quoted, splitLine } from '../../orders/order-line.js';
import { decodeText, trimCarriageReturn } from './encoding.js';

export interface OrderHeader {
  /** Bytes up to the first line after the header, a byte order mark included. */
  readonly bytes: number;
  /** Number of the column of each of `FIELDS`. */
  readonly columns: readonly number[];
  /** Fields in a line. */
  readonly count: number;
  /** True if the columns are `FIELDS`, in their order. */
  readonly isStandard: boolean;
  /** The header and the first line. A file in which they differ is another source; a file that only grew is the same source. */
  readonly identity: string;
}

/** Other names of the same fields, in later editions of the data set and in records of the Kinesis Agent. */
const ALIASES: Record<string, (typeof FIELDS)[number]> = {
  invoice: 'InvoiceNo',
  price: 'UnitPrice',
  customer: 'CustomerID',
};
const LF = 10;

/** Reads the header at the beginning of `bytes`. Throws an `AlakazamError` that names the missing fields. */
export function readHeader(name: string, bytes: Buffer): OrderHeader {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  if (bytes.length === start) {
    throw new AlakazamError('failed', `${name} is empty; it should begin with a header: ${FIELDS.join(',')}`);
  }
  const lineEnd = bytes.indexOf(LF, start);
  const end = lineEnd < 0 ? bytes.length : lineEnd;
  const header = decodeText(bytes, start, trimCarriageReturn(bytes, start, end));
  if (header.includes('\0')) {
    throw new AlakazamError('failed', `${name} is binary, not text; expected CSV with a header: ${FIELDS.join(',')}`);
  }
  const split = splitLine(header);
  const names = typeof split === 'string' ? [] : split.map(fieldName);
  const missing = FIELDS.filter((field) => !names.includes(field));
  if (missing.length > 0) {
    const what = missing.length === FIELDS.length ? 'has no header' : `has no ${missing.join(', ')} in its header`;
    throw new AlakazamError('failed', `${name} ${what}; its first line is ${quoted(header)}`, {
      hint: `the first line names the fields, in any order: ${FIELDS.join(',')}`,
    });
  }
  const columns = FIELDS.map((field) => names.indexOf(field));
  const secondEnd = bytes.indexOf(LF, end + 1);
  return {
    bytes: Math.min(end + 1, bytes.length),
    columns,
    count: names.length,
    isStandard: names.length === FIELDS.length && columns.every((column, i) => column === i),
    identity: bytes.toString('latin1', 0, secondEnd < 0 ? bytes.length : secondEnd),
  };
}

function fieldName(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[\s_]/g, '');
  return FIELDS.find((field) => field.toLowerCase() === plain) ?? ALIASES[plain] ?? plain;
}
