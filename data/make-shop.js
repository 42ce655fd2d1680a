/**
 * Makes `shop.json`, what the built-in shop is drawn from, out of the real UCI Online Retail file:
 *
 *     node data/make-shop.js OnlineRetail.csv[.gz] [shop.json]      or - for standard input
 *
 * It keeps facts about the whole, and no order: what products are called, cost and how often they sell, which sell to the
 * same people and in the same baskets, and how invoices, quantities, countries, months, weekdays and hours are spread.
 */
import { createReadStream, writeFileSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';

const THEMES = 32;
const KMEANS_ROUNDS = 25;
const COMPANIONS_MAX = 3;
/** Products sold together less often than this may have met by chance. */
const TOGETHER_MIN = 12;
const TOGETHER_COSINE_MIN = 0.15;
/** Larger invoices say little about what belongs together. */
const BASKET_LINES_MAX = 60;
const PRICE_BANDS = [0.5, 1, 1.5, 2.5, 4, 7, 12, Number.POSITIVE_INFINITY];
const QUANTILES = 200;
const SLOT_MINUTES = 30;

const [path, target = new URL('shop.json', import.meta.url)] = process.argv.slice(2);
if (!path) {
  console.error('usage: node data/make-shop.js OnlineRetail.csv[.gz] [shop.json]   (- for standard input)');
  process.exit(2);
}

const orders = await readOrders(path);
const sales = orders.filter(({ isSale }) => isSale);
const saleInvoices = [...groupBy(sales, ({ invoiceNo }) => invoiceNo).values()];
const customerInvoices = saleInvoices.filter(([{ customer }]) => customer !== '');
const guestInvoices = saleInvoices.filter(([{ customer }]) => customer === '');
const returns = orders.filter(({ invoiceNo }) => invoiceNo.startsWith('C'));
const returnInvoices = [...groupBy(returns, ({ invoiceNo }) => invoiceNo).values()];
const products = productsOf(sales);
const themes = themesOf(products, sales);
const shop = {
  source: 'Chen, D. (2015). Online Retail. UCI Machine Learning Repository. doi 10.24432/C5BW33. CC BY 4.0',
  invoicesPerYear: invoicesInAYear(),
  kinds: {
    customers: customerInvoices.length,
    guests: guestInvoices.length,
    returns: returnInvoices.length,
  },
  lines: {
    customers: histogram(customerInvoices.map(({ length }) => length)),
    guests: histogram(guestInvoices.map(({ length }) => length)),
    returns: histogram(returnInvoices.map(({ length }) => length)),
  },
  invoicesPerCustomer: invoicesPerCustomer(),
  quantities: quantities(),
  months: months(),
  weekdays: weekdays(),
  slotMinutes: SLOT_MINUTES,
  slots: slots(),
  countries: countries(),
  charges: { abroad: ['POST', 'POSTAGE'], online: ['DOT', 'DOTCOM POSTAGE'] },
  themes: themes.map(({ members, months }) => ({ months, products: members.map(productRow) })),
};
writeFileSync(target, readable(shop));

async function readOrders(path) {
  const file = path === '-' ? process.stdin : createReadStream(path);
  const bytes = path.endsWith('.gz') ? file.pipe(createGunzip()) : file;
  const found = [];
  for await (const fields of bytes.pipe(parse({ from_line: 2, encoding: 'latin1' }))) {
    const [invoiceNo, stockCode, name, quantity, date, price, customer, country] = fields;
    const [month, day, year, hour, minute] = date.split(/[/ :]/).map(Number);
    found.push({
      invoiceNo,
      stockCode,
      name,
      quantity: Number(quantity),
      time: new Date(Date.UTC(year, month - 1, day, hour, minute)),
      price: Number(price),
      customer,
      country,
      // Without a price it is a correction of the stock.
      isSale: /^\d/.test(invoiceNo) && Number(quantity) > 0 && Number(price) > 0,
    });
  }
  return found;
}

/** What can be sold: codes of five digits and vouchers; postage, fees and corrections are not. */
function productsOf(sales) {
  const found = [];
  for (const [code, lines] of groupBy(sales, ({ stockCode }) => stockCode)) {
    if (!/^(\d{5}[A-Za-z]*|gift_\w+)$/.test(code)) continue;
    const name = mostFrequent(lines.map(({ name }) => name).filter((name) => name.trim() !== ''));
    const bought = (isGuest) => lines.filter(({ customer }) => (customer === '') === isGuest).map(({ price }) => price);
    const price = mostFrequent(bought(false)) ?? mostFrequent(bought(true));
    if (name === undefined) continue;
    found.push({ code, name, price, guestPrice: mostFrequent(bought(true)) ?? price, popularity: lines.length });
  }
  return found.sort((a, b) => (a.code < b.code ? -1 : 1));
}

/**
 * Groups products that the same people buy: spherical k-means over who bought what, a guest's invoice counting as a
 * person. Each theme's products stand together, most popular first, with the products they share baskets with.
 */
function themesOf(products, sales) {
  const numbers = new Map(products.map(({ code }, number) => [code, number]));
  const vectors = products.map(() => new Map());
  const people = [...groupBy(sales, ({ customer, invoiceNo }) => customer || invoiceNo).values()].map(
    (lines) => new Set(lines.map(({ stockCode }) => numbers.get(stockCode)).filter((number) => number !== undefined)),
  );
  people.forEach((bought, person) => {
    // Who buys everything says little about what belongs together.
    for (const number of bought) vectors[number].set(person, 1 / Math.sqrt(bought.size));
  });
  for (const vector of vectors) normalise(vector);
  const themeOf = kMeans(vectors, people.length);

  const days = sellingDays();
  const all = monthly(sales, days);
  const companions = companionsOf(products, numbers);
  const themes = Array.from({ length: THEMES }, (_, theme) => {
    const members = products.filter((_, number) => themeOf[number] === theme);
    members.sort((a, b) => b.popularity - a.popularity || (a.code < b.code ? -1 : 1));
    const codes = new Set(members.map(({ code }) => code));
    const own = monthly(sales.filter(({ stockCode }) => codes.has(stockCode)), days);
    return { members, months: own.map((sold, month) => Math.round((1000 * sold) / all[month])) };
  }).filter(({ members }) => members.length > 0);
  const places = new Map(themes.flatMap(({ members }) => members).map((product, place) => [product, place]));
  for (const [product, place] of places) {
    product.companions = companions.get(product.code).map((other) => places.get(products[other]) - place);
  }
  return themes;
}

function kMeans(vectors, dimensions) {
  const random = numbersFrom(1);
  // What most people buy is spread over tastes: begin with one of each dozen of them.
  const byPeople = vectors.map((_, number) => number).sort((a, b) => vectors[b].size - vectors[a].size || a - b);
  let centres = Array.from({ length: THEMES }, (_, i) => dense(vectors[byPeople[i * 12 + (random() % 12)]], dimensions));
  let assigned = [];
  for (let round = 0; round < KMEANS_ROUNDS; round++) {
    assigned = vectors.map((vector) => {
      let best = 0;
      let nearest = -1;
      centres.forEach((centre, theme) => {
        let likeness = 0;
        for (const [person, weight] of vector) likeness += centre[person] * weight;
        if (likeness > nearest) [best, nearest] = [theme, likeness];
      });
      return best;
    });
    centres = centres.map((_, theme) => {
      const sum = new Float64Array(dimensions);
      vectors.forEach((vector, number) => {
        if (assigned[number] === theme) for (const [person, weight] of vector) sum[person] += weight;
      });
      const length = Math.sqrt(sum.reduce((total, weight) => total + weight * weight, 0));
      return length > 0 ? sum.map((weight) => weight / length) : sum;
    });
  }
  return assigned;
}

/** Of each product, those that are in its baskets more often than not by chance, the closest first. */
function companionsOf(products, numbers) {
  const together = products.map(() => new Map());
  const alone = new Uint32Array(products.length);
  for (const lines of saleInvoices) {
    if (lines.length > BASKET_LINES_MAX) continue;
    const basket = [...new Set(lines.map(({ stockCode }) => numbers.get(stockCode)))].filter((n) => n !== undefined);
    for (const a of basket) {
      alone[a]++;
      for (const b of basket) if (a !== b) together[a].set(b, (together[a].get(b) ?? 0) + 1);
    }
  }
  return new Map(
    products.map(({ code }, a) => {
      const close = [...together[a]]
        .map(([b, count]) => ({ b, count, cosine: count / Math.sqrt(alone[a] * alone[b]) }))
        .filter(({ count, cosine }) => count >= TOGETHER_MIN && cosine >= TOGETHER_COSINE_MIN)
        .sort((x, y) => y.cosine - x.cosine || x.b - y.b);
      return [code, close.slice(0, COMPANIONS_MAX).map(({ b }) => b)];
    }),
  );
}

function productRow({ code, name, price, guestPrice, popularity, companions }) {
  return [code, name, price, guestPrice, twoDigits(popularity), ...companions];
}

/** Invoices from the first of December to the last of November, corrections of the stock left out. */
function invoicesInAYear() {
  const end = Date.UTC(2011, 11, 1);
  return [...saleInvoices, ...returnInvoices].filter(([{ time }]) => time < end).length;
}

function invoicesPerCustomer() {
  const own = groupBy(customerInvoices, ([{ customer }]) => customer);
  return histogram([...own.values()].map(({ length }) => length));
}

/** How many of it are bought, as quantiles, by what it costs and who buys. */
function quantities() {
  return PRICE_BANDS.map((below, band) => {
    const from = band === 0 ? 0 : PRICE_BANDS[band - 1];
    const bought = sales.filter(({ price }) => price >= from && price < below);
    const of = (isGuest) =>
      quantiles(bought.filter(({ customer }) => (customer === '') === isGuest).map(({ quantity }) => quantity));
    return { below: Number.isFinite(below) ? below : null, customers: of(false), guests: of(true) };
  });
}

/** Days of each month, January first, on which something was sold: a part of December was seen twice. */
function sellingDays() {
  const days = Array.from({ length: 12 }, () => new Set());
  for (const { time } of sales) days[time.getUTCMonth()].add(time.toISOString().slice(0, 10));
  return days.map(({ size }) => size);
}

function monthly(lines, days) {
  const sold = new Float64Array(12);
  for (const { time } of lines) sold[time.getUTCMonth()]++;
  return [...sold].map((count, month) => count / days[month]);
}

/** Invoices a selling day in tenths, January first. */
function months() {
  const first = saleInvoices.map(([order]) => order);
  return monthly(first, sellingDays()).map((count) => Math.round(10 * count));
}

/** Invoices of a weekday, Sunday first. */
function weekdays() {
  const counts = new Array(7).fill(0);
  for (const [{ time }] of saleInvoices) counts[time.getUTCDay()]++;
  return counts;
}

/** Invoices in each half hour of a day, Sunday first; a time that hardly ever happened is left out. */
function slots() {
  const counts = Array.from({ length: 7 }, () => new Array(1440 / SLOT_MINUTES).fill(0));
  for (const [{ time }] of saleInvoices) {
    counts[time.getUTCDay()][Math.floor((time.getUTCHours() * 60 + time.getUTCMinutes()) / SLOT_MINUTES)]++;
  }
  return counts.map((day) => day.map((count) => (count < 5 ? 0 : count)));
}

/** Name, order lines of customers, order lines of guests, customers, what postage costs there; largest first. */
function countries() {
  return [...groupBy(orders, ({ country }) => country)]
    .map(([name, lines]) => {
      const own = lines.filter(({ customer }) => customer !== '');
      const postage = lines.filter(({ stockCode, isSale }) => stockCode === 'POST' && isSale).map(({ price }) => price);
      const price = name === 'United Kingdom' ? 0 : (mostFrequent(postage) ?? 0);
      return [name, own.length, lines.length - own.length, new Set(own.map(({ customer }) => customer)).size, price];
    })
    .sort((a, b) => b[1] + b[2] - a[1] - a[2]);
}

function groupBy(items, keyOf) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** [value, how often], smallest first. */
function histogram(values) {
  return [...groupBy(values, (value) => value)]
    .map(([value, same]) => [value, same.length])
    .sort((a, b) => a[0] - b[0]);
}

/** The middles of `QUANTILES` equal parts, as [value, how many of them]. */
function quantiles(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (i) => sorted[Math.floor(((i + 0.5) / QUANTILES) * sorted.length)];
  return histogram(Array.from({ length: QUANTILES }, (_, i) => at(i)));
}

function mostFrequent(values) {
  const groups = [...groupBy(values, (value) => value)];
  return groups.sort(([a, as], [b, bs]) => bs.length - as.length || (a < b ? -1 : 1))[0]?.[0];
}

function normalise(vector) {
  let square = 0;
  for (const weight of vector.values()) square += weight * weight;
  for (const [person, weight] of vector) vector.set(person, weight / Math.sqrt(square));
}

function dense(vector, dimensions) {
  const found = new Float64Array(dimensions);
  for (const [person, weight] of vector) found[person] = weight;
  return found;
}

function twoDigits(count) {
  let unit = 1;
  while (count / unit >= 100) unit *= 10;
  return Math.round(count / unit) * unit;
}

/** Numbers that look random, the same each time. */
function numbersFrom(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
}

/** JSON with a product, or another short list, a line. */
function readable(shop) {
  const entries = Object.entries(shop).map(([key, value]) => {
    if (key !== 'themes') return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
    const rows = value.map(
      ({ months, products }) =>
        `{"months":${JSON.stringify(months)},"products":[\n${products.map((row) => JSON.stringify(row)).join(',\n')}\n]}`,
    );
    return `"themes":[\n${rows.join(',\n')}\n]`;
  });
  return `{\n${entries.join(',\n')}\n}\n`;
}
