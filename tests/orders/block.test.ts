import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBlockBuilder } from '../../src/orders/block-builder.js';
import { decodeBlock, decodeHeader, encodeBlock } from '../../src/orders/codec.js';
import { filtered, GUEST, joined, lineOf, type OrderBlock, orderOf, slice } from '../../src/orders/order-block.js';
import { anyDescription, FIRST_BLOCK_OF_VERSION_1, FIRST_LINE, FIRST_ORDER } from '../fixtures/reading.js';

interface Row {
  readonly line: string;
  readonly customer: number;
  readonly occurrence: number;
}

const anyRow: fc.Arbitrary<Row> = fc.record({
  line: anyDescription.map((text) => `536365,A,"${text.replaceAll('"', '""')}",6,12/1/2010 8:26,2.55,,EIRE`),
  customer: fc.constantFrom(GUEST, 0, 17850, 999_999_999_999_999),
  occurrence: fc.integer({ min: 1, max: 0xffffffff }),
});
const anyRows = fc.array(anyRow, { maxLength: 12 });

function blockOf(rows: readonly Row[]): OrderBlock {
  const builder = createBlockBuilder();
  for (const { line, customer, occurrence } of rows) builder.add(line, customer, occurrence);
  return builder.take();
}

function rowsOf(block: OrderBlock): Row[] {
  return Array.from({ length: block.count }, (_, i) => ({
    line: lineOf(block, i),
    customer: block.customers[i] as number,
    occurrence: block.occurrences[i] as number,
  }));
}

/** Sequence number of the last order of each block. */
const LAST = 541_909;

/** As a decoder gets it: in memory of its own, which may begin anywhere. */
function stored(block: OrderBlock, arrivalMs = 1_290_000_000_123, shift = 0): Uint8Array {
  const bytes = encodeBlock({ arrivalMs, orders: block }, LAST);
  const memory = new Uint8Array(bytes.length + shift);
  memory.set(bytes, shift);
  return memory.subarray(shift);
}

