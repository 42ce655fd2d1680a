/** A customer's orders and their totals. */
import { createSum } from '../orders/money.js';
import type { Order } from '../orders/order.js';

export interface Totals {
  readonly orders: number;
  readonly invoices: number;
  /** Pounds for purchases, before returns are subtracted: a decimal string. */
  readonly spent: string;
  /** Pounds for returns, as a positive decimal string. */
  readonly returned: string;
}

export interface CustomerOrders {
  readonly customerId: number;
  /** Oldest first. */
  readonly orders: readonly Order[];
  readonly totals: Totals;
}

export interface Selection {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** At most this many invoices, the newest. */
  readonly limit?: number | undefined;
}

/** Orders in [since, until), of the newest `limit` invoices. */
export function selectOrders(orders: readonly Order[], { since = '', until = '\uffff', limit }: Selection): Order[] {
  const inTime = orders.filter(({ orderDate }) => orderDate >= since && orderDate < until);
  if (limit === undefined) return inTime;
  const newest = new Set<string>();
  for (const { invoiceNo } of [...inTime].reverse()) if (newest.size < limit) newest.add(invoiceNo);
  return inTime.filter(({ invoiceNo }) => newest.has(invoiceNo));
}

export function totalsOf(orders: readonly Order[]): Totals {
  const spent = createSum();
  const returned = createSum();
  for (const { quantity, unitPrice } of orders) {
    if (quantity < 0) returned.add(-quantity, unitPrice);
    else spent.add(quantity, unitPrice);
  }
  return {
    orders: orders.length,
    invoices: new Set(orders.map(({ invoiceNo }) => invoiceNo)).size,
    spent: spent.toString(),
    returned: returned.toString(),
  };
}
