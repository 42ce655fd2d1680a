/**
 * Turns a record into an order line, from bytes to bytes: `verify` and `tail` read millions of records, and most of what a
 * record would cost them is text and objects in between. The scanner understands the form that `encoderOf` writes, byte for
 * byte. Every other form (escapes, other keys, another order of keys, spaces, values out of bounds) is left to JSON.parse.
 */
import { isUtf8 } from 'node:buffer';
import { isFirstLineId, occurrenceOf } from '../orders/order.js';
import { GUEST } from '../orders/order-block.js';
import { FIELD_CHARACTERS_MAX, isoDate, KEY_CHARACTERS_MAX, PRICE_DIGITS_MAX } from '../orders/order-line.js';

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

/** Fields of a record by number, in its order. */
const [ID, INVOICE, STOCK_CODE] = [0, 1, 2];
const [CUSTOMER, COUNTRY] = [7, 8];
const END = ascii('"}');

export function createRecordScanner(): RecordScanner {
  const fields = createFields();
  const starts = new Uint32Array(fields.length);
  const ends = new Uint32Array(fields.length);
  let customer = GUEST;
  let occurrence = 1;

  /** Finds where each field starts and ends. False if the record has another form. */
  function findFields(record: Uint8Array): boolean {
    let at = 0;
    for (let field = 0; field < fields.length; field++) {
      const { before, endOf } = fields[field] as Field;
      at = endOfSame(record, at, before);
      if (at < 0) return false;
      starts[field] = at;
      at = endOf(record, at);
      if (at < 0) return false;
      ends[field] = at;
    }
    return endOfSame(record, at, END) === record.length;
  }

  /** The occurrence in the id of a record; undefined if the id is of another invoice or stock code. */
  function occurrenceIn(record: Uint8Array): number | undefined {
    if (isFirstLineId(record, span(ID), span(INVOICE), span(STOCK_CODE))) return 1;
    const [id, invoiceNo, stockCode] = [ID, INVOICE, STOCK_CODE].map((field) =>
      textOf(record, starts[field] as number, ends[field] as number),
    ) as [string, string, string];
    return occurrenceOf(id, invoiceNo, stockCode);
  }

  function span(field: number) {
    return { start: starts[field] as number, end: ends[field] as number };
  }

  return {
    get customer() {
      return customer;
    },
    get occurrence() {
      return occurrence;
    },
    scan(record, into, start) {
      if (!findFields(record)) return -1;
      const found = occurrenceIn(record);
      if (found === undefined) return -1;
      occurrence = found;
      customer = customerIn(record, starts[CUSTOMER] as number, ends[CUSTOMER] as number);
      if (customer === GUEST) ends[CUSTOMER] = starts[CUSTOMER] as number;
      let to = start;
      for (let field = INVOICE; field <= COUNTRY; field++) {
        to = copyField(record, starts[field] as number, ends[field] as number, into, to);
        into[to++] = field < COUNTRY ? COMMA : LINE_FEED;
      }
      return isText(record, into, start, to) ? to : -1;
    },
  };
}

interface Field {
  /** The bytes before the value of the field in a record. */
  readonly before: Uint8Array;
  /** Where a value that starts at `at` ends; -1 if it is not as `encoderOf` writes it, or no order has it. */
  endOf(record: Uint8Array, at: number): number;
}

/** Two keys, two hyphens, and an occurrence of nine digits. */
const ID_BYTES_MAX = 2 * KEY_CHARACTERS_MAX + 11;

function createFields(): Field[] {
  return [
    { before: ascii('{"orderId":"'), endOf: (record, at) => endOfKey(record, at, ID_BYTES_MAX) },
    { before: ascii('","invoiceNo":"'), endOf: (record, at) => endOfKey(record, at, KEY_CHARACTERS_MAX) },
    { before: ascii('","stockCode":"'), endOf: (record, at) => endOfKey(record, at, KEY_CHARACTERS_MAX) },
    { before: ascii('","description":"'), endOf: endOfText },
    { before: ascii('","quantity":'), endOf: endOfQuantity },
    { before: ascii(',"orderDate":"'), endOf: datesThatAreKnown() },
    { before: ascii('","unitPrice":"'), endOf: endOfPrice },
    { before: ascii('","customerId":'), endOf: endOfCustomer },
    { before: ascii(',"country":"'), endOf: endOfText },
  ];
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
/** As many digits as `whyNotAnOrder` allows. */
const DIGITS_MAX = 15;

function endOfSame(record: Uint8Array, at: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) if (record[at + i] !== bytes[i]) return -1;
  return at + bytes.length;
}

