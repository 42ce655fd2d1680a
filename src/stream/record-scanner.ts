/**
 * Turns a record into an order line, from bytes to bytes: `verify` and `tail` read millions of records, and most of what a
 * record would cost them is text and objects in between. The scanner understands the form that `encoderOf` writes, byte for
 * byte. Every other form (escapes, other keys, another order of keys, spaces, values out of bounds) is left to JSON.parse.
 */
import { isUtf8 } from 'node:buffer';
import { isFirstLineId, occurrenceOf } from '../orders/order.js';
import { GUEST } from '../orders/order-block.js';
import { FIELD_CHARACTERS_MAX, isoDate, KEY_CHARACTERS_MAX } from '../orders/order-line.js';

export interface RecordScanner {
  /**
   * Writes the line of a record into `into` from `start` on, with a line feed, and returns where the line ends; -1 for a
   * record in another form. A line is never longer than its record.
   */
  scan(record: Uint8Array, into: Uint8Array, start: number): number;
  /** The customer of the last record; `GUEST` for none. */
  readonly customer: number;
  /** The occurrence of the last record: 1 for the first line of its stock code in the invoice, 2 for the next. */
  readonly occurrence: number;
}

const LINE_FEED = 10;
const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const BACKSLASH = 92;
const DELETE = 127;
const NULL = ascii('null');
const END = ascii('"}');
const DATE_BYTES = '2010-12-01T08:26:00'.length;
/** As many digits as `whyNotAnOrder` allows. */
const DIGITS_MAX = 15;
/** Two keys, two hyphens, and an occurrence of nine digits. */
const ID_BYTES_MAX = 2 * KEY_CHARACTERS_MAX + 11;

/** Fields of a record by number, in its order. */
const [ID, INVOICE, STOCK_CODE] = [0, 1, 2];
const [CUSTOMER, COUNTRY] = [7, 8];

