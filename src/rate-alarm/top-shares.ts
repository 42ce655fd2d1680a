/** Whose and of what most of some orders are. */
import type { Order } from '../orders/order.js';
import type { TopShares } from './alarm.js';

export interface ShareCounter {
  add(order: Order): void;
  /** Null before the first order. */
  top(): TopShares | null;
}

export function countShares(): ShareCounter {
  const customers = new Map<number, number>();
  const products = new Map<string, number>();
  const countries = new Map<string, number>();
  const descriptions = new Map<string, string>();
  let orders = 0;
  const share = (count: number) => Math.round((count / orders) * 10_000) / 10_000;

  return {
    add({ customerId, stockCode, description, country }) {
      orders++;
      if (customerId !== null) addOne(customers, customerId);
      addOne(products, stockCode);
      addOne(countries, country);
      if (!descriptions.has(stockCode)) descriptions.set(stockCode, description);
    },
    top() {
      if (orders === 0) return null;
      const customer = mostOf(customers);
      const product = mostOf(products) as Most<string>;
      const country = mostOf(countries) as Most<string>;
      return {
        customer: customer && { id: customer.key, share: share(customer.count) },
        product: {
          stockCode: product.key,
          description: descriptions.get(product.key) as string,
          share: share(product.count),
        },
        country: { name: country.key, share: share(country.count) },
      };
    },
  };
}

function addOne<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

interface Most<K> {
  readonly key: K;
  readonly count: number;
}

/** Of equals, the one that came first. */
function mostOf<K>(counts: ReadonlyMap<K, number>): Most<K> | null {
  let most: Most<K> | null = null;
  for (const [key, count] of counts) if (most === null || count > most.count) most = { key, count };
  return most;
}
