/** Amounts of money by the price list, for people. */

/** A price of `prices.json`, with where and when it was one. */
export interface ListPrice {
  /** US dollars for one unit. */
  readonly perUnit: number;
  /** `us-east-1` */
  readonly region: string;
  /** `2025-06-01` */
  readonly asOf: string;
}

/** `$0.00005` */
export function amountOf(units: number, { perUnit }: ListPrice): string {
  const dollars = units * perUnit;
  return `$${dollars.toFixed(dollars < 0.01 ? 5 : 2)}`;
}

/** `list price of us-east-1 on 2025-06-01` */
export const sourceOf = ({ region, asOf }: ListPrice): string => `list price of ${region} on ${asOf}`;
