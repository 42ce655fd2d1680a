/**
 * Reads plain order lines as bytes. Nineteen in twenty lines of a real file have no quotes, no letters beyond ASCII and
 * nothing wrong with them: those are checked here without making a string of them. Every other line is left to
 * `order-line.ts`, which alone states the rules; a line that passes here passes there, with the same values.
 */

import { GUEST } from '../../orders/order-block.js';
import { FIELD_CHARACTERS_MAX, KEY_CHARACTERS_MAX, PRICE_DIGITS_MAX } from '../../orders/order-line.js';

export interface LineScanner {
  /** Where the line that was scanned ends: at its line feed, or at `limit` if there is none. */
  lineEnd: number;
  /** Ends of the first two fields of a plain line. */
  invoiceEnd: number;
  stockCodeEnd: number;
  /** Customer of a plain line, or `GUEST`. */
  customer: number;
  /** Scans the line at `start`; true if it is a plain order line. */
  scan(bytes: Uint8Array, start: number, limit: number): boolean;
}

const LF = 10;
const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const DOT = 46;
const SLASH = 47;
const ZERO = 48;
const COLON = 58;
const SPACE = 32;

/** The kind of each byte, as a table: the time of scanning is one test a byte. */
const KINDS = new Uint8Array(256);
const ORDINARY = 0;
const SEPARATOR = 1;
const END = 2;
const NOT_PLAIN = 3;
KINDS.fill(NOT_PLAIN, 0, SPACE).fill(NOT_PLAIN, 127);
KINDS[COMMA] = SEPARATOR;
KINDS[LF] = END;
KINDS[QUOTE] = NOT_PLAIN;

const DAYS = new Uint8Array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]);

export function createLineScanner(): LineScanner {
  const commas = new Int32Array(8);
  const date = new Uint8Array(16);
  let dateLength = -1;

  function scan(bytes: Uint8Array, start: number, limit: number): boolean {
    let commaCount = 0;
    let isPlain = true;
    let at = start;
    for (; at < limit; at++) {
      const kind = KINDS[bytes[at] as number];
      if (kind === ORDINARY) continue;
      if (kind === SEPARATOR) {
        if (commaCount < 7) commas[commaCount] = at;
        commaCount++;
      } else if (kind === END) break;
      else isPlain = false;
    }
    scanner.lineEnd = at;
    if (!isPlain || commaCount !== 7 || at - start > FIELD_CHARACTERS_MAX) return false;

    const invoiceEnd = commas[0] as number;
    const stockCodeEnd = commas[1] as number;
    if (invoiceEnd === start || invoiceEnd - start > KEY_CHARACTERS_MAX) return false;
    if (stockCodeEnd === invoiceEnd + 1 || stockCodeEnd - invoiceEnd - 1 > KEY_CHARACTERS_MAX) return false;
    scanner.invoiceEnd = invoiceEnd;
    scanner.stockCodeEnd = stockCodeEnd;
    return (
      isWhole(bytes, (commas[2] as number) + 1, commas[3] as number) &&
      isDate(bytes, (commas[3] as number) + 1, commas[4] as number) &&
      isDecimal(bytes, (commas[4] as number) + 1, commas[5] as number) &&
      isCustomer(bytes, (commas[5] as number) + 1, commas[6] as number)
    );
  }

  /** Most lines have the date of the line before. */
  function isDate(bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    let i = length === dateLength ? 0 : length;
    while (i < length && bytes[start + i] === date[i]) i++;
    if (i === length && length === dateLength) return true;
    if (length > date.length || !isUsDate(bytes, start, end)) return false;
    for (let j = 0; j < length; j++) date[j] = bytes[start + j] as number;
    dateLength = length;
    return true;
  }

  function isCustomer(bytes: Uint8Array, start: number, end: number): boolean {
    if (start === end) {
      scanner.customer = GUEST;
      return true;
    }
    if (end - start > 15) return false;
    let customer = 0;
    for (let at = start; at < end; at++) {
      const digit = (bytes[at] as number) - ZERO;
      if (digit < 0 || digit > 9) return false;
      customer = customer * 10 + digit;
    }
    scanner.customer = customer;
    return true;
  }

  const scanner: LineScanner = {
    lineEnd: 0,
    invoiceEnd: 0,
    stockCodeEnd: 0,
    customer: GUEST,
    scan,
  };
  return scanner;
}

function isWhole(bytes: Uint8Array, from: number, end: number): boolean {
  const start = bytes[from] === MINUS ? from + 1 : from;
  if (start === end || end - start > 15) return false;
  for (let at = start; at < end; at++) if (!isDigit(bytes[at] as number)) return false;
  return true;
}

function isDecimal(bytes: Uint8Array, from: number, end: number): boolean {
  const start = bytes[from] === MINUS ? from + 1 : from;
  let dot = -1;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === DOT && dot < 0) dot = at;
    else if (!isDigit(byte)) return false;
  }
  if (dot < 0) return end > start && end - start <= PRICE_DIGITS_MAX.whole;
  const fraction = end - dot - 1;
  return dot > start && dot - start <= PRICE_DIGITS_MAX.whole && fraction > 0 && fraction <= PRICE_DIGITS_MAX.fraction;
}

/** `M/D/YYYY H:MM`. 29 February and the first thousand years are left to `order-line.ts`, which knows more of them. */
function isUsDate(bytes: Uint8Array, start: number, end: number): boolean {
  const monthEnd = bytes[start + 1] === SLASH ? start + 1 : start + 2;
  const dayEnd = bytes[monthEnd + 2] === SLASH ? monthEnd + 2 : monthEnd + 3;
  const hour = dayEnd + 6;
  const hourEnd = bytes[hour + 1] === COLON ? hour + 1 : hour + 2;
  if (hourEnd + 3 !== end) return false;
  if (bytes[monthEnd] !== SLASH || bytes[dayEnd] !== SLASH || bytes[hour - 1] !== SPACE || bytes[hourEnd] !== COLON) {
    return false;
  }
  if (bytes[dayEnd + 1] === ZERO) return false;
  for (let at = dayEnd + 1; at < hour - 1; at++) if (!isDigit(bytes[at] as number)) return false;
  const month = number(bytes, start, monthEnd);
  const day = number(bytes, monthEnd + 1, dayEnd);
  const minute = number(bytes, hourEnd + 1, end);
  const hours = number(bytes, hour, hourEnd);
  return day >= 1 && day <= (DAYS[month] ?? 0) && hours >= 0 && hours <= 23 && minute >= 0 && minute <= 59;
}

/** The value of one or two digits, or a number that no date has. */
function number(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (!isDigit(byte)) return -1;
    value = value * 10 + byte - ZERO;
  }
  return value;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 57;
}
