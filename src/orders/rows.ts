/** Orders as rows: in a file, in a pipe, and on a terminal. */
import type { Column } from '../terminal/answer.js';
import { pounds, shortTime, whole } from '../terminal/numbers.js';
import type { Order } from './order.js';
import { type OrderBlock, orderOf } from './order-block.js';

/** The orders of a block, one after the other: all of them as objects would take much memory. */
export function* ordersOf(block: OrderBlock): Generator<Order> {
  for (let i = 0; i < block.count; i++) yield orderOf(block, i);
}

export const orderColumns: readonly Column<Order>[] = [
  { name: 'orderId', title: 'order', value: (order) => order.orderId },
  { name: 'invoiceNo', title: 'invoice', value: (order) => order.invoiceNo },
  { name: 'stockCode', title: 'product', value: (order) => order.stockCode },
  { name: 'description', value: (order) => order.description },
  { name: 'quantity', isNumber: true, value: (order) => order.quantity },
  { name: 'orderDate', title: 'ordered', value: (order) => order.orderDate },
  {
    name: 'unitPrice',
    title: 'price',
    isNumber: true,
    value: (order) => order.unitPrice,
    show: (order) => pounds(order.unitPrice),
  },
  { name: 'customerId', title: 'customer', isNumber: true, value: (order) => order.customerId },
  { name: 'country', value: (order) => order.country },
];

const GAP = 2;
const DESCRIPTION_MIN = 8;
const WIDE = 110;

const COUNTRY: Column<Order> = { name: 'country', width: 16, value: ({ country }) => country };

const NARROW: readonly (Column<Order> & { readonly width: number })[] = [
  {
    name: 'orderDate',
    title: 'ordered',
    width: 16,
    isWhole: true,
    value: ({ orderDate }) => shortTime(orderDate),
  },
  {
    name: 'customerId',
    title: 'cust.',
    width: 6,
    isNumber: true,
    value: ({ customerId }) => customerId ?? 'guest',
  },
  { name: 'orderId', title: 'order', width: 15, isWhole: true, value: ({ orderId }) => orderId },
  { name: 'quantity', title: 'qty', width: 6, isNumber: true, value: ({ quantity }) => whole(quantity) },
  { name: 'unitPrice', title: 'price', width: 9, isNumber: true, value: ({ unitPrice }) => pounds(unitPrice) },
];

/** Columns of fixed widths, together as wide as the terminal, so that rows stay aligned whatever orders follow. */
export function orderTable(terminalColumns: number): readonly Column<Order>[] {
  const last = terminalColumns >= WIDE ? [COUNTRY] : [];
  const taken = [...NARROW, ...last].reduce((sum, { width = 0 }) => sum + width + GAP, 0);
  const width = Math.max(DESCRIPTION_MIN, terminalColumns - taken);
  return [
    ...NARROW,
    { name: 'description', title: 'product', width, value: ({ description }) => description },
    ...last,
  ];
}
