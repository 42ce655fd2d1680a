/** The order history as a view of the stream. */
import { GUEST } from '../orders/order-block.js';
import type { View } from '../stage.js';
import type { OrderHistory } from './history.js';

export function historyView(history: OrderHistory): View {
  return {
    key: 'history',
    name: 'order history',
    update: (signal) => history.update(signal),
    all: (sinceMs) => history.all(sinceMs),
    expects: (orders, i) => orders.customers[i] !== GUEST,
    find: async (orderId, customerId) => (await history.ordersWithId(orderId, customerId))[0],
    notExpected: 'of guests, who have no history',
  };
}
