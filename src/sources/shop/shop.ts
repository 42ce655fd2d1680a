/** The built-in shop: what it sells, who buys there and what they like. All follows from `data/shop.json` and a seed. */
import { existsSync, readFileSync } from 'node:fs';
import { assetOf } from '../../assets.js';
import { AlakazamError } from '../../errors.js';
import { formatLine } from '../../orders/order-line.js';
import { createRandom, firstAbove, hash, runningTotals, scaled } from '../../random.js';

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
  readonly quantities: Uint16Array;
  readonly guestQuantities: Uint16Array;
  /** Products found in the same baskets. */
  readonly companions: readonly number[];
}

/** Products, customers and countries are numbers from 0; whatever is drawn is drawn by 32 random bits. */
export interface Shop {
  readonly productCount: number;
  product(product: number): Product;
  /** Who comes; some often, most hardly ever. */
  customer(bits: number): number;
  customerId(customer: number): number;
  countryOf(customer: number): number;
  guestCountry(bits: number): number;
  /** The n-th of the `FAVOURITES` of a customer: most are of the customer's own themes. */
  favourite(customer: number, n: number): number;
  /** What everyone buys in a month. */
  bestseller(month: number, themeBits: number, bits: number): number;
  /** False for most of `chance` (0 to 255) in months that sell little of the product's theme. */
  isInSeason(product: number, month: number, chance: number): boolean;
}

export const QUANTITIES = 200;
/** Things each customer likes. */
export const FAVOURITES = 60;

/** The ids of the real customers lie between these. */
const FIRST_CUSTOMER = 12_346;
const CUSTOMERS = 18_287 - FIRST_CUSTOMER + 1;
/** A country buys at least this many lines a year, or many years would pass without it. */
const COUNTRY_LINES_MIN = 80;
/** Keeps what is divided between customers whole. */
const WEIGHT_SCALE = 16;
/** Out of 256, running: how much of what customers like is of their first, second and third theme; the rest is of any. */
const TASTES = [144, 208, 244];
/** The larger, the less the most popular are favoured over what they sold. */
const POPULARITY_HANDICAP = 4000;

let loaded: ShopData | undefined;

/** Throws an `AlakazamError` if the file is not where it was installed. */
export function loadShopData(): ShopData {
  if (loaded) return loaded;
  const place = assetOf('data/shop.json');
  if (!existsSync(place)) {
    throw new AlakazamError('failed', 'data/shop.json is missing from this installation; the built-in shop needs it', {
      hint: 'install the package again: npm ci && npm install -g . in a checkout',
    });
  }
  loaded = JSON.parse(readFileSync(place, 'utf8')) as ShopData;
  return loaded;
}

/**
 * Opens the shop of a key, which is 32 bits of a seed. Tables that can wait are made when they are first needed, so that the
 * first orders come soon.
 */
export function openShop(data: ShopData, key: number): Shop {
  const { themes } = data;
  const rows = themes.flatMap(({ products }) => products);
  const themeOf = Uint8Array.from(themes.flatMap(({ products }, theme) => products.map(() => theme)));
  const ends = [0, ...runningTotals(themes.map(({ products }) => products.length))];
  const sold = Float64Array.of(0, ...runningTotals(rows.map(demandOf)));
  const allSold = sold[rows.length] as number;
  const seasons = themes.map(({ months }, theme) => {
    const usual = (1000 * soldIn(theme)) / allSold;
    return months.map((share) => Math.floor((256 * share) / usual));
  });
  const monthlyThemes = data.months.map((_, month) =>
    runningTotals(themes.map(({ months }) => months[month] as number)),
  );
  const guests = runningTotals(data.countries.map(([, , guestLines]) => guestLines));
  const { visits, countries, ids } = customersOf(data, hash(key, 0));
  const [themesKey, favouritesKey] = [hash(key, 1), hash(key, 2)];
  const bands = bandsOf(data);
  const products: Product[] = [];
  /** One more than the product, for those drawn before. */
  const favourites = new Uint16Array(CUSTOMERS * FAVOURITES);

  function soldIn(theme: number): number {
    return (sold[ends[theme + 1] as number] as number) - (sold[ends[theme] as number] as number);
  }

  function anyProduct(bits: number): number {
    return firstAbove(sold, scaled(bits, allSold), 1) - 1;
  }

  function productIn(theme: number, bits: number): number {
    const from = ends[theme] as number;
    const wanted = (sold[from] as number) + scaled(bits, soldIn(theme));
    return firstAbove(sold, wanted, from + 1, (ends[theme + 1] as number) + 1) - 1;
  }

  /** Themes are liked by as many as buy of them. */
  function tasteOf(customer: number, n: number): number {
    return themeOf[anyProduct(hash(themesKey, customer * TASTES.length + n))] as number;
  }

  function product(number: number): Product {
    products[number] ??= productOf(rows[number] as ProductRow, number, bands);
    return products[number] as Product;
  }

  function favourite(customer: number, n: number): number {
    const place = customer * FAVOURITES + n;
    if (favourites[place] === 0) favourites[place] = 1 + drawFavourite(customer, n);
    return (favourites[place] as number) - 1;
  }

  /** Every second one goes with the one before it, if anything does. */
  function drawFavourite(customer: number, n: number): number {
    const own = hash(favouritesKey, customer);
    const bits = hash(own, 2 * n + 1);
    if (n % 2 === 1) {
      const { companions } = product(favourite(customer, n - 1));
      if (companions.length > 0) return companions[scaled(bits, companions.length)] as number;
    }
    const chance = hash(own, 2 * n) >>> 24;
    const taste = TASTES.findIndex((share) => chance < share);
    return taste < 0 ? anyProduct(bits) : productIn(tasteOf(customer, taste), bits);
  }

  return {
    productCount: rows.length,
    product,
    customer: (bits) => among(visits, bits),
    customerId: (customer) => ids[customer] as number,
    countryOf: (customer) => countries[customer] as number,
    guestCountry: (bits) => among(guests, bits),
    favourite,
    bestseller: (month, themeBits, bits) => productIn(among(monthlyThemes[month] as Float64Array, themeBits), bits),
    isInSeason: (product, month, chance) =>
      chance < ((seasons[themeOf[product] as number] as number[])[month] as number),
  };
}

