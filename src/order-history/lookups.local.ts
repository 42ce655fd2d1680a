/** Looks up orders in the embedded history. */
import { invoicesIn, type Order } from '../orders/order.js';
import { GUEST, type OrderBlock, orderIdOf, orderOf } from '../orders/order-block.js';
import { customersIn, hashOf, type Run, runsOf } from './customer-index.local.js';
import type { OrderHistory } from './history.js';
import type { LocalHistoryParts } from './history.local.js';

type Lookups = Pick<OrderHistory, 'ordersOf' | 'ordersWithId' | 'customersNear' | 'all'>;

export function lookUpOrders({ store, stream, refresh }: LocalHistoryParts): Lookups {
  const customers = () => store.table('customers');

  /** The orders of a run. Throws if an order belongs to another customer, so that a damaged index shows no foreign orders. */
  function ordersIn({ first, count }: Run, customer: number): OrderBlock {
    // Another process may have streamed these orders, and filed them, since this one looked at the stream.
    if (first + count - 1 > stream.last()) stream.refresh();
    const orders = stream.at(first, count);
    for (let i = 0; i < count; i++) {
      const owner = orders.customers[i] as number;
      if (owner === customer) continue;
      const whose = owner === GUEST ? 'a guest' : `customer ${owner}`;
      throw store.damaged(`order number ${first + i} of ${whose} is filed under customer ${customer}`);
    }
    return orders;
  }

  return {
    async ordersOf(customer) {
      refresh();
      const found: { order: Order; sequence: number }[] = [];
      for (const run of runsOf(customers(), customer)) {
        const orders = ordersIn(run, customer);
        for (let i = 0; i < run.count; i++) found.push({ order: orderOf(orders, i), sequence: run.first + i });
      }
      return found
        .sort((a, b) => compare(a.order.orderDate, b.order.orderDate) || a.sequence - b.sequence)
        .map(({ order }) => order);
    },
    async ordersWithId(id, customerId) {
      refresh();
      const found: Order[] = [];
      const hashes = new Set(invoicesIn(id).map((invoiceNo) => hashOf(Buffer.from(invoiceNo))));
      for (const customer of customerId === undefined ? customersIn(customers()) : [customerId]) {
        for (const run of runsOf(customers(), customer)) {
          if (!hashes.has(run.invoiceHash)) continue;
          const orders = ordersIn(run, customer);
          for (let i = 0; i < run.count; i++) if (orderIdOf(orders, i) === id) found.push(orderOf(orders, i));
        }
      }
      return found;
    },
    async customersNear(customer, limit) {
      refresh();
      const distance = (other: number) => Math.abs(other - customer);
      return customersIn(customers())
        .sort((a, b) => distance(a) - distance(b))
        .slice(0, limit);
    },
    async *all() {
      refresh();
      for (const customer of customersIn(customers())) {
        for (const run of runsOf(customers(), customer)) yield ordersIn(run, customer);
      }
    },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
