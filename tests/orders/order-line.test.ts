import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatLine, isoDate, splitLine, whyNotAnOrder } from '../../src/orders/order-line.js';

/** Fields of one line by the reference, or undefined if it refuses the line. */
function byCsvParse(line: string): string[] | undefined {
  try {
    const records = parse(`${line}\n`, { record_delimiter: '\n', relax_quotes: false }) as string[][];
    if (records.length !== 1) throw new Error(`${records.length} records`);
    return records[0];
  } catch {
    return undefined;
  }
}

function bySplitLine(line: string): string[] | undefined {
  const fields = splitLine(line);
  return typeof fields === 'string' ? undefined : fields;
}

// No NUL: csv-parse takes one behind a closing quote; an order with one is refused anyway.
const character = fc.constantFrom('"', '"', ',', ',', ' ', 'a', 'B', '7', '£', '\r', '\t', "'", '€', '😀');
const anyField = fc.oneof(
  fc.string({ unit: character, maxLength: 6 }),
  fc.string({ unit: character, maxLength: 6 }).map((field) => `"${field.replaceAll('"', '""')}"`),
);

describe('splitting a line', () => {
  test('agrees with csv-parse on lines of fields, right and wrong', () => {
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.array(anyField, { minLength: 1, maxLength: 9 }), (fields) => {
        const line = fields.join(',');
        const expected = byCsvParse(line);
        if (expected) accepted++;
        else refused++;
        expect(bySplitLine(line)).toEqual(expected);
      }),
      { numRuns: 2500 },
    );
    // Both sides of the property were tried.
    expect(Math.min(accepted, refused)).toBeGreaterThan(100);
  });

  test('agrees with csv-parse on lines of nothing in particular', () => {
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 24 }), (line) => {
        expect(bySplitLine(line)).toEqual(byCsvParse(line));
      }),
      { numRuns: 4000 },
    );
  });

  test('says why a line is not RFC 4180', () => {
    expect(splitLine('1,"A,B')).toBe('unclosed quote');
    expect(splitLine('1,"A""')).toBe('unclosed quote');
    expect(splitLine('1,"A" ,B')).toBe('a quote closes before " "');
    expect(splitLine('1,MUG 6",B')).toBe('a quote inside an unquoted field');
  });

  test('takes fields apart', () => {
    expect(splitLine('"SET OF 6 ""T-LIGHTS"", RED",,"",£2 ,')).toEqual(['SET OF 6 "T-LIGHTS", RED', '', '', '£2 ', '']);
  });
});

describe('writing a line', () => {
  test('is undone by splitting it, by us and by csv-parse', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: character }), { minLength: 1, maxLength: 9 }), (fields) => {
        const line = formatLine(fields);
        expect(splitLine(line)).toEqual(fields);
        expect(byCsvParse(line) ?? []).toEqual(line === '' ? [''] : fields);
      }),
      { numRuns: 1000 },
    );
  });

  test('quotes no more than it must', () => {
    expect(formatLine(['a b', "it's £2", 'x,y', '6" PLATE', 'a\rb', 'a\nb', ''])).toBe(
      'a b,it\'s £2,"x,y","6"" PLATE","a\rb","a\nb",',
    );
  });
});

/** Whether there is such a moment, by the calendar of the platform. */
function exists([year, month, day, hour, minute, second]: readonly number[]): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year as number, (month as number) - 1, day);
  date.setUTCHours(hour as number, minute, second, 0);
  return (
    date.getUTCFullYear() === year &&
    date.getUTCMonth() + 1 === month &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second
  );
}

const anyMoment = fc.tuple(
  fc.integer({ min: 1890, max: 2110 }),
  fc.integer({ min: 0, max: 13 }),
  fc.oneof(fc.integer({ min: 0, max: 32 }), fc.integer({ min: 28, max: 31 })),
  fc.integer({ min: 0, max: 25 }),
  fc.integer({ min: 0, max: 61 }),
  fc.integer({ min: 0, max: 61 }),
);
const two = (value: number): string => String(value).padStart(2, '0');

