/** What a stack costs by the price list: each month at rest, and for each million orders. */
import { createSum } from '../orders/money.js';

/** `prices.json`: list prices of one region on one day. */
export interface Prices {
  /** `2025-06-01` */
  readonly asOf: string;
  readonly region: string;
  readonly resources: Readonly<Record<string, { readonly charges: readonly Charge[] }>>;
}

interface Charge {
  readonly what: string;
  readonly price: number;
  readonly unit: string;
  /** Units a month, whether orders come or not. */
  readonly atRest?: number;
  readonly perMillionOrders?: number;
  /** The one resource of its type that is charged. */
  readonly only?: string;
  /** The parameter that says how many. */
  readonly times?: string;
  /** Parameters that have to have these values, or be above them. */
  readonly if?: Readonly<Record<string, string>>;
  readonly over?: Readonly<Record<string, number>>;
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
}

export interface CostItem {
  readonly name: string;
  readonly what: string;
  readonly monthlyAtRest: string;
  readonly perMillionOrders: string;
}

export function costOf(
  resources: readonly Resource[],
  parameters: ReadonlyMap<string, string>,
  { asOf, region, resources: prices }: Prices,
): Cost {
  const atRest = createSum();
  const perMillion = createSum();
  const items: CostItem[] = [];
  for (const { name, type } of resources) {
    for (const charge of prices[type]?.charges ?? []) {
      if (!applies(charge, name, parameters)) continue;
      const times = charge.times === undefined ? 1 : Number(parameters.get(charge.times));
      const each = { atRest: createSum(), perMillion: createSum() };
      addProduct([each.atRest, atRest], times, charge.atRest ?? 0, charge.price);
      addProduct([each.perMillion, perMillion], times, charge.perMillionOrders ?? 0, charge.price);
      const [monthlyAtRest, perMillionOrders] = [each.atRest.toString(), each.perMillion.toString()];
      if (monthlyAtRest === '0' && perMillionOrders === '0') continue;
      items.push({ name, what: charge.what, monthlyAtRest, perMillionOrders });
    }
  }
  return { monthlyAtRest: atRest.toString(), perMillionOrders: perMillion.toString(), items, asOf, region };
}

function applies({ only, if: equal = {}, over = {} }: Charge, name: string, parameters: ReadonlyMap<string, string>) {
  return (
    (only === undefined || only === name) &&
    Object.entries(equal).every(([parameter, value]) => parameters.get(parameter) === value) &&
    Object.entries(over).every(([parameter, value]) => Number(parameters.get(parameter)) > value)
  );
}

/** Adds times × units × price as decimals: `0.1 × 0.2` has two places, whatever the machine makes of it. */
function addProduct(sums: readonly { add(quantity: number, price: string): void }[], times: number, ...of: number[]) {
  let digits = 1n;
  let places = 0;
  for (const factor of of) {
    const [whole = '', fraction = ''] = decimal(factor).split('.');
    digits *= BigInt(whole + fraction);
    places += fraction.length;
  }
  const padded = digits.toString().padStart(places + 1, '0');
  const cut = padded.length - places;
  for (const sum of sums) sum.add(times, places > 0 ? `${padded.slice(0, cut)}.${padded.slice(cut)}` : padded);
}

/** A price list holds no exponents, and JavaScript writes none for what is between a millionth and a thousand million. */
function decimal(value: number): string {
  const text = String(value);
  if (!/^\d+(\.\d+)?$/.test(text)) throw new RangeError(`${text} is no price`);
  return text;
}
