/** An order: one line of an invoice, as every stage of the pipeline sees it. */

export interface Order {
  /** `InvoiceNo-StockCode`, with `-2`, `-3` … for a product that comes again in the same invoice. */
  readonly orderId: string;
  readonly invoiceNo: string;
  readonly stockCode: string;
  /** As in the source, spaces included. */
  readonly description: string;
  /** Negative for a return. */
  readonly quantity: number;
  /** Local time of the shop, `2010-12-01T08:26:00`. */
  readonly orderDate: string;
  /** Pounds sterling, a decimal string exactly as in the source. */
  readonly unitPrice: string;
  /** Null for a guest. */
  readonly customerId: number | null;
  readonly country: string;
}

/** The fields of an order line as the source writes them, in the order of the UCI Online Retail layout. */
export const FIELDS = [
  'InvoiceNo',
  'StockCode',
  'Description',
  'Quantity',
  'InvoiceDate',
  'UnitPrice',
  'CustomerID',
  'Country',
] as const;

/*
 * The grammar of order ids, all of it: `InvoiceNo-StockCode` for the first line of a stock code in an invoice, and
 * `InvoiceNo-StockCode-n` for its n-th, from 2. Invoice number and stock code may hold hyphens themselves, so an id alone
 * doesn't tell where the one ends and the other begins.
 */

const HYPHEN = 45;

/** The id of the `occurrence`-th line (from 1) of a stock code in an invoice. */
export function orderId(invoiceNo: string, stockCode: string, occurrence: number): string {
  return `${invoiceNo}-${occurrence === 1 ? stockCode : repeatOf(stockCode, occurrence)}`;
}

/** The id of the `occurrence`-th line of a stock code, from the second on, without its invoice number. */
export function repeatOf(stockCode: string, occurrence: number): string {
  return `${stockCode}-${occurrence}`;
}

/**
 * The occurrence an id names: 1 for the first line of this stock code in the invoice, 2 for the next. Undefined if it is no
 * id of this invoice and stock code.
 */
export function occurrenceOf(id: string, invoiceNo: string, stockCode: string): number | undefined {
  const first = orderId(invoiceNo, stockCode, 1);
  if (id === first) return 1;
  const number = id.startsWith(`${first}-`) ? id.slice(first.length + 1) : '';
  return /^[1-9]\d{0,8}$/.test(number) && number !== '1' ? Number(number) : undefined;
}

/** A range of bytes: from `start` up to `end`, exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The same as `occurrenceOf(…) === 1`, for ids in ASCII in `bytes`. */
export function isFirstLineId(bytes: Uint8Array, id: Span, invoiceNo: Span, stockCode: Span): boolean {
  const hyphen = id.start + invoiceNo.end - invoiceNo.start;
  return (
    bytes[hyphen] === HYPHEN &&
    hyphen + 1 + stockCode.end - stockCode.start === id.end &&
    isSame(bytes, id.start, invoiceNo) &&
    isSame(bytes, hyphen + 1, stockCode)
  );
}

function isSame(bytes: Uint8Array, start: number, { start: otherStart, end }: Span): boolean {
  for (let at = start, other = otherStart; other < end; at++, other++) if (bytes[at] !== bytes[other]) return false;
  return true;
}

/** Every invoice number that an id may begin with, shortest first. */
export function invoicesIn(id: string): string[] {
  const found: string[] = [];
  for (let at = id.indexOf('-', 1); at > 0; at = id.indexOf('-', at + 1)) found.push(id.slice(0, at));
  return found;
}

/** Invoice number and stock code of an id about which nothing else is known: split at its first hyphen. */
export function partsOf(id: string): [invoiceNo: string, stockCode: string] {
  const hyphen = id.indexOf('-');
  return hyphen < 0 ? [id, ''] : [id.slice(0, hyphen), id.slice(hyphen + 1)];
}
