/** What customers bought, in columns: customers, their invoices in the order of time, and the products of each invoice. */
import { type Indexes, indexesBelow } from './indexes.js';

export interface Purchases {
  /** Ids, ascending. Everywhere else a customer is an index into this, and a product one into `products`. */
  readonly customers: Float64Array;
  readonly products: readonly NamedProduct[];
  /** Customer c has the invoices from `invoices[c]` to `invoices[c + 1]`, oldest first. */
  readonly invoices: Uint32Array;
  /** Of each invoice, in days since 1970. */
  readonly days: Int32Array;
  /** Invoice i has the products from `starts[i]` to `starts[i + 1]` of `items`, each once. */
  readonly starts: Uint32Array;
  readonly items: Indexes;
}

export interface NamedProduct {
  readonly stockCode: string;
  readonly description: string;
}

/** The purchases of one customer: of `items`, those from `starts[i]` to `starts[i + 1]` are of invoice i, on day `days[i]`. */
export type CustomerPurchases = Pick<Purchases, 'days' | 'starts' | 'items'>;

export function basketOf({ invoices, days, starts, items }: Purchases, customer: number): CustomerPurchases {
  const [from, to] = [invoices[customer] as number, invoices[customer + 1] as number];
  return { days: days.subarray(from, to), starts: starts.subarray(from, to + 1), items };
}

/** Only the invoices for which `isKept` holds; customers and products keep their indexes. */
export function keepInvoices(purchases: Purchases, isKept: (invoice: number, customer: number) => boolean): Purchases {
  const { customers, products, invoices, days, starts, items } = purchases;
  const kept = {
    customers,
    products,
    invoices: new Uint32Array(invoices.length),
    days: new Int32Array(days.length),
    starts: new Uint32Array(starts.length),
    items: indexesBelow(products.length, items.length),
  };
  let [count, filled] = [0, 0];
  for (let customer = 0; customer < customers.length; customer++) {
    for (let i = invoices[customer] as number; i < (invoices[customer + 1] as number); i++) {
      if (!isKept(i, customer)) continue;
      const own = items.subarray(starts[i], starts[i + 1]);
      kept.items.set(own, filled);
      kept.days[count] = days[i] as number;
      filled += own.length;
      kept.starts[++count] = filled;
    }
    kept.invoices[customer + 1] = count;
  }
  return {
    ...kept,
    days: kept.days.subarray(0, count),
    starts: kept.starts.subarray(0, count + 1),
    items: kept.items.subarray(0, filled),
  };
}

/** Whole days before the beginning of `today`; never below 0, so that the orders of today count as new. */
export function daysBefore(today: number, day: number): number {
  return Math.max(0, today - 1 - day);
}

/** What is held back at the end of the orders, to be foretold: 30 days, or a third of a shorter time. */
export function heldBackDays(firstDay: number, lastDay: number): number {
  return Math.max(1, Math.min(30, Math.floor((lastDay - firstDay + 1) / 3)));
}

/** Purchases by the products of a model; those that it does not know are left out. */
export function renumbered(purchases: Purchases, indexes: ReadonlyMap<string, number>): Purchases {
  const numbers = purchases.products.map(({ stockCode }) => indexes.get(stockCode));
  const starts = new Uint32Array(purchases.starts.length);
  const items: number[] = [];
  for (let i = 0; i < purchases.days.length; i++) {
    for (const item of purchases.items.subarray(purchases.starts[i], purchases.starts[i + 1])) {
      const product = numbers[item];
      if (product !== undefined) items.push(product);
    }
    starts[i + 1] = items.length;
  }
  const kept = indexesBelow(indexes.size, items.length);
  kept.set(items);
  return { ...purchases, starts, items: kept };
}
