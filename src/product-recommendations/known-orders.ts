/** What a customer ordered, as far as a model may know of it. */
import type { OrderHistory } from '../order-history/history.js';
import type { Order } from '../orders/order.js';
import { dayOf, firstDayUnknown } from './days.js';

/** Like a training, it leaves out what is dated in the future. */
export async function knownOrders(history: OrderHistory, customerId: number, nowMs: number): Promise<Order[]> {
  await history.update();
  const until = firstDayUnknown(nowMs);
  return (await history.ordersOf(customerId)).filter(({ orderDate }) => dayOf(orderDate) < until);
}
