import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orderId } from '../../../src/orders/order.js';
import { numberInvoices } from '../../../src/sources/file/invoice-codes.js';

type Line = readonly [invoiceNo: string, stockCode: string];

const anyLines: fc.Arbitrary<Line[]> = fc.array(
  fc.tuple(fc.constantFrom('1', '2', 'C3'), fc.constantFrom('X', 'X-2', 'X-3', 'X-2-2', 'X-2-3', 'Y', 'É', '')),
  { maxLength: 40 },
);

/** Numbers lines as the source does; `interruptedAt` says where it is left and begun anew with what was kept. */
function idsOf(lines: readonly Line[], interruptedAt: (i: number) => boolean = () => false, asBytes = false): string[] {
  const kept = new Map<string, string[]>();
  const begin = () => numberInvoices((invoiceNo) => kept.get(invoiceNo)?.slice());
  let numbering = begin();
  const keep = () => {
    for (const [invoiceNo, codes] of numbering.changed()) kept.set(invoiceNo, codes.slice());
  };
  return lines.map(([invoiceNo, stockCode], i) => {
    if (interruptedAt(i)) {
      keep();
      numbering = begin();
    }
    numbering.open(invoiceNo);
    const bytes = Buffer.from(`,${stockCode},`, 'latin1');
    const number = asBytes ? numbering.numberAt(bytes, 1, bytes.length - 1) : numbering.number(stockCode);
    return orderId(invoiceNo, stockCode, number);
  });
}

describe('numbering', () => {
  test('gives the 2nd and 3rd line of a product in an invoice -2 and -3, wherever the invoice goes on', () => {
    expect(
      idsOf([
        ['536365', '85123A'],
        ['536365', '71053'],
        ['536365', '85123A'],
        ['536366', '85123A'],
        ['536365', '85123A'],
        ['536366', '71053'],
      ]),
    ).toEqual(['536365-85123A', '536365-71053', '536365-85123A-2', '536366-85123A', '536365-85123A-3', '536366-71053']);
  });

  test('steps over the code of another product', () => {
    expect(idsOf(['X-2', 'X', 'X', 'X-2', 'X'].map((code): Line => ['1', code]))).toEqual([
      '1-X-2',
      '1-X',
      '1-X-3',
      '1-X-2-2',
      '1-X-4',
    ]);
  });

  test('never gives an id twice', () => {
    fc.assert(
      fc.property(anyLines, fc.boolean(), (lines, asBytes) => {
        const ids = idsOf(lines, undefined, asBytes);
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns: 1000 },
    );
  });

  test('gives the same ids wherever it is interrupted, from bytes or from text', () => {
    fc.assert(
      fc.property(
        anyLines,
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
        fc.boolean(),
        (lines, cuts, as) => {
          expect(idsOf(lines, (i) => cuts[i] === true, as)).toEqual(idsOf(lines));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('tells codes apart whose hashes are the same', () => {
    // 31 * 'A' + 'a' = 31 * 'B' + 'B'
    expect(
      idsOf(
        ['Aa', 'BB', 'Aa', 'BB'].map((code): Line => ['1', code]),
        undefined,
        true,
      ),
    ).toEqual(['1-Aa', '1-BB', '1-Aa-2', '1-BB-2']);
  });
});

describe('more invoices than are remembered', () => {
  const INVOICES = 10_500;

  /** Reads every invoice, then comes back to each; `every` says after how many lines what changed is kept. */
  function comeBack(every: number) {
    const kept = new Map<string, string[]>();
    const asked = new Set<string>();
    const numbering = numberInvoices((invoiceNo) => {
      asked.add(invoiceNo);
      return kept.get(invoiceNo)?.slice();
    });
    const numbers: number[] = [];
    for (let i = 0; i < 2 * INVOICES; i++) {
      numbering.open(String(i % INVOICES));
      numbers.push(numbering.number('A'), numbering.number('B'));
      if (i % every === every - 1) for (const [no, codes] of numbering.changed()) kept.set(no, codes.slice());
    }
    return { numbers, asked, kept };
  }

  test('go on where they were, from what was kept', () => {
    const { numbers, asked, kept } = comeBack(100);
    expect(numbers).toEqual(Array.from({ length: 4 * INVOICES }, (_, i) => (i < 2 * INVOICES ? 1 : 2)));
    expect(asked.size).toBe(INVOICES);
    expect(kept.get('0')).toEqual(['A', 'B', 'A', 'B']);
  });

  test('go on where they were even if nothing could be kept yet', () => {
    const { numbers } = comeBack(Number.POSITIVE_INFINITY);
    expect(numbers.slice(2 * INVOICES).every((number) => number === 2)).toBe(true);
  });

  test('are not all held: an old one is asked for again', () => {
    let asked = 0;
    const numbering = numberInvoices(() => {
      asked++;
      return undefined;
    });
    for (let i = 0; i < 3 * INVOICES; i++) {
      numbering.open(String(i % INVOICES));
      numbering.changed();
    }
    expect(asked).toBe(3 * INVOICES);
  });
});

test('what changed is told once, with all codes of the invoice so far', () => {
  const numbering = numberInvoices((invoiceNo) => (invoiceNo === '2' ? ['Z'] : undefined));
  numbering.open('1');
  numbering.number('A');
  numbering.open('2');
  numbering.number('Z');
  numbering.open('3');
  expect([...numbering.changed()]).toEqual([
    ['1', ['A']],
    ['2', ['Z', 'Z']],
  ]);
  expect(numbering.changed().size).toBe(0);
  numbering.open('1');
  numbering.number('B');
  expect([...numbering.changed()]).toEqual([['1', ['A', 'B']]]);
});
