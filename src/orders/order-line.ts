/** One order line as text: RFC 4180, the fields in the order of `FIELDS`. */
import { FIELDS } from './order.js';

export type LineFields = [
  invoiceNo: string,
  stockCode: string,
  description: string,
  quantity: string,
  invoiceDate: string,
  unitPrice: string,
  customerId: string,
  country: string,
];

/** No field may be longer than this. */
export const FIELD_CHARACTERS_MAX = 65_536;
/** Invoice numbers and stock codes become keys, whose size engines limit. */
export const KEY_CHARACTERS_MAX = 64;
/** Digits of a price before and after its point. So a price is a DECIMAL(18,6), and revenue fits in 38 digits on every engine. */
export const PRICE_DIGITS_MAX = { whole: 12, fraction: 6 } as const;

const PRICE = new RegExp(`^-?\\d{1,${PRICE_DIGITS_MAX.whole}}(\\.\\d{1,${PRICE_DIGITS_MAX.fraction}}0{0,9})?$`);
const DECIMAL = /^-?\d+(\.\d+)?$/;

/** Splits a line into its fields, or says why it is not RFC 4180. Agrees with csv-parse on every line. */
export function splitLine(line: string): string[] | string {
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (line[at] === '"') {
      let field = '';
      for (;;) {
        const quote = line.indexOf('"', at + 1);
        if (quote < 0) return 'unclosed quote';
        field += line.slice(at + 1, quote);
        at = quote + 1;
        if (line[at] !== '"') break;
        field += '"';
      }
      if (at < line.length && line[at] !== ',') return `a quote closes before ${JSON.stringify(line[at])}`;
      fields.push(field);
    } else {
      const comma = line.indexOf(',', at);
      const field = line.slice(at, comma < 0 ? line.length : comma);
      if (field.includes('"')) return 'a quote inside an unquoted field';
      fields.push(field);
      at += field.length;
    }
    if (at >= line.length) return fields;
    at++;
  }
}

/** The fields of a line that is known to be an order. */
export function parseLine(line: string): LineFields {
  return splitLine(line) as LineFields;
}

/** Writes fields as one line, quoting no more than RFC 4180 asks. */
export function formatLine(fields: readonly string[]): string {
  return fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}

/** Why these fields are not an order, or undefined if they are one. */
export function whyNotAnOrder(fields: readonly string[]): string | undefined {
  if (fields.length !== FIELDS.length) return `${fields.length} fields instead of ${FIELDS.length}`;
  const nul = fields.findIndex((field) => field.includes('\0'));
  if (nul >= 0) return `${FIELDS[nul]} holds a NUL byte`;
  const long = fields.findIndex((field) => field.length > FIELD_CHARACTERS_MAX);
  if (long >= 0) return `${FIELDS[long]} of ${fields[long]?.length} characters (at most ${FIELD_CHARACTERS_MAX})`;
  const [invoiceNo, stockCode, , quantity, date, price, customer] = fields as LineFields;
  for (const [name, value] of [
    ['InvoiceNo', invoiceNo],
    ['StockCode', stockCode],
  ] as const) {
    if (value === '') return `${name} is empty`;
    if (value.length > KEY_CHARACTERS_MAX)
      return `${name} of ${value.length} characters (at most ${KEY_CHARACTERS_MAX})`;
    if (/\p{Cc}/u.test(value)) return `${name} ${quoted(value)} holds a control character`;
  }
  if (!/^-?\d{1,15}$/.test(quantity)) return `Quantity ${quoted(quantity)} is not a whole number`;
  if (isoDate(date) === undefined) return `InvoiceDate ${quoted(date)} is not a date such as 12/1/2010 8:26`;
  if (!PRICE.test(price)) return `UnitPrice ${quoted(price)} ${whyNoPrice(price)}`;
  if (!/^(\d{1,15}(\.0+)?)?$/.test(customer)) return `CustomerID ${quoted(customer)} is not a whole number`;
  return undefined;
}

function whyNoPrice(price: string): string {
  const { whole, fraction } = PRICE_DIGITS_MAX;
  return DECIMAL.test(price)
    ? `has more digits than an order keeps exactly (${whole} before the point, ${fraction} after)`
    : 'is not a decimal number';
}

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * `12/1/2010 8:26` (month first, as in the source) or `2010-12-01 08:26:00` as ISO 8601 without a zone, or undefined if
 * there is no such moment.
 */
export function isoDate(date: string): string | undefined {
  const us = /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(date);
  const iso = us ? undefined : /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2})(?::(\d{2}))?$/.exec(date);
  const found = us ?? iso;
  if (!found) return undefined;
  const [, a, b, c, hour, minute, second = '00'] = found as unknown as string[];
  const [year, month, day] = us ? [c, a, b] : [a, b, c];
  // Calendars begin with the year 1, and so do the engines.
  if (Number(year) === 0) return undefined;
  const isLeap = Number(year) % 4 === 0 && (Number(year) % 100 !== 0 || Number(year) % 400 === 0);
  const days = Number(month) === 2 && !isLeap ? 28 : DAYS[Number(month) - 1];
  if (days === undefined || Number(day) < 1 || Number(day) > days) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  return `${year}-${month?.padStart(2, '0')}-${day?.padStart(2, '0')}T${hour?.padStart(2, '0')}:${minute}:${second}`;
}

/** A wrong value as an error shows it: quoted, on one line, and short. */
export function quoted(value: string): string {
  const short = value.length > 40 ? `${value.slice(0, 40)}…` : value;
  // JSON does not escape the control characters beyond ASCII.
  return JSON.stringify(short).replaceAll(/\p{Cc}/gu, '\u{fffd}');
}