/** Text that JSON doesn't escape. */
function endOfText(record: Uint8Array, start: number): number {
  const limit = Math.min(record.length, start + FIELD_CHARACTERS_MAX + 1);
  for (let at = start; at < limit; at++) {
    const byte = record[at] as number;
    if (byte === QUOTE) return at;
    if (byte < SPACE || byte === BACKSLASH) return -1;
  }
  return -1;
}

/** Text in printable ASCII, not empty. */
function endOfKey(record: Uint8Array, start: number, bytesMax: number): number {
  const limit = Math.min(record.length, start + bytesMax + 1);
  for (let at = start; at < limit; at++) {
    const byte = record[at] as number;
    if (byte === QUOTE) return at > start ? at : -1;
    if (byte < SPACE || byte >= DELETE || byte === BACKSLASH) return -1;
  }
  return -1;
}

/** From one to `max` digits. */
function endOfDigits(record: Uint8Array, start: number, max = DIGITS_MAX): number {
  let at = start;
  while ((record[at] as number) >= ZERO && (record[at] as number) <= NINE) at++;
  return at > start && at <= start + max ? at : -1;
}

/** A whole number without a sign, as JSON writes it: without zeros before it. */
function endOfWhole(record: Uint8Array, start: number): number {
  const end = endOfDigits(record, start);
  return record[start] === ZERO && end > start + 1 ? -1 : end;
}

function endOfQuantity(record: Uint8Array, start: number): number {
  if (record[start] !== MINUS) return endOfWhole(record, start);
  // JSON.parse makes 0 of -0.
  return record[start + 1] === ZERO ? -1 : endOfWhole(record, start + 1);
}

/** A decimal string, in which zeros stay as the source has them. */
function endOfPrice(record: Uint8Array, start: number): number {
  const whole = endOfDigits(record, record[start] === MINUS ? start + 1 : start, PRICE_DIGITS_MAX.whole);
  return whole >= 0 && record[whole] === DOT ? endOfDigits(record, whole + 1, PRICE_DIGITS_MAX.fraction) : whole;
}

function endOfCustomer(record: Uint8Array, start: number): number {
  const end = endOfSame(record, start, NULL);
  return end >= 0 ? end : endOfWhole(record, start);
}

function customerIn(record: Uint8Array, start: number, end: number): number {
  if (record[start] === NULL[0]) return GUEST;
  let customer = 0;
  for (let at = start; at < end; at++) customer = customer * 10 + (record[at] as number) - ZERO;
  return customer;
}

const DATE_BYTES = '2010-12-01T08:26:00'.length;

/** Remembers the last date that was checked: the lines of an invoice share theirs. */
function datesThatAreKnown(): Field['endOf'] {
  const known = new Uint8Array(DATE_BYTES);
  return (record, start) => {
    const end = start + DATE_BYTES;
    if (end > record.length) return -1;
    if (endOfSame(record, start, known) >= 0) return end;
    const text = textOf(record, start, end);
    // `encoderOf` writes every date in this form.
    if (isoDate(text) !== text) return -1;
    known.set(record.subarray(start, end));
    return end;
  };
}

/** Writes a field, in quotes if there is a comma in it, and returns where it ends. */
function copyField(record: Uint8Array, start: number, end: number, into: Uint8Array, to: number): number {
  let hasComma = false;
  let next = to;
  for (let at = start; at < end; at++) {
    const byte = record[at] as number;
    into[next++] = byte;
    if (byte === COMMA) hasComma = true;
  }
  if (!hasComma) return next;
  into.copyWithin(to + 1, to, next);
  into[to] = QUOTE;
  into[next + 1] = QUOTE;
  return next + 2;
}

/** Whether a record is UTF-8. Its line stands in `line` from `start` up to `end`, with all bytes that may not be ASCII. */
function isText(record: Uint8Array, line: Uint8Array, start: number, end: number): boolean {
  let bits = 0;
  for (let at = start; at < end; at++) bits |= line[at] as number;
  return bits <= DELETE || isUtf8(record);
}

/** The text of ASCII bytes. */
function textOf(record: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...record.subarray(start, end));
}

function ascii(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
