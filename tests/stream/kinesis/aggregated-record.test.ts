/** Aggregated records, made by another implementation of the format: `aws_kinesis_agg` 1.2.3 for Python. */
import { describe, expect, test } from 'vitest';
import { userRecords } from '../../../src/stream/kinesis/aggregated-record.js';
import { decodeOrder } from '../../../src/stream/order-record.js';
import { THREE_ORDERS } from '../../fixtures/aggregated-orders.js';

/** One record, with an explicit hash key. */
const ONE = '84mawgoBaxIBMBoHCAAQABoBeKHW8nH/9Bi5KIhZ2oNgiP4=';

const bytes = (base64: string) => Buffer.from(base64, 'base64');

describe('an aggregated record', () => {
  test('is taken apart into the orders in it', () => {
    const orders = userRecords(bytes(THREE_ORDERS)).map(decodeOrder);
    expect(orders).toMatchObject([
      { orderId: '536365-A', customerId: 17850, description: 'MUG, LARGE £5', unitPrice: '2.50' },
      { orderId: '536365-B', customerId: null },
      { orderId: '536365-C', customerId: 12346 },
    ]);
  });

  test('may name a hash key', () => {
    expect(userRecords(bytes(ONE)).map(String)).toEqual([String(Buffer.from('x'))]);
  });

  test('that is damaged is one record, and no order', () => {
    const whole = bytes(THREE_ORDERS);
    for (let at = 4; at < whole.length; at += 17) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] as number) ^ 1;
      const records = userRecords(damaged);
      expect(records).toHaveLength(1);
      expect(decodeOrder(records[0] as Uint8Array)).toHaveProperty('reason');
    }
    for (let length = 0; length < whole.length; length += 13) {
      expect(userRecords(whole.subarray(0, length))).toHaveLength(1);
    }
  });
});

test('any other record is left as it is', () => {
  for (const text of ['', '{}', 'x'.repeat(100), '\u00f3\u0089']) {
    const data = Buffer.from(text, 'latin1');
    expect(userRecords(data)).toEqual([data]);
  }
});
