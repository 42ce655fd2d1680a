/** What the whole shop bought lately, by product. */
import type { Purchases } from './purchases.js';

/** Of each product, as of one day. */
export interface Trends {
  /** ln(1 + purchases in the last 14 days). */
  readonly recent: Float64Array;
  /** `recent` less what the average of all days would give. */
  readonly rise: Float64Array;
  /** ln(1 + customers who bought it for the first time in the last 7 days). */
  readonly firsts: Float64Array;
  /** Purchases ever. */
  readonly bought: Float64Array;
  /** How old the product is: days since it was first sold; infinite if it was not sold. */
  readonly ageDays: Float64Array;
}

const RECENT_DAYS = 14;
const FIRSTS_DAYS = 7;

/** Of the orders before `today`. */
export function trendsOf({ customers, products, invoices, days, starts, items }: Purchases, today: number): Trends {
  const count = products.length;
  const recent = new Float64Array(count);
  const bought = new Float64Array(count);
  const firsts = new Float64Array(count);
  const ageDays = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const seenBy = new Int32Array(count).fill(-1);
  let shopDays = 1;
  for (let customer = 0; customer < customers.length; customer++) {
    for (let i = invoices[customer] as number; i < (invoices[customer + 1] as number); i++) {
      const age = today - (days[i] as number);
      if (age <= 0) continue;
      shopDays = Math.max(shopDays, age);
      for (let j = starts[i] as number; j < (starts[i + 1] as number); j++) {
        const product = items[j] as number;
        bought[product] = (bought[product] as number) + 1;
        if (age <= RECENT_DAYS) recent[product] = (recent[product] as number) + 1;
        if (age > (ageDays[product] as number) || ageDays[product] === Number.POSITIVE_INFINITY) ageDays[product] = age;
        if (seenBy[product] === customer) continue;
        seenBy[product] = customer;
        if (age <= FIRSTS_DAYS) firsts[product] = (firsts[product] as number) + 1;
      }
    }
  }
  return {
    recent: recent.map((n) => Math.log1p(n)),
    rise: recent.map((n, i) => Math.log1p(n) - Math.log1p((RECENT_DAYS * (bought[i] as number)) / shopDays)),
    firsts: firsts.map((n) => Math.log1p(n)),
    bought,
    ageDays,
  };
}

/**
 * How readily a product is bought again: ln((again + 10 m) / (chances + 10)), where `chances` are its buyers' invoices after the
 * first with it, `again` those of them that hold it, and m the mean over all products.
 */
export function repurchaseRates({ customers, products, invoices, starts, items }: Purchases): Float64Array {
  const chances = new Float64Array(products.length);
  const again = new Float64Array(products.length);
  const seenBy = new Int32Array(products.length).fill(-1);
  for (let customer = 0; customer < customers.length; customer++) {
    const last = (invoices[customer + 1] as number) - 1;
    for (let i = invoices[customer] as number; i <= last; i++) {
      for (let j = starts[i] as number; j < (starts[i + 1] as number); j++) {
        const product = items[j] as number;
        if (seenBy[product] === customer) {
          again[product] = (again[product] as number) + 1;
        } else {
          seenBy[product] = customer;
          chances[product] = (chances[product] as number) + last - i;
        }
      }
    }
  }
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  // Where nobody ever came again, any rate will do: it is the same for all.
  const mean = sum(chances) > 0 && sum(again) > 0 ? sum(again) / sum(chances) : 1;
  return chances.map((n, i) => Math.log(((again[i] as number) + 10 * mean) / (n + 10)));
}