export function createRecordScanner(): RecordScanner {
  let record: Uint8Array = new Uint8Array();
  /** Where scanning stands in the record. */
  let at = 0;
  let isAscii = true;
  let occurrence = 1;
  let customer = GUEST;
  /** The last date that was checked: the lines of an invoice share theirs. */
  const knownDate = new Uint8Array(DATE_BYTES);

  /** What stands before each field, and what moves over its value if the value is as it should be. */
  const fields = [
    { before: ascii('{"orderId":"'), skip: () => skipKey(ID_BYTES_MAX) },
    { before: ascii('","invoiceNo":"'), skip: () => skipKey(KEY_CHARACTERS_MAX) },
    { before: ascii('","stockCode":"'), skip: () => skipKey(KEY_CHARACTERS_MAX) },
    { before: ascii('","description":"'), skip: skipText },
    { before: ascii('","quantity":'), skip: skipQuantity },
    { before: ascii(',"orderDate":"'), skip: skipDate },
    { before: ascii('","unitPrice":"'), skip: skipPrice },
    { before: ascii('","customerId":'), skip: skipCustomer },
    { before: ascii(',"country":"'), skip: skipText },
  ];
  const starts = new Uint32Array(fields.length);
  const ends = new Uint32Array(fields.length);

  function skip(bytes: Uint8Array): boolean {
    for (let i = 0; i < bytes.length; i++) if (record[at + i] !== bytes[i]) return false;
    at += bytes.length;
    return true;
  }

  /** Text that JSON doesn't escape. */
  function skipText(): boolean {
    const end = Math.min(record.length, at + FIELD_CHARACTERS_MAX + 1);
    for (; at < end; at++) {
      const byte = record[at] as number;
      if (byte === QUOTE) return true;
      if (byte < SPACE || byte === BACKSLASH) return false;
      if (byte > DELETE) isAscii = false;
    }
    return false;
  }

  /** Printable ASCII, and some of it. */
  function skipKey(bytesMax: number): boolean {
    const start = at;
    const end = Math.min(record.length, at + bytesMax + 1);
    for (; at < end; at++) {
      const byte = record[at] as number;
      if (byte === QUOTE) return at > start;
      if (byte < SPACE || byte >= DELETE || byte === BACKSLASH) return false;
    }
    return false;
  }

  function skipDigits(): number {
    const start = at;
    while ((record[at] as number) >= ZERO && (record[at] as number) <= NINE) at++;
    return at - start;
  }

  /** A whole number without a sign, as JSON writes it: without zeros before it. */
  function skipWhole(): boolean {
    const first = record[at];
    const digits = skipDigits();
    return digits === 1 || (digits > 1 && digits <= DIGITS_MAX && first !== ZERO);
  }

  function skipQuantity(): boolean {
    if (record[at] !== MINUS) return skipWhole();
    at++;
    // JSON.parse makes 0 of -0.
    return record[at] !== ZERO && skipWhole();
  }

  function skipPrice(): boolean {
    if (record[at] === MINUS) at++;
    const whole = skipDigits();
    if (whole === 0 || whole > DIGITS_MAX) return false;
    if (record[at] !== DOT) return true;
    at++;
    const places = skipDigits();
    return places > 0 && places <= DIGITS_MAX;
  }

  function skipDate(): boolean {
    const start = at;
    at += DATE_BYTES;
    if (at > record.length) return false;
    let isKnown = true;
    for (let i = 0; i < DATE_BYTES; i++) if (record[start + i] !== knownDate[i]) isKnown = false;
    if (isKnown) return true;
    const text = textOf(start, at);
    // Any other form of a date is written in this one.
    if (isoDate(text) !== text) return false;
    knownDate.set(record.subarray(start, at));
    return true;
  }

  function skipCustomer(): boolean {
    customer = GUEST;
    if (skip(NULL)) return true;
    const start = at;
    if (!skipWhole()) return false;
    customer = 0;
    for (let i = start; i < at; i++) customer = customer * 10 + (record[i] as number) - ZERO;
    return true;
  }

  /** False if the id is of another invoice or stock code. */
  function findOccurrence(): boolean {
    occurrence = 1;
    if (isFirstLineId(record, span(ID), span(INVOICE), span(STOCK_CODE))) return true;
    const found = occurrenceOf(fieldText(ID), fieldText(INVOICE), fieldText(STOCK_CODE));
    occurrence = found ?? 1;
    return found !== undefined;
  }

  function span(field: number) {
    return { start: starts[field] as number, end: ends[field] as number };
  }

  function fieldText(field: number): string {
    return textOf(starts[field] as number, ends[field] as number);
  }

  /** Of ASCII. */
  function textOf(start: number, end: number): string {
    return String.fromCharCode(...record.subarray(start, end));
  }

  /** Writes a field, in quotes if there is a comma in it, and what comes behind it. */
  function write(into: Uint8Array, to: number, field: number, behind: number): number {
    const start = starts[field] as number;
    const end = ends[field] as number;
    let hasComma = false;
    let next = to;
    for (let i = start; i < end; i++) {
      const byte = record[i] as number;
      into[next++] = byte;
      if (byte === COMMA) hasComma = true;
    }
    if (hasComma) {
      into.copyWithin(to + 1, to, next);
      into[to] = QUOTE;
      into[next + 1] = QUOTE;
      next += 2;
    }
    into[next] = behind;
    return next + 1;
  }

  return {
    get customer() {
      return customer;
    },
    get occurrence() {
      return occurrence;
    },
    scan(bytes, into, start) {
      record = bytes;
      at = 0;
      isAscii = true;
      for (let field = 0; field < fields.length; field++) {
        const { before, skip: skipValue } = fields[field] as (typeof fields)[number];
        if (!skip(before)) return -1;
        starts[field] = at;
        if (!skipValue()) return -1;
        ends[field] = at;
      }
      if (!skip(END) || at !== record.length || !findOccurrence() || !(isAscii || isUtf8(record))) return -1;
      if (customer === GUEST) ends[CUSTOMER] = starts[CUSTOMER] as number;
      let to = start;
      for (let field = INVOICE; field < COUNTRY; field++) to = write(into, to, field, COMMA);
      return write(into, to, COUNTRY, LINE_FEED);
    },
  };
}

function ascii(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
