/** The lake as a view of the stream. */
import type { Order } from '../orders/order.js';
import { type OrderBlock, orderIdOf, orderOf } from '../orders/order-block.js';
import type { View } from '../stage.js';
import type { Lake } from './lake.js';
import { asLakeLines } from './lake-line.js';

export function lakeView(lake: Lake): View {
  let replacing: Promise<(orderId: string, customerId: number) => Order | undefined> | undefined;
  return {
    key: 'lake',
    name: 'data lake',
    update: (signal) => lake.update({ signal }),
    all: (sinceMs) => lake.all(sinceMs),
    asHeld: asLakeLines,
    expects: () => true,
    async find(orderId, customerId) {
      // Whether one order or all of them came in another version: the lake is read once.
      replacing ??= indexOf(lake.replacing());
      return (await replacing)(orderId, customerId);
    },
  };
}

/** Gives the order of an id and a customer; of other customers, if the id is not theirs. */
export async function indexOf(blocks: AsyncIterable<OrderBlock>) {
  const places = new Map<string, (readonly [orders: OrderBlock, i: number])[]>();
  for await (const orders of blocks) {
    for (let i = 0; i < orders.count; i++) {
      const id = orderIdOf(orders, i);
      places.set(id, [...(places.get(id) ?? []), [orders, i]]);
    }
  }
  return (orderId: string, customerId: number): Order | undefined => {
    const found = places.get(orderId) ?? [];
    const [orders, i] = found.find(([orders, i]) => orders.customers[i] === customerId) ?? found[0] ?? [];
    return orders && orderOf(orders, i as number);
  };
}
