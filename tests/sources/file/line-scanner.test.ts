import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GUEST } from '../../../src/orders/order-block.js';
import { splitLine, whyNotAnOrder } from '../../../src/orders/order-line.js';
import { createLineScanner } from '../../../src/sources/file/line-scanner.js';
import { FIRST_LINE } from '../../fixtures/reading.js';

const digits = fc.string({ unit: fc.constantFrom('0', '1', '5', '9'), maxLength: 17 });
const mostly = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: other });

const anyDate = fc
  .tuple(
    fc.integer({ min: 0, max: 13 }),
    fc.integer({ min: 0, max: 32 }),
    fc.constantFrom('2010', '2012', '999', 'x011', '0000', '0999'),
  )
  .chain(([month, day, year]) =>
    fc
      .tuple(fc.integer({ min: 0, max: 24 }), fc.integer({ min: 0, max: 60 }), fc.boolean())
      .map(([hour, minute, isPadded]) => {
        const of = (value: number) => (isPadded ? String(value).padStart(2, '0') : String(value));
        return `${of(month)}/${of(day)}/${year} ${of(hour)}:${of(minute)}`;
      }),
  );

/** Lines that are nearly all orders, or nearly orders. */
const nearlyLine = fc
  .tuple(
    mostly(fc.constantFrom('536365', 'C536379', 'A1'), fc.constantFrom('', 'x'.repeat(64), 'x'.repeat(65))),
    mostly(fc.constantFrom('85123A', 'POST', 'gift_0001'), fc.constantFrom('', 'y'.repeat(64), 'y'.repeat(65))),
    mostly(fc.constantFrom('MUG', '', ' RED '), fc.string()),
    mostly(
      fc.constantFrom('6', '-12', '0'),
      fc.oneof(
        digits,
        digits.map((of) => `-${of}`),
      ),
    ),
    mostly(fc.constantFrom('12/1/2010 8:26', '1/31/2011 10:00', '2/28/2011 9:05'), anyDate),
    mostly(
      fc.constantFrom('2.55', '0', '-11062.06'),
      fc.tuple(digits, digits).map(([a, b]) => `${a}.${b}`),
    ),
    mostly(fc.constantFrom('17850', '', '12346'), digits),
    fc.constantFrom('United Kingdom', 'EIRE', ''),
  )
  .map((fields) => fields.join(','));

interface Mutation {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat({ max: 120 }),
  remove: fc.nat({ max: 2 }),
  insert: fc.string({
    unit: fc.constantFrom(',', '/', ':', ' ', '-', '.', '0', '9', 'x', '"', '\r', 'é', '\0'),
    maxLength: 2,
  }),
});

const anyLine = fc
  .tuple(nearlyLine, mostly<readonly Mutation[]>(fc.constant([]), fc.array(mutation, { minLength: 1, maxLength: 2 })))
  .map(([line, mutations]) =>
    mutations.reduce((of, { at, remove, insert }) => of.slice(0, at) + insert + of.slice(at + remove), line),
  );

test('a plain line is an order by the rules, with the same invoice, stock code and customer', () => {
  let plain = 0;
  fc.assert(
    // One scanner for many lines: it remembers the date of the line before.
    fc.property(fc.array(anyLine, { minLength: 1, maxLength: 12 }), (lines) => {
      const scanner = createLineScanner();
      const bytes = Buffer.from(`${lines.map((line) => line.replaceAll('\n', ' ')).join('\n')}\n`);
      for (let at = 0; at < bytes.length; at = scanner.lineEnd + 1) {
        const isPlain = scanner.scan(bytes, at, bytes.length);
        expect(scanner.lineEnd).toBe(bytes.indexOf(10, at));
        const line = bytes.toString('utf8', at, scanner.lineEnd);
        if (!isPlain) continue;
        plain++;
        const fields = splitLine(line) as string[];
        expect(whyNotAnOrder(fields), line).toBeUndefined();
        expect(bytes.toString('latin1', at, scanner.invoiceEnd)).toBe(fields[0]);
        expect(bytes.toString('latin1', scanner.invoiceEnd + 1, scanner.stockCodeEnd)).toBe(fields[1]);
        expect(scanner.customer).toBe(fields[6] === '' ? GUEST : Number(fields[6]));
      }
    }),
    { numRuns: 1500 },
  );
  expect(plain).toBeGreaterThan(1000);
});

test('ordinary lines are plain, which is what the scanner is for', () => {
  const lines = [
    FIRST_LINE,
    'C536379,D,Discount,-1,12/1/2010 9:41,27.5,14527,United Kingdom',
    '536414,22139,,56,12/1/2010 11:52,0,,United Kingdom',
    'A563187,B,Adjust bad debt,1,10/31/2011 14:52,-11062.06,,EIRE',
  ];
  const scanner = createLineScanner();
  expect(lines.filter((line) => !scanner.scan(Buffer.from(`${line}\n`), 0, line.length + 1))).toEqual([]);
});

test.each([
  ['letters beyond ASCII', FIRST_LINE.replace('WHITE', '£')],
  ['quotes', FIRST_LINE.replace('WHITE', '"WHITE"')],
  ['a carriage return', `${FIRST_LINE}\r`],
  ['29 February', FIRST_LINE.replace('12/1/2010', '2/29/2012')],
  ['seven fields', FIRST_LINE.replace('6,', '')],
  ['nine fields', `${FIRST_LINE},`],
  ['13 as the month', FIRST_LINE.replace('12/1', '13/1')],
  ['31 April', FIRST_LINE.replace('12/1', '4/31')],
  ['too long a quantity', FIRST_LINE.replace(',6,', ',1234567890123456,')],
])('a line with %s is left to the rules', (_, line) => {
  expect(createLineScanner().scan(Buffer.from(`${line}\n`), 0, Buffer.byteLength(line) + 1)).toBe(false);
});

test('the date of the line before does not make another of the same length a date', () => {
  const scanner = createLineScanner();
  const lines = ['12/1/2010 8:26', '12/1/2010 8:66', '12/1/2010 8:26', '12/0/2010 8:26', '12/1/2010 8:2'].map((date) =>
    FIRST_LINE.replace('12/1/2010 8:26', date),
  );
  expect(lines.map((line) => scanner.scan(Buffer.from(`${line}\n`), 0, line.length + 1))).toEqual([
    true,
    false,
    true,
    false,
    false,
  ]);
});
