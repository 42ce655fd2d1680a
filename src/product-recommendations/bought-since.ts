/** Takes out of published recommendations what the customer bought meanwhile. */
import type { Order } from '../orders/order.js';
import { basketOfOrders } from './customer-basket.js';
import type { Recommendations, RecommendedProduct } from './recommender.js';

/** `new` keeps only products that the customer did not buy by these orders, which are all of the customer's. */
export function withoutBought(found: Recommendations, orders: readonly Order[]): Recommendations {
  const codes = found.new.map(({ stockCode }) => stockCode);
  const { items } = basketOfOrders(orders, (code) => (codes.includes(code) ? codes.indexOf(code) : undefined));
  const bought = new Set(Array.from(items, (i) => codes[i]));
  const left = (list: readonly RecommendedProduct[]) => list.filter(({ stockCode }) => !bought.has(stockCode));
  return bought.size === 0 ? found : { ...found, new: left(found.new), all: left(found.all) };
}

/** At most so many products a list. */
export function cutTo(found: Recommendations, count: number): Recommendations {
  const { new: fresh, again, all } = found;
  return { ...found, new: fresh.slice(0, count), again: again.slice(0, count), all: all.slice(0, count) };
}
