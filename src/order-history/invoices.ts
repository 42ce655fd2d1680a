/** A customer's orders as a person reads them: newest invoice first, each with its lines. */

import { createSum } from '../orders/money.js';
import type { Order } from '../orders/order.js';
import { fit } from '../orders/rows.js';
import { counted, pounds, whole } from '../terminal/numbers.js';
import type { Terminal } from '../terminal/terminal.js';
import type { CustomerOrders } from './customer-orders.js';

const CODE = 12;
const QUANTITY = 7;
const PRICE = 12;

export function drawInvoices(terminal: Terminal, { customerId, orders, totals }: CustomerOrders): string {
  const invoices = new Map<string, Order[]>();
  for (const order of orders) invoices.set(order.invoiceNo, [...(invoices.get(order.invoiceNo) ?? []), order]);
  const newestFirst = [...invoices.values()].sort((a, b) =>
    (a[0] as Order).orderDate < (b[0] as Order).orderDate ? 1 : -1,
  );
  const { spent, returned } = totals;
  const back = returned === '0' ? '' : `, ${pounds(returned)} returned`;
  const title = `Customer ${customerId}  ${(orders[0] as Order).country}`;
  const summary = `${counted(totals.orders, 'order')} on ${counted(totals.invoices, 'invoice')}, ${pounds(spent)} spent${back}`;
  return `${terminal.style('bold', title)}\n${summary}\n${newestFirst.map((lines) => drawInvoice(terminal, lines)).join('')}`;
}

function drawInvoice(terminal: Terminal, lines: readonly Order[]): string {
  const { invoiceNo, orderDate } = lines[0] as Order;
  const total = createSum();
  for (const { quantity, unitPrice } of lines) total.add(quantity, unitPrice);
  const head = `${invoiceNo}  ${orderDate.slice(0, 16).replace('T', ' ')}`;
  const sum = pounds(total.toString());
  const width = Math.min(terminal.columns, 100);
  const rows = lines.map(({ stockCode, description, quantity, unitPrice }) => {
    const amounts = `${whole(quantity).padStart(QUANTITY)} ${pounds(unitPrice).padStart(PRICE)}`;
    return `  ${fit(stockCode, CODE)} ${fit(description, width - CODE - amounts.length - 4)} ${amounts}`;
  });
  return `\n${terminal.style('bold', head)}${sum.padStart(width - head.length)}\n${rows.map((row) => `${row.trimEnd()}\n`).join('')}`;
}
