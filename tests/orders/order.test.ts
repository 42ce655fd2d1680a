/** The grammar of order ids. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { invoicesIn, isFirstLineId, occurrenceOf, orderId, partsOf } from '../../src/orders/order.js';

test('the place of an order in its invoice is read from its id', () => {
  expect(occurrenceOf('1-A', '1', 'A')).toBe(1);
  expect(occurrenceOf('1-A-2', '1', 'A')).toBe(2);
  expect(occurrenceOf('1-A-2', '1', 'A-2')).toBe(1);
  for (const id of ['1-A-1', '1-A-02', '1-A-', '1-A-x', '1-B', '1', 'A', '']) {
    expect(occurrenceOf(id, '1', 'A')).toBeUndefined();
  }
});

test('every invoice that an id may begin with is named, shortest first', () => {
  expect(invoicesIn('536365-85123A')).toEqual(['536365']);
  expect(invoicesIn('A-1-B-2')).toEqual(['A', 'A-1', 'A-1-B']);
  expect(invoicesIn('-B-C')).toEqual(['-B']);
  for (const id of ['', '-', '-B', 'A']) expect(invoicesIn(id)).toEqual([]);
});

test('an id alone is split at its first hyphen', () => {
  expect(partsOf('A-B-2')).toEqual(['A', 'B-2']);
  expect(partsOf('A')).toEqual(['A', '']);
});

const key = fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom('1', '2', '-', 'A') });

test('an id says the occurrence it was made of, and its invoice is among those it may begin with', () => {
  fc.assert(
    fc.property(key, key, fc.integer({ min: 1, max: 999_999_999 }), (invoiceNo, stockCode, occurrence) => {
      const id = orderId(invoiceNo, stockCode, occurrence);
      expect(occurrenceOf(id, invoiceNo, stockCode)).toBe(occurrence);
      expect(invoicesIn(id)).toContain(invoiceNo);
    }),
  );
});

test('the id of a first line is known by its bytes as by its text', () => {
  const id = fc.oneof(
    key,
    fc.tuple(key, key).map(([invoiceNo, stockCode]) => `${invoiceNo}-${stockCode}`),
  );
  fc.assert(
    fc.property(
      fc.oneof({ weight: 1, arbitrary: fc.constant('same') }, { weight: 1, arbitrary: id }),
      key,
      key,
      (some, a, b) => {
        const text = some === 'same' ? orderId(a, b, 1) : some;
        const bytes = Buffer.from(`${text} ${a} ${b}`);
        const span = (start: number, length: number) => ({ start, end: start + length });
        const [id, invoice, code] = [
          span(0, text.length),
          span(text.length + 1, a.length),
          span(text.length + a.length + 2, b.length),
        ] as const;
        expect(isFirstLineId(bytes, id, invoice, code)).toBe(occurrenceOf(text, a, b) === 1);
      },
    ),
    { numRuns: 1000 },
  );
});
