/** The built-in shop: what it sells, who buys there and what they like. All follows from `data/shop.json` and a seed. */
import { existsSync, readFileSync } from 'node:fs';
import { AlakazamError } from '../errors.js';
import { formatLine } from './order-line.js';
import { createRandom, firstAbove, hash, runningTotals, scaled } from './random.js';

type Histogram = readonly (readonly [value: number, count: number])[];
type ProductRow = readonly [
  code: string,
  name: string,
  price: number,
  guestPrice: number,
  popularity: number,
  ...companions: number[],
];
type CountryRow = readonly [name: string, lines: number, guestLines: number, customers: number, postage: number];

/** The layout of `data/shop.json`; `data/README.md` says what each means. */
export interface ShopData {
  readonly invoicesPerYear: number;
  readonly kinds: { readonly customers: number; readonly guests: number; readonly returns: number };
  readonly lines: { readonly customers: Histogram; readonly guests: Histogram; readonly returns: Histogram };
  readonly invoicesPerCustomer: Histogram;
  readonly quantities: readonly {
    readonly below: number | null;
    readonly customers: Histogram;
    readonly guests: Histogram;
  }[];
  readonly months: readonly number[];
  readonly weekdays: readonly number[];
  readonly slotMinutes: number;
  readonly slots: readonly (readonly number[])[];
  readonly countries: readonly CountryRow[];
  readonly charges: Readonly<Record<'abroad' | 'online', readonly [code: string, name: string]>>;
  readonly themes: readonly { readonly months: readonly number[]; readonly products: readonly ProductRow[] }[];
}

export interface Product {
  /** Code and name as they stand in a line, with the comma after them. */
  readonly text: string;
  readonly price: string;
  readonly guestPrice: string;
  /** `QUANTITIES` that are bought at a time, smallest first, each as likely as the next. */
  readonly quantities: readonly number[];
  readonly guestQuantities: readonly number[];
  /** Products found in the same baskets. */
  readonly companions: readonly number[];
}

export interface Customer {
  readonly id: number;
  /** Number of the country. */
  readonly country: number;
  /** Invoices, against those of other customers. */
  readonly weight: number;
}

/** Products, customers and countries are numbers from 0; whatever is drawn is drawn by 32 random bits. */
export interface Shop {
  readonly products: readonly Product[];
  readonly customers: readonly Customer[];
  /** Who comes; some often, most hardly ever. */
  customer(bits: number): number;
  guestCountry(bits: number): number;
  /** The n-th of the things a customer likes: most are of the customer's own themes. */
  favourite(customer: number, n: number): number;
  /** What everyone buys in a month. */
  bestseller(month: number, themeBits: number, bits: number): number;
  /** False for most of `chance` (0 to 255) in months that sell little of the product's theme. */
  isInSeason(product: number, month: number, chance: number): boolean;
}

export const QUANTITIES = 200;

/** The ids of the real customers lie between these. */
const CUSTOMER_IDS = { first: 12_346, last: 18_287 };
const CUSTOMERS = CUSTOMER_IDS.last - CUSTOMER_IDS.first + 1;
/** A country buys at least this many lines a year, or many years would pass without it. */
const COUNTRY_LINES_MIN = 80;
/** Keeps what is divided between customers whole. */
const WEIGHT_SCALE = 16;
/** Out of 256, running: how much of what customers like is of their first, second and third theme; the rest is of any. */
const TASTES = [112, 176, 216];

let loaded: ShopData | undefined;

/** Throws an `AlakazamError` if the file is not where it was installed. */
export function loadShopData(): ShopData {
  if (loaded) return loaded;
  // This code runs one folder deep where it is bundled, and two where it is not.
  const places = ['../data/shop.json', '../../data/shop.json'].map((path) => new URL(path, import.meta.url));
  const place = places.find((url) => existsSync(url));
  if (!place) {
    throw new AlakazamError('failed', 'data/shop.json is missing from this installation; the built-in shop needs it', {
      hint: 'npm install --global alakazam',
    });
  }
  loaded = JSON.parse(readFileSync(place, 'utf8')) as ShopData;
  return loaded;
}

