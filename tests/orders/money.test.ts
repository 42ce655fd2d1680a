import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSum } from '../../src/orders/money.js';

type Item = readonly [quantity: number, price: string];

function sumOf(items: readonly Item[]): string {
  const sum = createSum();
  for (const [quantity, price] of items) sum.add(quantity, price);
  return sum.toString();
}

/** The same in units of 10^-30, written out from the digits. */
function byBigInt(items: readonly Item[]): string {
  let total = 0n;
  for (const [quantity, price] of items) {
    const [, sign, digits, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(price) as unknown as string[];
    total += BigInt(`${sign}${digits}${fraction.padEnd(30, '0')}`) * BigInt(quantity);
  }
  const digits = String(total < 0n ? -total : total).padStart(31, '0');
  const text = `${digits.slice(0, -30)}.${digits.slice(-30)}`.replace(/\.?0+$/, '');
  return total < 0n ? `-${text}` : text;
}

const digits = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength, maxLength });
const price = fc
  .oneof(
    fc.tuple(digits(1, 4), digits(0, 3)),
    fc.tuple(digits(1, 15), digits(0, 15)),
    fc.tuple(fc.constantFrom('7036874417', '7036874418', '999999999999999'), digits(0, 5)),
  )
  .chain(([whole, fraction]) => fc.constantFrom('', '-').map((sign) => `${sign}${whole}${fraction && `.${fraction}`}`));
const quantity = fc.oneof(
  fc.integer({ min: -100, max: 100 }),
  fc.integer({ min: -80_995, max: 80_995 }),
  fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }),
);

describe('a sum of money', () => {
  test('is exact: as integers of any size have it', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(quantity, price), { maxLength: 30 }), (items) => {
        expect(sumOf(items)).toBe(byBigInt(items));
      }),
      { numRuns: 5000 },
    );
  });

  test('is nought of nothing, and of what cancels', () => {
    expect(sumOf([])).toBe('0');
    expect(
      sumOf([
        [3, '2.55'],
        [-3, '2.55'],
      ]),
    ).toBe('0');
    expect(
      sumOf([
        [0, '-1'],
        [-1, '0.0'],
      ]),
    ).toBe('0');
  });

  test('is what a person reckons', () => {
    // 6 × 2.55 + 2 × 0.001 − 1 × 27.5 = 15.3 + 0.002 − 27.5
    expect(
      sumOf([
        [6, '2.55'],
        [2, '0.001'],
        [-1, '27.5'],
      ]),
    ).toBe('-12.198');
    expect(
      sumOf([
        [1, '0.1'],
        [1, '0.2'],
      ]),
    ).toBe('0.3');
    expect(sumOf([[1, '1000']])).toBe('1000');
    expect(
      sumOf([
        [1, '0.00001'],
        [1, '0.99999'],
      ]),
    ).toBe('1');
  });

  test('stays exact past what a number holds', () => {
    // 100,000 × 9,007,199,254 × 1.0001 = 900,719,925,400,000 + 90,071,992,540
    expect(sumOf(Array.from({ length: 100_000 }, (): Item => [9_007_199_254, '1.0001']))).toBe('900809997392540');
  });

  test.each(['', 'abc', '1.2.3', '-', '1,5', '£2', 'NaN', 'Infinity', '0x10', '1e3'])('refuses %j', (text) => {
    expect(() => createSum().add(1, text)).toThrow();
  });
});
