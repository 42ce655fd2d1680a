/** Orders as records: ours, and those of the Kinesis Agent. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBlockBuilder } from '../../src/orders/block-builder.js';
import { GUEST, type OrderBlock, orderOf } from '../../src/orders/order-block.js';
import { addOrder, decodeOrder, encoderOf, isOrder, recordsInto } from '../../src/stream/order-record.js';
import { createRecordScanner } from '../../src/stream/record-scanner.js';
import { blockOf, type Line } from '../fixtures/orders.js';

const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => !/[\0\ud800-\udfff]/u.test(value));
const key = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((value) => !/[\p{Cc}\ud800-\udfff]/u.test(value));
const lines: fc.Arbitrary<Line> = fc.record({
  invoiceNo: key,
  stockCode: key,
  description: text,
  quantity: fc.integer(),
  date: fc.constantFrom('12/1/2010 8:26', '2/29/2012 23:59', '2011-11-09 08:05:30'),
  unitPrice: fc.constantFrom('2.55', '0', '-11062.06', '0.001', '2.50', '000123456789.123456'),
  customer: fc.oneof(fc.constant(GUEST), fc.nat(), fc.constant(999_999_999_999_999)),
  country: text,
  occurrence: fc.integer({ min: 1, max: 999_999_999 }),
});

describe('an order as a record', () => {
  test('is its JSON, and comes back as it was', () => {
    fc.assert(
      fc.property(fc.array(lines, { minLength: 1, maxLength: 5 }), (all) => {
        const block = blockOf(all);
        const encode = encoderOf(block);
        const builder = createBlockBuilder();
        for (let i = 0; i < block.count; i++) {
          const json = Buffer.from(encode(i), 'base64');
          expect(json.toString()).toBe(JSON.stringify(orderOf(block, i)));
          const order = decodeOrder(json);
          expect(order).toEqual(orderOf(block, i));
          if (isOrder(order)) addOrder(builder, order);
        }
        const again = builder.take();
        for (let i = 0; i < block.count; i++) expect(orderOf(again, i)).toEqual(orderOf(block, i));
      }),
    );
  });

  test('may be long', () => {
    const block = blockOf([{ description: '日'.repeat(65_536) }, {}]);
    const encode = encoderOf(block);
    for (const i of [0, 1]) expect(decodeOrder(Buffer.from(encode(i), 'base64'))).toEqual(orderOf(block, i));
  });
});

describe('a record as a line', () => {
  const recordsOf = (all: readonly Line[]) => {
    const encode = encoderOf(blockOf(all));
    return all.map((_, i) => Buffer.from(encode(i), 'base64'));
  };
  /** By way of JSON.parse and an object. */
  function overJson(records: readonly Uint8Array[]): OrderBlock {
    const builder = createBlockBuilder();
    for (const record of records) {
      const order = decodeOrder(record);
      if (isOrder(order)) addOrder(builder, order);
    }
    return builder.take();
  }
  function overBytes(records: readonly Uint8Array[]): OrderBlock {
    const builder = createBlockBuilder();
    const add = recordsInto(builder);
    for (const record of records) add(record);
    return builder.take();
  }
  const shown = ({ lines: text, ends, customers, occurrences }: OrderBlock) => [
    Buffer.from(text).toString('latin1'),
    ...[ends, customers, occurrences].map((column) => [...column]),
  ];
  const isScanned = (record: Uint8Array) => createRecordScanner().scan(record, new Uint8Array(record.length), 0) >= 0;

  test('is the same from its bytes as over JSON', () => {
    fc.assert(
      fc.property(fc.array(lines, { maxLength: 5 }), (all) => {
        const records = recordsOf(all);
        expect(shown(overBytes(records))).toEqual(shown(overJson(records)));
      }),
      { numRuns: 500 },
    );
  });

  test('is the same whatever bytes of the record are changed', () => {
    const bytes = fc.constantFrom(...'"\\,-.0123459{}:nulEe TZ\0\n\x7f', '\xc3', '\xa3', '\xed', '\xff', '');
    const changes = fc.array(fc.record({ at: fc.option(fc.nat(400)), drop: fc.nat(2), put: bytes }), {
      minLength: 1,
      maxLength: 2,
    });
    let scanned = 0;
    fc.assert(
      fc.property(lines, changes, (line, all) => {
        const [record] = recordsOf([{ ...line, stockCode: 'A-2', invoiceNo: '53' }]) as [Buffer];
        let text = record.toString('latin1');
        for (const { at, drop, put } of all) {
          const start = at === null ? text.length : at % text.length;
          text = text.slice(0, start) + put + text.slice(start + drop);
        }
        const changed = Buffer.from(text, 'latin1');
        if (isScanned(changed)) scanned++;
        expect(shown(overBytes([changed]))).toEqual(shown(overJson([changed])));
      }),
      { numRuns: 2000 },
    );
    expect(scanned).toBeGreaterThan(20);
  });

  test.each([
    [
      'a quantity',
      '"quantity":1',
      ['-0', '0', '007', '1.0', '1e2', '"1"', '+1', '-5', '123456789012345', '1234567890123456'],
    ],
    ['a customer', '"customerId":17850', ['0', '-1', '017850', '17850.0', '"17850"', '""', '999999999999999', '1e21']],
    ['a price', '"unitPrice":"2.55"', ['2.55', '"2."', '".5"', '"-0.10"', '"2.550"', '"1e2"', '"0123456789012345"']],
    [
      'a date',
      '"orderDate":"2010-12-01T08:26:00"',
      [
        '"2010-12-01 08:26:00"',
        '"2010-12-01T08:26"',
        '"12/1/2010 8:26"',
        '"2010-02-29T08:26:00"',
        '"2010-12-01T24:26:00"',
      ],
    ],
    [
      'an id',
      '"orderId":"536365-85123A"',
      ['"536365-85123A-2"', '"536365-85123A-1"', '"536365-85123"', '"536365-85123A-"', '""'],
    ],
  ])('is the same for any form of %s', (_, from, forms) => {
    const [record = ''] = recordsOf([{}]).map(String);
    expect(record).toContain(from);
    const records = forms.map((form) => Buffer.from(record.replace(from, from.replace(/:.*/, `:${form}`))));
    for (const changed of records) expect(shown(overBytes([changed]))).toEqual(shown(overJson([changed])));
  });

  test('needs no JSON in the form that we write, where nothing is escaped', () => {
    const isPlain = (value: string) => /^[^\p{Cc}"\\]*$/u.test(value);
    fc.assert(
      fc.property(lines, (line) => {
        const { invoiceNo = '', stockCode = '', description, country } = line;
        const isKey = (value: string) => isPlain(value) && /^[ -~]+$/.test(value);
        // JSON leaves the control characters beyond ASCII as they are.
        const isText = (value = '') => isPlain(value.replaceAll(/[\x7f-\x9f]/g, ''));
        const isOurs = isKey(invoiceNo) && isKey(stockCode) && isText(description) && isText(country);
        expect(recordsOf([line]).map(isScanned)).toEqual([isOurs]);
      }),
      { numRuns: 1000 },
    );
    expect(
      recordsOf([{ description: 'MUG, LARGE £5' }, { customer: GUEST }, { occurrence: 12 }]).every(isScanned),
    ).toBe(true);
  });

  test('stays what it is when many come after it, and when it is long', () => {
    const all = Array.from({ length: 3000 }, (_, i): Line => {
      return {
        description: i % 1000 === 7 ? `${i}${'x'.repeat(65_000)}` : `PRODUCT ${i}, "odd"`.slice(0, 12 + (i % 9)),
      };
    });
    const records = recordsOf(all);
    expect(shown(overBytes(records))).toEqual(shown(overJson(records)));
  });
});

