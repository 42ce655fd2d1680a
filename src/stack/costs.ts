/** The cost of a stack by the price list: a month at rest, and a million orders. */
import { createSum } from '../orders/money.js';
import type { StackModel, Usage } from './parts.js';
import { typeOf } from './types.js';

/** `prices.json`: list prices of one region on one day. */
export interface Prices {
  /** `2025-06-01` */
  readonly asOf: string;
  readonly region: string;
  /** US dollars by type of resource and unit. */
  readonly prices: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export interface Resource {
  readonly name: string;
  readonly type: string;
}

export interface Cost {
  /** Decimal strings of US dollars. */
  readonly monthlyAtRest: string;
  readonly perMillionOrders: string;
  readonly items: readonly CostItem[];
  readonly asOf: string;
  readonly region: string;
  /** What an optional part costs only when it is used, and nobody can say how much it will be. Not there without such a part. */
  readonly byUse?: readonly UsePrice[];
}

export interface UsePrice {
  readonly name: string;
  readonly what: string;
  /** `RPU-hour` */
  readonly unit: string;
  /** Decimal string of US dollars for one unit. */
  readonly price: string;
}

export interface CostItem {
  readonly name: string;
  readonly what: string;
  readonly monthlyAtRest: string;
  readonly perMillionOrders: string;
}

/** `parameters` are the values of all parameters of the template. Throws a `TypeError` for a unit without a price. */
export function costOf(
  resources: readonly Resource[],
  parameters: ReadonlyMap<string, string>,
  model: StackModel,
): Cost {
  const { asOf, region } = model.prices;
  const atRest = createSum();
  const perMillion = createSum();
  const items: CostItem[] = [];
  const byUse: UsePrice[] = [];
  for (const { name, type } of resources) {
    for (const usage of usageOf(name, type, model)) {
      if (!applies(usage, parameters)) continue;
      const price = priceOf(usage, type, model.prices);
      if (isOfUnknownAmount(usage) && model.template.Resources[name]?.Condition !== undefined) {
        byUse.push({ name, what: usage.what, unit: usage.unit, price: decimal(price) });
      }
      const times = usage.times === undefined ? 1 : Number(parameters.get(usage.times));
      const each = { atRest: createSum(), perMillion: createSum() };
      addProduct([each.atRest, atRest], times, usage.atRest ?? 0, price);
      addProduct([each.perMillion, perMillion], times, usage.perMillionOrders ?? 0, price);
      const [monthlyAtRest, perMillionOrders] = [each.atRest.toString(), each.perMillion.toString()];
      if (monthlyAtRest === '0' && perMillionOrders === '0') continue;
      items.push({ name, what: usage.what, monthlyAtRest, perMillionOrders });
    }
  }
  return {
    monthlyAtRest: atRest.toString(),
    perMillionOrders: perMillion.toString(),
    items,
    asOf,
    region,
    ...(byUse.length > 0 && { byUse }),
  };
}

/** Fixed charges of a resource, and the usage that its stage declares. A resource of an older template may have neither. */
export function usageOf(name: string, type: string, { template, parts }: StackModel): readonly Usage[] {
  const resource = template.Resources[name];
  const atRest = resource?.Type === type ? typeOf(type).charges?.(resource) : undefined;
  return [...(atRest ?? []), ...parts.flatMap(({ usage }) => usage[name] ?? [])];
}

export function priceOf({ unit, type }: Usage, typeOfResource: string, { prices }: Prices): number {
  const price = prices[type ?? typeOfResource]?.[unit];
  if (price === undefined) throw new TypeError(`prices.json has no price of a ${unit} of ${type ?? typeOfResource}`);
  return price;
}

function isOfUnknownAmount({ atRest, perMillionOrders }: Usage): boolean {
  return atRest === undefined && perMillionOrders === undefined;
}

function applies({ if: equal = {}, over = {} }: Usage, parameters: ReadonlyMap<string, string>): boolean {
  return (
    Object.entries(equal).every(([parameter, value]) => parameters.get(parameter) === value) &&
    Object.entries(over).every(([parameter, value]) => Number(parameters.get(parameter)) > value)
  );
}

/** Adds times × units × price as exact decimals: `0.1 × 0.2` is `0.02`. */
function addProduct(
  sums: readonly { add(quantity: number, price: string): void }[],
  times: number,
  ...factors: number[]
) {
  let digits = 1n;
  let places = 0;
  for (const factor of factors) {
    const [whole = '', fraction = ''] = decimal(factor).split('.');
    digits *= BigInt(whole + fraction);
    places += fraction.length;
  }
  const padded = digits.toString().padStart(places + 1, '0');
  const cut = padded.length - places;
  for (const sum of sums) sum.add(times, places > 0 ? `${padded.slice(0, cut)}.${padded.slice(cut)}` : padded);
}

/** The decimal string of a number. JavaScript writes no exponent for a number from a millionth to a thousand million. */
function decimal(value: number): string {
  const text = String(value);
  if (!/^\d+(\.\d+)?$/.test(text)) throw new RangeError(`${text} is no price`);
  return text;
}
