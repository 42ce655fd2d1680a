/** Orders that are dated in the future, as by a mistyped year. No model knows of them. */
import type { Order } from '../orders/order.js';
import { counted } from '../terminal/numbers.js';
import { dayOf, firstDayUnknown } from './days.js';

/** What a training left out. */
export interface FutureOrders {
  readonly orders: number;
  readonly lastDate: string;
}

export function futureNote({ orders, lastDate }: FutureOrders): string {
  return `left out: ${counted(orders, 'order')} dated in the future, such as on ${lastDate}`;
}

export function withoutFuture(orders: readonly Order[], nowMs: number): Order[] {
  const until = firstDayUnknown(nowMs);
  return orders.filter(({ orderDate }) => dayOf(orderDate) < until);
}