describe('what is no order', () => {
  const order = orderOf(blockOf([{}]), 0);
  const reasonOf = (record: unknown) => {
    const decoded = decodeOrder(Buffer.from(typeof record === 'string' ? record : JSON.stringify(record)));
    return isOrder(decoded) ? 'an order' : decoded.reason;
  };

  test.each([
    ['', 'neither JSON nor an aggregated record'],
    ['536365,85123A', 'neither JSON nor an aggregated record'],
    ['null', 'JSON, but no object'],
    ['[]', 'JSON, but no object'],
    ['7', 'JSON, but no object'],
    [{}, 'no invoiceNo, stockCode, description, quantity, orderDate, unitPrice, customerId, country'],
    [{ ...order, quantity: 'six' }, 'Quantity "six" is not a whole number'],
    [{ ...order, quantity: 1.5 }, 'Quantity "1.5" is not a whole number'],
    [{ ...order, quantity: 1e21 }, 'Quantity "1e+21" is not a whole number'],
    [{ ...order, quantity: null }, 'no quantity'],
    [{ ...order, invoiceNo: '' }, 'InvoiceNo is empty'],
    [{ ...order, customerId: -1 }, 'CustomerID "-1" is not a whole number'],
    [{ ...order, customerId: true }, 'no customerId'],
    [
      { ...order, orderDate: '2010-02-30T08:26:00' },
      'InvoiceDate "2010-02-30T08:26:00" is not a date such as 12/1/2010 8:26',
    ],
    [{ ...order, orderId: '1-A' }, 'orderId "1-A" is not that of "85123A" in invoice "536365"'],
    [{ ...order, orderId: '536365-85123A-1' }, 'orderId "536365-85123A-1" is not that of "85123A" in invoice "536365"'],
  ])('%j: %s', (record, reason) => {
    expect(reasonOf(record)).toBe(reason);
  });

  test('never throws, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (data) => void decodeOrder(data)));
    fc.assert(fc.property(fc.json(), (json) => void decodeOrder(Buffer.from(json))));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(order)), fc.anything()), (record) => {
        void decodeOrder(Buffer.from(JSON.stringify(record) ?? ''));
      }),
    );
  });
});

