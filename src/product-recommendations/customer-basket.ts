/** What one customer bought, out of the customer's orders: the rule of `spark/purchases.sql` for a few orders at hand. */
import type { Order } from '../orders/order.js';
import { dayOf } from './days.js';
import type { CustomerPurchases } from './purchases.js';

const PRODUCT_CODE = /^[0-9]{5}/;

interface Move {
  readonly invoiceNo: string;
  readonly stockCode: string;
  date: string;
  quantity: number;
}

/** Purchases of the products that `indexOf` knows, by invoice, oldest first. */
export function basketOfOrders(
  orders: readonly Order[],
  indexOf: (stockCode: string) => number | undefined,
): CustomerPurchases {
  const invoices = new Map<string, { invoiceNo: string; date: string; products: number[] }>();
  for (const { invoiceNo, date, stockCode } of purchasesIn(orders)) {
    const product = indexOf(stockCode);
    if (product === undefined) continue;
    const invoice = invoices.get(invoiceNo) ?? { invoiceNo, date, products: [] };
    invoices.set(invoiceNo, { ...invoice, date: date < invoice.date ? date : invoice.date });
    invoice.products.push(product);
  }
  const sorted = [...invoices.values()].sort((a, b) => compare(a.date, b.date) || compare(a.invoiceNo, b.invoiceNo));
  const starts = new Uint32Array(sorted.length + 1);
  for (const [i, { products }] of sorted.entries()) starts[i + 1] = (starts[i] as number) + products.length;
  return {
    days: Int32Array.from(sorted, ({ date }) => dayOf(date)),
    starts,
    items: Uint32Array.from(sorted.flatMap(({ products }) => products.sort((a, b) => a - b))),
  };
}

/** One for each invoice and product, without what was given back. */
function purchasesIn(orders: readonly Order[]): Move[] {
  const moves = new Map<string, Move[]>();
  const bought = new Map<string, Move>();
  for (const { invoiceNo, stockCode, quantity, orderDate } of orders) {
    if (!PRODUCT_CODE.test(stockCode) || quantity === 0) continue;
    const of = moves.get(stockCode) ?? [];
    moves.set(stockCode, of);
    const key = JSON.stringify([invoiceNo, stockCode]);
    const before = bought.get(key);
    if (quantity > 0 && before) {
      before.quantity += quantity;
      if (orderDate < before.date) before.date = orderDate;
      continue;
    }
    const move = { invoiceNo, stockCode, date: orderDate, quantity };
    if (quantity > 0) bought.set(key, move);
    of.push(move);
  }
  return [...moves.values()].flatMap(keptOf);
}

/** Purchases of one product, of which returns took off the latest ones before them. */
function keptOf(moves: Move[]): Move[] {
  const stack: { readonly move: Move; left: number }[] = [];
  moves.sort((a, b) => compare(a.date, b.date) || b.quantity - a.quantity || compare(a.invoiceNo, b.invoiceNo));
  for (const move of moves) {
    if (move.quantity > 0) {
      stack.push({ move, left: move.quantity });
      continue;
    }
    for (let given = -move.quantity; given > 0 && stack.length > 0; ) {
      const top = stack[stack.length - 1] as { left: number };
      const taken = Math.min(given, top.left);
      top.left -= taken;
      given -= taken;
      if (top.left === 0) stack.pop();
    }
  }
  return stack.map(({ move }) => move);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
