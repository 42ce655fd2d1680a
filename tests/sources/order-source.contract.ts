/** What every source of orders promises: the same orders with the same ids, wherever reading begins and however it is cut. */
import { describe, expect, test } from 'vitest';
import type { OrderSource } from '../../src/sources/order-source.js';
import { readAll } from '../fixtures/reading.js';

/** `open` gives the same source each time, with at least 100 orders. */
export function testOrderSource(open: () => Promise<OrderSource>): void {
  const COUNT = 100;

  describe('the contract of a source', () => {
    test('gives the same orders, however many a batch holds', async () => {
      const whole = await readAll(await open(), { limit: COUNT });
      expect(whole.error).toBeUndefined();
      expect(whole.orders).toHaveLength(COUNT);
      for (const size of [1, 7, COUNT]) {
        const read = await readAll(await open(), { limit: COUNT, batchSize: () => size });
        expect(read.orders).toEqual(whole.orders);
        expect(read.batches.filter(({ orders }) => orders.count > size)).toEqual([]);
      }
    });

    test('goes on from the position of any batch, as another process does', async () => {
      const whole = await readAll(await open(), { limit: COUNT });
      for (const count of [1, 33, COUNT - 1]) {
        const first = await readAll(await open(), { limit: count });
        const rest = await readAll(await open(), { limit: COUNT - count, from: first.position }, first.codes);
        expect([...first.orders, ...rest.orders]).toEqual(whole.orders);
      }
    });

    test('gives no order id twice', async () => {
      const { orders } = await readAll(await open(), { limit: COUNT });
      expect(new Set(orders.map(({ orderId }) => orderId)).size).toBe(COUNT);
    });

    test('ends after a limit, and has an id that stays the same', async () => {
      const [one, other] = [await open(), await open()];
      expect((await readAll(one, { limit: 3 })).orders).toHaveLength(3);
      expect(one.id).toBe(other.id);
      expect(one.id).toMatch(/^\S+:\S+$/);
      expect(one.name).not.toBe('');
    });
  });
}