/** Opens the shop of a key, which is 32 bits of a seed. */
export function openShop(data: ShopData, key: number): Shop {
  const { themes } = data;
  const rows = themes.flatMap(({ products }) => products);
  const themeOf = Uint8Array.from(themes.flatMap(({ products }, theme) => products.map(() => theme)));
  const ends = [0, ...runningTotals(themes.map(({ products }) => products.length))];
  const sold = [0, ...runningTotals(rows.map(([, , , , popularity]) => popularity))];
  const allSold = sold.at(-1) as number;
  const seasons = themes.map(({ months }, theme) => {
    const usual = (1000 * soldIn(theme)) / allSold;
    return months.map((share) => Math.floor((256 * share) / usual));
  });
  const monthlyThemes = data.months.map((_, month) =>
    runningTotals(themes.map(({ months }) => months[month] as number)),
  );
  const guests = runningTotals(data.countries.map(([, , guestLines]) => guestLines));
  const customers = customersOf(data, hash(key, 0));
  const visits = runningTotals(customers.map(({ weight }) => weight));
  const tastes = Uint8Array.from(
    { length: CUSTOMERS * TASTES.length },
    (_, i) => themeOf[anyProduct(hash(hash(key, 1), i))] as number,
  );
  const likings = hash(key, 2);

  function soldIn(theme: number): number {
    return (sold[ends[theme + 1] as number] as number) - (sold[ends[theme] as number] as number);
  }

  function anyProduct(bits: number): number {
    return firstAbove(sold, scaled(bits, allSold), 1) - 1;
  }

  function productOf(theme: number, bits: number): number {
    const from = ends[theme] as number;
    const wanted = (sold[from] as number) + scaled(bits, soldIn(theme));
    return firstAbove(sold, wanted, from + 1, (ends[theme + 1] as number) + 1) - 1;
  }

  return {
    products: productsOf(rows, data),
    customers,
    customer: (bits) => among(visits, bits),
    guestCountry: (bits) => among(guests, bits),
    favourite(customer, n) {
      const own = hash(likings, customer);
      const chance = hash(own, 2 * n) >>> 24;
      const bits = hash(own, 2 * n + 1);
      const taste = TASTES.findIndex((share) => chance < share);
      return taste < 0 ? anyProduct(bits) : productOf(tastes[customer * TASTES.length + taste] as number, bits);
    },
    bestseller: (month, themeBits, bits) => productOf(among(monthlyThemes[month] as Float64Array, themeBits), bits),
    isInSeason: (product, month, chance) =>
      chance < ((seasons[themeOf[product] as number] as number[])[month] as number),
  };
}

/** What `bits` choose where each has its share of the running totals. */
function among(totals: Float64Array, bits: number): number {
  return firstAbove(totals, scaled(bits, totals[totals.length - 1] as number));
}

function productsOf(rows: readonly ProductRow[], { quantities }: ShopData): Product[] {
  const bands = quantities.map(({ below, customers, guests }) => ({
    below: below ?? Number.POSITIVE_INFINITY,
    quantities: listed(customers),
    guestQuantities: listed(guests),
  }));
  return rows.map(([code, name, price, guestPrice, , ...distances], place) => {
    const band = bands.find(({ below }) => price < below) as (typeof bands)[number];
    return {
      text: `${formatLine([code, name])},`,
      price: String(price),
      guestPrice: String(guestPrice),
      quantities: band.quantities,
      guestQuantities: band.guestQuantities,
      companions: distances.map((distance) => place + distance),
    };
  });
}

/** As many customers as there are ids: at home they come as often as the real ones did, abroad as their country's did. */
function customersOf({ countries, invoicesPerCustomer }: ShopData, key: number): Customer[] {
  const [home, ...abroad] = countries as [CountryRow, ...CountryRow[]];
  const inReal = countries.reduce((total, [, , , customers]) => total + customers, 0);
  const foreigners = abroad.map(([, , , customers]) => Math.round((customers * CUSTOMERS) / inReal));
  const atHome = CUSTOMERS - foreigners.reduce((total, count) => total + count, 0);
  const invoices = listed(invoicesPerCustomer);
  // Less than they bought: half of those who came once might as well not have come, and others come in their place.
  const weights = Array.from(
    { length: atHome },
    (_, i) => WEIGHT_SCALE * (2 * (invoices[Math.floor((i * invoices.length) / atHome)] as number) - 1),
  );
  const homeWeight = weights.reduce((total, weight) => total + weight, 0);
  const found = weights.map((weight) => ({ country: 0, weight }));
  abroad.forEach(([, lines], i) => {
    const count = foreigners[i] as number;
    const weight = Math.floor((homeWeight * Math.max(lines, COUNTRY_LINES_MIN)) / (home[1] * Math.max(1, count)));
    for (let n = 0; n < count; n++) found.push({ country: i + 1, weight });
  });
  const ids = shuffled(found.length, key);
  return found.map((customer, i) => ({ ...customer, id: CUSTOMER_IDS.first + (ids[i] as number) }));
}

function shuffled(count: number, key: number): number[] {
  const random = createRandom();
  random.start(key, 0);
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

/** Every value of a histogram, as often as it counts. */
export function listed(histogram: Histogram): number[] {
  return histogram.flatMap(([value, count]) => new Array<number>(count).fill(value));
}