describe('a block', () => {
  test('gives the order that the line says, in the JSON others rely on', () => {
    const block = blockOf([
      { line: FIRST_LINE, customer: 17850, occurrence: 1 },
      { line: FIRST_LINE, customer: 17850, occurrence: 3 },
      { line: '1,A,"6"" £ ,",-12,2/29/2012 0:05,-0.10,,EIRE', customer: GUEST, occurrence: 1 },
    ]);
    expect(JSON.stringify(orderOf(block, 0))).toBe(FIRST_ORDER);
    expect(orderOf(block, 1).orderId).toBe('536365-85123A-3');
    expect(JSON.stringify(orderOf(block, 2))).toBe(
      '{"orderId":"1-A","invoiceNo":"1","stockCode":"A","description":"6\\" £ ,","quantity":-12,"orderDate":"2012-02-29T00:05:00","unitPrice":"-0.10","customerId":null,"country":"EIRE"}',
    );
  });

  test('gives back the lines it was built of, however they were added', () => {
    fc.assert(
      fc.property(anyRows, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (rows, asBytes) => {
        const source = Buffer.from(rows.map(({ line }) => `${line}\n`).join(''));
        const builder = createBlockBuilder();
        let at = 0;
        rows.forEach(({ line, customer, occurrence }, i) => {
          const end = at + Buffer.byteLength(line) + 1;
          if (asBytes[i]) builder.addBytes(source, at, end, customer, occurrence);
          else builder.add(line, customer, occurrence);
          at = end;
        });
        expect(builder.count).toBe(rows.length);
        expect(builder.bytes).toBe(source.length);
        const block = builder.take();
        expect(rowsOf(block)).toEqual(rows);
        expect(Buffer.from(block.lines)).toEqual(source);
        expect(builder.take().count).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  test('keeps what was flushed when its source changes', () => {
    const builder = createBlockBuilder();
    const source = Buffer.from('one\ntwo\n');
    builder.addBytes(source, 0, 4, 1, 1);
    builder.addBytes(source, 4, 8, 2, 1);
    builder.flush();
    source.fill(120);
    expect(rowsOf(builder.take()).map(({ line }) => line)).toEqual(['one', 'two']);
  });

  test('holds more lines and bytes than it began with room for', () => {
    const rows = Array.from(
      { length: 5000 },
      (_, i): Row => ({ line: `${i}${'€'.repeat(40)}`, customer: i, occurrence: i }),
    );
    expect(rowsOf(blockOf(rows))).toEqual(rows);
  });

  test('is cut and put together as a list is', () => {
    fc.assert(
      fc.property(anyRows, fc.nat(12), fc.nat(12), (rows, a, b) => {
        const [from, to] = [Math.min(a, b, rows.length), Math.min(Math.max(a, b), rows.length)];
        const block = blockOf(rows);
        const [left, middle, right] = [slice(block, 0, from), slice(block, from, to), slice(block, to, rows.length)];
        expect(rowsOf(middle)).toEqual(rows.slice(from, to));
        expect(Buffer.from(middle.lines).toString()).toBe(
          rows
            .slice(from, to)
            .map(({ line }) => `${line}\n`)
            .join(''),
        );
        expect(rowsOf(joined([left, middle, right]))).toEqual(rows);
        expect(rowsOf(joined([right, left]))).toEqual([...rows.slice(to), ...rows.slice(0, from)]);
        expect(rowsOf(joined([middle]))).toEqual(rows.slice(from, to));
        expect(joined([]).count).toBe(0);
        expect(rowsOf(block)).toEqual(rows);
      }),
      { numRuns: 1000 },
    );
  });

  test('is filtered as a list is', () => {
    fc.assert(
      fc.property(anyRows, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (rows, wanted) => {
        expect(rowsOf(filtered(blockOf(rows), (i) => wanted[i] === true))).toEqual(rows.filter((_, i) => wanted[i]));
      }),
      { numRuns: 1000 },
    );
  });

  test('may be joined to another of any size', () => {
    const rows = Array.from({ length: 200_000 }, (_, i): Row => ({ line: 'x', customer: i, occurrence: 1 }));
    const block = blockOf(rows);
    const both = joined([block, block]);
    expect([both.count, both.customers[399_999], lineOf(both, 399_999)]).toEqual([400_000, 199_999, 'x']);
  });
});

describe('a block at rest', () => {
  test('comes back as it was, wherever its bytes stand', () => {
    fc.assert(
      fc.property(anyRows, fc.double({ noNaN: true }), fc.nat(16), (rows, arrivalMs, shift) => {
        const bytes = stored(blockOf(rows), arrivalMs, shift);
        expect(decodeHeader(bytes, LAST)?.arrivalMs).toBe(arrivalMs);
        const decoded = decodeBlock(bytes, LAST);
        expect(decoded?.arrivalMs).toBe(arrivalMs);
        expect(rowsOf(decoded?.orders as OrderBlock)).toEqual(rows);
      }),
      { numRuns: 1000 },
    );
  });

  test('comes back as it was after a larger one was encoded', () => {
    const large = blockOf([{ line: 'x'.repeat(200_000), customer: 1, occurrence: 1 }]);
    expect(rowsOf(decodeBlock(stored(large), LAST)?.orders as OrderBlock)).toEqual(rowsOf(large));
    const small = blockOf([{ line: 'y', customer: 2, occurrence: 3 }]);
    expect(rowsOf(decodeBlock(stored(small), LAST)?.orders as OrderBlock)).toEqual(rowsOf(small));
  });

  test('notices one flipped bit, wherever it is', () => {
    const bytes = stored(
      blockOf([
        { line: FIRST_LINE, customer: 17850, occurrence: 1 },
        { line: FIRST_LINE, customer: GUEST, occurrence: 2 },
      ]),
    );
    const unnoticed: string[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Uint8Array.from(bytes);
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      // The body's checksum stands in the header, and says nothing of it.
      const isOfHeader = bit >> 3 < 24 && ![16, 17, 18, 19].includes(bit >> 3);
      if (isOfHeader && decodeHeader(damaged, LAST) !== undefined) unnoticed.push(`byte ${bit >> 3} of the header`);
      if (decodeBlock(damaged, LAST) !== undefined) unnoticed.push(`bit ${bit & 7} of byte ${bit >> 3}`);
    }
    expect(unnoticed).toEqual([]);
  });

  test('notices that it is that of another place', () => {
    const bytes = stored(blockOf([{ line: FIRST_LINE, customer: 17850, occurrence: 1 }]));
    expect(decodeBlock(bytes, LAST + 1)).toBeUndefined();
    expect(decodeHeader(bytes, LAST + 1)).toBeUndefined();
  });

  test('of the format before is read', () => {
    const bytes = Buffer.from(FIRST_BLOCK_OF_VERSION_1, 'base64');
    expect(rowsOf(decodeBlock(bytes, LAST)?.orders as OrderBlock)).toEqual([
      { line: FIRST_LINE, customer: 17850, occurrence: 1 },
    ]);
    expect(decodeHeader(bytes, LAST)).toEqual({ count: 1, arrivalMs: 1_290_000_000_123 });
    bytes[30] = (bytes[30] as number) ^ 1;
    expect(decodeBlock(bytes, LAST)).toBeUndefined();
  });

  test('notices that it was cut, or that something follows', () => {
    const bytes = stored(blockOf([{ line: FIRST_LINE, customer: 17850, occurrence: 1 }]));
    for (let length = 0; length < bytes.length; length++)
      expect(decodeBlock(bytes.slice(0, length), LAST)).toBeUndefined();
    expect(decodeBlock(Uint8Array.of(...bytes, 0), LAST)).toBeUndefined();
    expect(decodeBlock(bytes, LAST)).toBeDefined();
  });
});
