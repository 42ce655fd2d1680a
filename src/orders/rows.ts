/** Orders as rows: in a file, in a pipe, and on a terminal. */
import type { Column } from '../terminal/answer.js';
import { printable } from '../terminal/answer.js';
import { pounds, whole } from '../terminal/numbers.js';
import type { Order } from './order.js';

export const orderColumns: readonly Column<Order>[] = [
  { name: 'orderId', title: 'order', value: (order) => order.orderId },
  { name: 'invoiceNo', title: 'invoice', value: (order) => order.invoiceNo },
  { name: 'stockCode', title: 'product', value: (order) => order.stockCode },
  { name: 'description', value: (order) => order.description },
  { name: 'quantity', isNumber: true, value: (order) => order.quantity },
  { name: 'orderDate', title: 'ordered', value: (order) => order.orderDate },
  { name: 'unitPrice', title: 'price', isNumber: true, value: (order) => order.unitPrice },
  { name: 'customerId', title: 'customer', isNumber: true, value: (order) => order.customerId },
  { name: 'country', value: (order) => order.country },
];

/** Lines that stay aligned, whatever comes: each fits into `columns` characters. */
export interface OrderLines {
  header(): string;
  line(order: Order): string;
}

const DATE = 16;
const CUSTOMER = 6;
const ID = 15;
const QUANTITY = 6;
const PRICE = 9;
const COUNTRY = 16;

export function orderLines(columns: number): OrderLines {
  const hasCountry = columns >= 110;
  const fixed = DATE + CUSTOMER + ID + QUANTITY + PRICE + 5 * 2 + (hasCountry ? COUNTRY + 2 : 0);
  const description = Math.max(8, columns - fixed);

  function row(
    date: string,
    customer: string,
    id: string,
    quantity: string,
    price: string,
    what: string,
    country: string,
  ) {
    const cells = [
      fit(date, DATE),
      fit(customer, CUSTOMER, true),
      fit(id, ID),
      fit(quantity, QUANTITY, true),
      fit(price, PRICE, true),
      fit(what, description),
      ...(hasCountry ? [fit(country, COUNTRY)] : []),
    ];
    return `${cells.join('  ').trimEnd()}\n`;
  }

  return {
    header: () => row('ordered', 'cust.', 'order', 'qty', 'price', 'product', 'country'),
    line: ({ orderDate, customerId, orderId, quantity, unitPrice, description: what, country }) =>
      row(
        orderDate.slice(0, DATE).replace('T', ' '),
        customerId === null ? 'guest' : String(customerId),
        orderId,
        whole(quantity),
        pounds(unitPrice),
        what,
        country,
      ),
  };
}

/** Text in exactly `width` columns of a terminal. */
export function fit(text: string, width: number, isRight = false): string {
  const characters = [...printable(text)];
  let used = 0;
  let end = 0;
  for (; end < characters.length; end++) {
    const wide = widthOf(characters[end] as string);
    if (used + wide > width) break;
    used += wide;
  }
  let shown = characters.slice(0, end);
  if (end < characters.length) {
    while (used > width - 1) used -= widthOf(shown.pop() as string);
    shown = [...shown, '…'];
    used++;
  }
  const padding = ' '.repeat(width - used);
  return isRight ? padding + shown.join('') : shown.join('') + padding;
}

/** Columns a character takes: two for East Asian wide ones and pictures, none for marks that join the one before. */
function widthOf(character: string): number {
  if (/\p{Mark}|\u200d/u.test(character)) return 0;
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u.test(
    character,
  )
    ? 2
    : 1;
}