describe('a date', () => {
  test('is one where the calendar has it, in both layouts', () => {
    fc.assert(
      fc.property(anyMoment, fc.boolean(), fc.boolean(), (moment, isPadded, hasSeconds) => {
        const [year, month, day, hour, minute, second] = moment;
        const of = hasSeconds ? moment : [...moment.slice(0, 5), 0];
        const iso = `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(of[5] as number)}`;
        const expected = exists(of) ? iso : undefined;
        const tail = hasSeconds ? `:${two(second)}` : '';
        const short = isPadded ? two : String;
        expect(isoDate(`${short(month)}/${short(day)}/${year} ${short(hour)}:${two(minute)}${tail}`)).toBe(expected);
        expect(isoDate(`${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}${tail}`)).toBe(expected);
        expect(isoDate(`${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}${tail}`)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test('has a 29th of February in leap years alone', () => {
    const leap = [1896, 1900, 1904, 2000, 2011, 2012, 2100].filter(
      (year) => isoDate(`2/29/${year} 8:26`) !== undefined,
    );
    expect(leap).toEqual([1896, 1904, 2000, 2012]);
  });

  test.each([
    '',
    '12/1/2010',
    '2010-12-01',
    '12/1/10 8:26',
    '12-1-2010 8:26',
    '1.12.2010 8:26',
    '12/1/2010 8:26 AM',
    '12/1/2010  8:26',
    ' 12/1/2010 8:26',
    '12/1/2010 8:6',
    '12/1/2010 24:00',
    '13/1/2010 8:26',
    '2010-12-01 08:26:00Z',
    '2010-12-1 08:26',
    '12/1/2010 8:26\n',
    '１２/1/2010 8:26',
  ])('%j is none', (date) => {
    expect(isoDate(date)).toBeUndefined();
  });
});

describe('an order', () => {
  const fields = ['536365', '85123A', 'MUG', '6', '12/1/2010 8:26', '2.55', '17850', 'EIRE'];
  const [invoice, code, description, quantity, date, price, customer] = [0, 1, 2, 3, 4, 5, 6] as const;
  const why = (at: number | undefined, value: string) =>
    whyNotAnOrder(fields.map((field, i) => (i === at ? value : field)));

  test('has eight fields', () => {
    expect(whyNotAnOrder(fields)).toBeUndefined();
    expect(whyNotAnOrder(fields.slice(1))).toBe('7 fields instead of 8');
    expect(whyNotAnOrder([...fields, ''])).toBe('9 fields instead of 8');
  });

  test.each<readonly [at: number, value: string]>([
    [invoice, 'x'.repeat(64)],
    [code, 'gift_0001_40'],
    [code, 'É 1'],
    [description, ''],
    [description, 'a\r\nb'],
    [description, 'x'.repeat(65_536)],
    [quantity, '-80995'],
    [quantity, '0'],
    [quantity, '007'],
    [quantity, '999999999999999'],
    [date, '2011-02-28 08:26:00'],
    [price, '0'],
    [price, '-11062.06'],
    [price, '999999999999.123456'],
    [price, '2.550000000000000'],
    [customer, ''],
    [customer, '17850.0'],
  ])('may have field %i as %j', (at, value) => {
    expect(why(at, value)).toBeUndefined();
  });

  test.each<readonly [at: number, value: string, reason: string | RegExp]>([
    [invoice, '', 'InvoiceNo is empty'],
    [code, '', 'StockCode is empty'],
    [invoice, 'x'.repeat(65), 'InvoiceNo of 65 characters (at most 64)'],
    [code, 'x'.repeat(65), 'StockCode of 65 characters (at most 64)'],
    [invoice, '53\t6', 'InvoiceNo "53\\t6" holds a control character'],
    [code, 'A\u009b', /^StockCode .* holds a control character$/],
    [invoice, 'A\0', 'InvoiceNo holds a NUL byte'],
    [description, 'A\0', 'Description holds a NUL byte'],
    [description, 'x'.repeat(65_537), 'Description of 65537 characters (at most 65536)'],
    [7, 'x'.repeat(65_537), 'Country of 65537 characters (at most 65536)'],
    ...['', '1.5', '1e3', '+1', ' 1', '1 ', '--1', '1,000', '0x1', '１', '1234567890123456'].map(
      (value) => [quantity, value, `Quantity ${JSON.stringify(value)} is not a whole number`] as const,
    ),
    [date, '2/29/2011 8:26', 'InvoiceDate "2/29/2011 8:26" is not a date such as 12/1/2010 8:26'],
    ...['', '£2', '2,55', '.5', '2.', '1e3', '+2', 'NaN', 'Infinity', '2.55 ', '1.2.3'].map(
      (value) => [price, value, `UnitPrice ${JSON.stringify(value)} is not a decimal number`] as const,
    ),
    ...['1234567890123', '-1234567890123.5', '0.1234567', '0.0000000000000001'].map(
      (value) =>
        [
          price,
          value,
          `UnitPrice "${value}" has more digits than an order keeps exactly (12 before the point, 6 after)`,
        ] as const,
    ),
    [date, '1/1/0000 8:26', 'InvoiceDate "1/1/0000 8:26" is not a date such as 12/1/2010 8:26'],
    ...['x', '-1', '17850.5', '17850.', ' ', '1234567890123456'].map(
      (value) => [customer, value, `CustomerID ${JSON.stringify(value)} is not a whole number`] as const,
    ),
  ])('may not have field %i as %j', (at, value, reason) => {
    const said = why(at, value);
    if (typeof reason === 'string') expect(said).toBe(reason);
    else expect(said).toMatch(reason);
  });

  test('a reason is short and on one line, whatever the value', () => {
    const said = why(quantity, `${'\u001b[2J\n'.repeat(1000)}`) as string;
    expect(said.length).toBeLessThan(400);
    expect(said).not.toMatch(/\p{Cc}/u);
  });
});