describe('a record of the Kinesis Agent', () => {
  const NAMES = [
    'InvoiceNo',
    'StockCode',
    'Description',
    'Quantity',
    'InvoiceDate',
    'UnitPrice',
    'Customer',
    'Country',
  ];

  /** What its CSVTOJSON makes of a line: a split at every comma, and a null for what is missing. */
  function agentRecord(line: string): Buffer {
    const parts = line.split(',');
    return Buffer.from(`${JSON.stringify(Object.fromEntries(NAMES.map((name, i) => [name, parts[i] ?? null])))}\n`);
  }
  const decoded = (line: string) => decodeOrder(agentRecord(line));

  test('is understood', () => {
    expect(decoded('536365,85123A,WHITE HANGING HEART,6,12/1/2010 8:26,2.55,17850,United Kingdom\r')).toEqual({
      orderId: '536365-85123A',
      invoiceNo: '536365',
      stockCode: '85123A',
      description: 'WHITE HANGING HEART',
      quantity: 6,
      orderDate: '2010-12-01T08:26:00',
      unitPrice: '2.55',
      customerId: 17850,
      country: 'United Kingdom',
    });
  });

  test('may be of a guest', () => {
    expect(decoded('536414,22139,,56,12/1/2010 11:52,0,,United Kingdom')).toMatchObject({
      customerId: null,
      quantity: 56,
    });
  });

  test('has its quotes taken off', () => {
    expect(decoded('1,A,"SET 7 ""BABUSHKA""",6,12/1/2010 8:26,2.55,17850,EIRE')).toMatchObject({
      description: 'SET 7 "BABUSHKA"',
      customerId: 17850,
      country: 'EIRE',
    });
  });

  test('loses to a comma its country alone', () => {
    expect(decoded('1,A,"MUG, LARGE",6,12/1/2010 8:26,2.55,17850,EIRE')).toMatchObject({
      description: 'MUG, LARGE',
      quantity: 6,
      unitPrice: '2.55',
      customerId: 17850,
      country: '',
    });
  });

  test('that lost its customer to two commas is no order of a guest', () => {
    expect(decoded('1,A,"MUG, LARGE, RED",6,12/1/2010 8:26,2.55,17850,EIRE')).toEqual({
      reason: 'cut by the Kinesis Agent: 6 fields of 8 are left',
    });
  });

  test('that was cut is no order', () => {
    expect(decoded('1,A,MUG')).toEqual({ reason: 'no Quantity, InvoiceDate, UnitPrice, Customer, Country' });
    expect(decoded('1,A,"MUG')).toEqual({ reason: 'no Quantity, InvoiceDate, UnitPrice, Customer, Country' });
  });
});
