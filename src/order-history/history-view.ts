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
    holds: async (orderId, customerId) => (await history.order(orderId, customerId)) !== undefined,
    notExpected: 'of guests, who have no history',
  };
}