/** A basket holds most products once, at the cost of those that many draws fall on; this makes up for it. */
function demandOf({ 4: popularity }: ProductRow): number {
  return popularity + Math.floor((popularity * popularity) / POPULARITY_HANDICAP);
}

/** Chooses by `bits` among candidates that each have a share of the running totals. */
function among(totals: Float64Array, bits: number): number {
  return firstAbove(totals, scaled(bits, totals[totals.length - 1] as number));
}

/** How many of a product are bought, by its price. */
type Band = Pick<Product, 'quantities' | 'guestQuantities'> & { readonly below: number };

function bandsOf({ quantities }: ShopData): Band[] {
  return quantities.map(({ below, customers, guests }) => ({
    below: below ?? Number.POSITIVE_INFINITY,
    quantities: listed(customers),
    guestQuantities: listed(guests),
  }));
}

function productOf(row: ProductRow, number: number, bands: readonly Band[]): Product {
  const [code, name, price, guestPrice, , ...distances] = row;
  const { quantities, guestQuantities } = bands.find(({ below }) => price < below) as Band;
  return {
    text: `${formatLine([code, name])},`,
    price: String(price),
    guestPrice: String(guestPrice),
    quantities,
    guestQuantities,
    companions: distances.map((distance) => number + distance),
  };
}

/** Customers as columns. */
interface Customers {
  /** Running totals of how often each comes, against the others. */
  readonly visits: Float64Array;
  readonly countries: Uint8Array;
  readonly ids: Uint16Array;
}

/** As many customers as there are ids: at home they come as often as the real ones did, abroad as their country's did. */
function customersOf({ countries, invoicesPerCustomer }: ShopData, key: number): Customers {
  const [home, ...abroad] = countries as [CountryRow, ...CountryRow[]];
  const inReal = countries.reduce((total, [, , , customers]) => total + customers, 0);
  const foreigners = abroad.map(([, , , customers]) => Math.round((customers * CUSTOMERS) / inReal));
  const atHome = CUSTOMERS - foreigners.reduce((total, count) => total + count, 0);
  const invoices = listed(invoicesPerCustomer);
  const weights = new Float64Array(CUSTOMERS);
  const countryOf = new Uint8Array(CUSTOMERS);
  // Less than they bought: half of those who came once might as well not have come, and others come in their place.
  let homeWeight = 0;
  for (let i = 0; i < atHome; i++) {
    weights[i] = WEIGHT_SCALE * (2 * (invoices[Math.floor((i * invoices.length) / atHome)] as number) - 1);
    homeWeight += weights[i] as number;
  }
  let at = atHome;
  abroad.forEach(([, lines], i) => {
    const count = foreigners[i] as number;
    const weight = Math.floor((homeWeight * Math.max(lines, COUNTRY_LINES_MIN)) / (home[1] * Math.max(1, count)));
    weights.fill(weight, at, at + count);
    countryOf.fill(i + 1, at, at + count);
    at += count;
  });
  return { visits: runningTotals(weights), countries: countryOf, ids: shuffledIds(key) };
}

function shuffledIds(key: number): Uint16Array {
  const random = createRandom();
  random.start(key, 0);
  const ids = Uint16Array.from({ length: CUSTOMERS }, (_, i) => FIRST_CUSTOMER + i);
  for (let i = CUSTOMERS - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const id = ids[i] as number;
    ids[i] = ids[j] as number;
    ids[j] = id;
  }
  return ids;
}

/** Every value of a histogram, as often as it counts, in the order of the histogram. */
export function listed(...histograms: readonly Histogram[]): Uint16Array {
  const values = histograms.flat();
  const list = new Uint16Array(values.reduce((total, [, count]) => total + count, 0));
  let at = 0;
  for (const [value, count] of values) {
    list.fill(value, at, at + count);
    at += count;
  }
  return list;
}
