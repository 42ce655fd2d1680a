/** Purchases that are small enough to reckon by hand. */
import type { Purchases } from '../../src/product-recommendations/purchases.js';

export type SmallInvoice = readonly [day: number, ...products: number[]];

/** Customers 1, 2, 3 … with their invoices, oldest first; products by their index. */
export function smallPurchases(
  products: readonly string[],
  customers: readonly (readonly SmallInvoice[])[],
): Purchases {
  const all = customers.flat();
  const running = (counts: readonly number[]) =>
    Uint32Array.from([0, ...counts.map((_, i) => counts.slice(0, i + 1).reduce((sum, n) => sum + n, 0))]);
  return {
    customers: Float64Array.from(customers, (_, i) => i + 1),
    products: products.map((description, i) => ({ stockCode: `${10_000 + i}`, description })),
    invoices: running(customers.map(({ length }) => length)),
    days: Int32Array.from(all, ([day]) => day),
    starts: running(all.map(({ length }) => length - 1)),
    items: Uint32Array.from(all.flatMap(([, ...of]) => of)),
  };
}
