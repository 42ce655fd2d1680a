/** A customer's orders as a person reads them: newest invoice first, each with its lines. */

import { createSum } from '../orders/money.js';
import type { Order } from '../orders/order.js';
import { orderColumns } from '../orders/rows.js';
import { fit, widthOf } from '../terminal/cells.js';
import { counted, pounds, shortTime, whole } from '../terminal/numbers.js';
import { printable, styled, type Text } from '../terminal/text.js';
import type { CustomerOrders } from './customer-orders.js';

const CODE = 12;
const QUANTITY = 7;
const PRICE = 12;
const WIDTH_MAX = 100;

/** Text of at most `columns` columns, where these hold more than amounts. */
export function drawInvoices({ customerId, orders, totals }: CustomerOrders, columns: number): Text {
  const invoices = new Map<string, Order[]>();
  for (const order of orders) {
    const lines = invoices.get(order.invoiceNo);
    if (lines) lines.push(order);
    else invoices.set(order.invoiceNo, [order]);
  }
  const newestFirst = [...invoices.values()].sort((a, b) =>
    (a[0] as Order).orderDate < (b[0] as Order).orderDate ? 1 : -1,
  );
  const { spent, returned } = totals;
  const back = returned === '0' ? '' : `, ${pounds(returned)} returned`;
  const title = `Customer ${customerId}  ${(orders[0] as Order).country}`;
  const summary = `${counted(totals.orders, 'order')} on ${counted(totals.invoices, 'invoice')}, ${pounds(spent)} spent${back}`;
  const width = Math.min(columns, WIDTH_MAX);
  return [styled('bold', printable(title)), `\n${summary}\n`, newestFirst.map((lines) => drawInvoice(lines, width))];
}

/** Every field of an order, one a line. */
export function drawOrder(order: Order): Text {
  return orderColumns.map(({ name, title, value, show }) => {
    const shown = show?.(order) ?? String(value(order) ?? '');
    return `${fit(title ?? name, CODE)}${printable(shown)}\n`;
  });
}

function drawInvoice(lines: readonly Order[], width: number): Text {
  const { invoiceNo, orderDate } = lines[0] as Order;
  const total = createSum();
  for (const { quantity, unitPrice } of lines) total.add(quantity, unitPrice);
  const head = printable(`${invoiceNo}  ${shortTime(orderDate)}`);
  const sum = pounds(total.toString());
  const rows = lines.map(({ stockCode, description, quantity, unitPrice }) => {
    const amounts = `${whole(quantity).padStart(QUANTITY)} ${pounds(unitPrice).padStart(PRICE)}`;
    return `  ${fit(stockCode, CODE)} ${fit(description, width - CODE - amounts.length - 4)} ${amounts}\n`;
  });
  return ['\n', styled('bold', head), `  ${sum.padStart(width - widthOf(head) - 2)}\n`, ...rows];
}
