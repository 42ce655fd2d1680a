import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes, duration, percent, pounds, whole } from '../../src/terminal/numbers.js';

test.each([
  [0, '0'],
  [999, '999'],
  [541_909, '541,909'],
  [-1234.6, '-1,235'],
  [9_007_199_254_740_991, '9,007,199,254,740,991'],
])('%d is written %s', (value, shown) => {
  expect(whole(value)).toBe(shown);
});

describe('seconds', () => {
  test.each([
    [0, '0.0 s'],
    [0.44, '0.4 s'],
    [9.94, '9.9 s'],
    [42.4, '42 s'],
    [59.4, '59 s'],
    [59.6, '1 min 0 s'],
    [200, '3 min 20 s'],
    [3599.4, '59 min 59 s'],
    [3599.6, '1 h 0 min'],
    [7500, '2 h 5 min'],
    [360_000, '100 h 0 min'],
    [Number.POSITIVE_INFINITY, '?'],
    [Number.NaN, '?'],
  ])('%d s', (seconds, shown) => {
    expect(duration(seconds)).toBe(shown);
  });
});

describe('pounds', () => {
  test.each([
    ['9747747.934', '£9,747,747.93'],
    ['8300065.814', '£8,300,065.81'],
    ['0', '£0.00'],
    ['2.5', '£2.50'],
    ['1000', '£1,000.00'],
    ['-11062.06', '-£11,062.06'],
    ['0.005', '£0.01'],
    ['0.00499999', '£0.00'],
    ['-0.005', '-£0.01'],
    ['-0.004', '£0.00'],
    ['999.995', '£1,000.00'],
    ['123456789012345678901234567890.1', '£123,456,789,012,345,678,901,234,567,890.10'],
  ])('%s', (decimal, shown) => {
    expect(pounds(decimal)).toBe(shown);
  });

  test('are the decimal rounded to the penny, as a whole number of thousandths has it', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (thousandths) => {
        const size = thousandths < 0n ? -thousandths : thousandths;
        const decimal = `${thousandths < 0n ? '-' : ''}${size / 1000n}.${String(size % 1000n).padStart(3, '0')}`;
        const pennies = (size + 5n) / 10n;
        const shown = pounds(decimal);
        expect(shown).toMatch(/^-?£\d{1,3}(,\d{3})*\.\d\d$/);
        expect(BigInt(shown.replaceAll(/[^\d]/g, ''))).toBe(pennies);
        expect(shown.startsWith('-')).toBe(thousandths < 0n && pennies > 0n);
      }),
      { numRuns: 1000 },
    );
  });
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [1_234_567, '1.2 MB'],
  [999_999, '1.0 MB'],
  [5_000_000_000, '5.0 GB'],
  [7_200_000_000_000_000, '7200.0 TB'],
])('%d bytes are %s', (value, shown) => {
  expect(bytes(value)).toBe(shown);
});

test.each([
  ['0.0168', '1.68%'],
  ['0', '0.00%'],
  ['1', '100.00%'],
  ['0.5', '50.00%'],
  ['-0.2523', '-25.23%'],
  ['-0.00001', '0.00%'],
  ['12.34565', '1,234.57%'],
])('the part %s is %s', (part, shown) => {
  expect(percent(part)).toBe(shown);
});
