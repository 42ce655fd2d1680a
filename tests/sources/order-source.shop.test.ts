/**
 * The built-in shop against the real one. Figures called `real` were reckoned from the real file by a program of its own,
 * in another language; bands say how near the shop has to come.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { GUEST, lineOf } from '../../src/orders/order-block.js';
import { formatLine, isoDate, type LineFields, splitLine, whyNotAnOrder } from '../../src/orders/order-line.js';
import type { SourcePosition, SourceRead } from '../../src/sources/order-source.js';
import { openBuiltInShop } from '../../src/sources/order-source.shop.js';
import { testOrderSource } from './order-source.contract.js';

vi.mock(import('node:fs'), async (actual) => {
  const fs = await actual();
  return { ...fs, readFileSync: vi.fn(fs.readFileSync) as unknown as typeof fs.readFileSync };
});

interface Read {
  readonly line: string;
  readonly customer: number;
  readonly occurrence: number;
}

async function* lines(seed: number, options: SourceRead): AsyncGenerator<Read> {
  for await (const { orders } of openBuiltInShop({ seed }).read(options)) {
    for (let i = 0; i < orders.count; i++) {
      yield {
        line: lineOf(orders, i),
        customer: orders.customers[i] as number,
        occurrence: orders.occurrences[i] as number,
      };
    }
  }
}

async function read(seed: number, options: SourceRead): Promise<Read[]> {
  const found: Read[] = [];
  for await (const line of lines(seed, options)) found.push(line);
  return found;
}

/** The position after `limit` orders, as it comes back from where it is kept. */
async function positionAfter(seed: number, limit: number): Promise<SourcePosition | undefined> {
  let last: SourcePosition | undefined;
  for await (const { position } of openBuiltInShop({ seed }).read({ limit })) last = position;
  return last && JSON.parse(JSON.stringify(last));
}

function share<T>(items: readonly T[], is: (item: T) => boolean): number {
  return items.filter(is).length / items.length;
}

function counts<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, number> {
  const found = new Map<K, number>();
  for (const item of items) found.set(keyOf(item), (found.get(keyOf(item)) ?? 0) + 1);
  return found;
}

/** The share of all lines that the `n` most frequent have. */
function shareOfTop(products: ReadonlyMap<string, number>, n: number): number {
  const sorted = [...products.values()].sort((a, b) => b - a);
  return sum(sorted.slice(0, n)) / sum(sorted);
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

testOrderSource(async () => openBuiltInShop({ seed: 1 }));

describe('the same orders', () => {
  test('of a seed, on every machine and every version of Node', async () => {
    const hash = createHash('sha256');
    for (const { line } of await read(1, { limit: 20_000 })) hash.update(`${line}\n`);
    expect(hash.digest('hex')).toBe('9ff9a2b41e5307c4a453eefe2711c7c27b1a04d904684f4203072d00ced0e4f4');
  });

  test.each([2, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER])('but others of seed %d', async (seed) => {
    const [of1, others] = await Promise.all([read(1, { limit: 1000 }), read(seed, { limit: 1000 })]);
    expect(share(others, ({ line }) => of1.some((order) => order.line === line))).toBe(0);
    expect(await read(seed, { limit: 1000 })).toEqual(others);
  });

  test('and no invoice number of another seed', async () => {
    const numberOf = async (seed: number, invoice: number) => {
      const [first] = await read(seed, { from: { invoice, line: 0 }, limit: 1 });
      return splitLine((first as Read).line)?.[0]?.replace(/^C/, '');
    };
    const place = fc.tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 999 }));
    await fc.assert(
      fc.asyncProperty(place, place, async (one, other) => {
        const isSame = one[0] === other[0] && one[1] === other[1];
        expect((await numberOf(...one)) === (await numberOf(...other))).toBe(isSame);
      }),
      {
        numRuns: 30,
        examples: [
          [
            [1, 5],
            [2, 5],
          ],
          [
            [2, 1],
            [12, 1],
          ],
          [
            [0, 7],
            [1, 7],
          ],
          [
            [11, 1],
            [1, 11],
          ],
        ],
      },
    );
  });

  test('wherever reading goes on, in the middle of an invoice too', async () => {
    const undisturbed = await read(3, { limit: 3000 });
    let cutInvoices = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 2500 }),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 200 }),
        async (before, limit, size) => {
          const from = await positionAfter(3, before);
          if (Number(from?.['line']) > 0) cutInvoices++;
          const rest = await read(3, { from, limit, batchSize: () => size });
          expect(rest).toEqual(undisturbed.slice(before, before + limit));
        },
      ),
      { numRuns: 60 },
    );
    expect(cutInvoices).toBeGreaterThan(20);
  });

  test('from anywhere at once: ten million invoices on', async () => {
    const from = { invoice: 10_000_000, line: 0 };
    const far = await read(1, { from, limit: 500 });
    expect(far.map(({ line }) => whyNotAnOrder(splitLine(line) as string[])).filter(Boolean)).toEqual([]);
    expect(await read(1, { from, limit: 500 })).toEqual(far);
  });
});

describe('reading', () => {
  test('limit and batch size count orders', async () => {
    const sizes = [1, 7, 2, 50];
    const counted: number[] = [];
    let next = 0;
    const batchSize = () => sizes[next++ % sizes.length] as number;
    for await (const { orders, rejected, invoices } of openBuiltInShop({ seed: 1 }).read({ limit: 65, batchSize })) {
      counted.push(orders.count);
      expect(rejected).toEqual([]);
      expect(invoices.size).toBe(0);
    }
    expect(counted).toEqual([1, 7, 2, 50, 1, 4]);
    expect(await read(1, { limit: 0 })).toEqual([]);
  });

  test('goes on for ever, and says so', async () => {
    const shop = openBuiltInShop({ seed: 5 });
    expect(shop).toMatchObject({ id: 'built-in:5', name: 'the built-in shop', endless: true });
    let count = 0;
    for await (const { orders } of shop.read({})) {
      count += orders.count;
      if (count > 100_000) break;
    }
    expect(count).toBeGreaterThan(100_000);
  });

  test('nothing is loaded before', async () => {
    vi.resetModules();
    vi.mocked(readFileSync).mockClear();
    const { openBuiltInShop } = await import('../../src/sources/order-source.shop.js');
    const orders = openBuiltInShop({ seed: 1 }).read({ limit: 1 });
    expect(readFileSync).not.toHaveBeenCalled();
    for await (const _ of orders);
    expect(readFileSync).toHaveBeenCalledOnce();
  });
});

describe('100,000 orders', () => {
  let orders: (Read & { readonly fields: LineFields })[];

  beforeAll(async () => {
    orders = (await read(1, { limit: 100_000 })).map((order) => ({
      ...order,
      fields: splitLine(order.line) as LineFields,
    }));
  });

  test('are orders, each in the layout of the real file', () => {
    const layout = [/^C?\d{6}$/, /^[A-Za-z0-9_]+$/, /./, /^-?[1-9]\d*$/, /^1?\d\/[123]?\d\/\d{4} [12]?\d:\d\d$/];
    layout.push(/^\d+(\.\d{1,3})?$/, /^(1[2-8]\d{3})?$/, /^[A-Z]/);
    const odd = orders.filter(({ line, customer, fields }) => {
      const [invoiceNo, , , quantity, , price, customerId] = fields;
      return (
        whyNotAnOrder(fields) !== undefined ||
        formatLine(fields) !== line ||
        fields.some((field, i) => !layout[i]?.test(field)) ||
        invoiceNo.startsWith('C') !== quantity.startsWith('-') ||
        Number(price) === 0 ||
        customerId !== (customer === GUEST ? '' : String(customer))
      );
    });
    expect(odd.map(({ line }) => line)).toEqual([]);
    const customers = orders.map(({ customer }) => customer).filter((customer) => customer !== GUEST);
    expect(customers.filter((customer) => customer < 12346 || customer > 18287)).toEqual([]);
  });

  test('count the lines of a product in an invoice, so that no id comes twice', () => {
    const seen = new Map<string, number>();
    const wrong = orders.filter(({ fields, occurrence }) => {
      const key = `${fields[0]}-${fields[1]}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
      return occurrence !== seen.get(key);
    });
    expect(wrong).toEqual([]);
  });

  test('are one invoice after another, in order of their dates', () => {
    const invoices = orders.map(({ fields }) => fields[0]);
    const starts = invoices.filter((invoiceNo, i) => invoiceNo !== invoices[i - 1]);
    expect(new Set(starts).size).toBe(starts.length);
    const dates = orders.map(({ fields }) => isoDate(fields[4]) as string);
    expect(dates.filter((date, i) => i > 0 && date < (dates[i - 1] as string))).toEqual([]);
    expect(dates.filter((date, i) => invoices[i] === invoices[i - 1] && date !== dates[i - 1])).toEqual([]);
    expect(dates[0]).toMatch(/^2010-12-01T/);
  });

  test('have the mix of the real ones', () => {
    const invoices = new Set(orders.map(({ fields }) => fields[0]));
    // Real: 24.9 %, 1.7 %, 2.0 % and 20.9.
    expect(share(orders, ({ customer }) => customer === GUEST)).toSatisfy(between(0.22, 0.28));
    expect(share(orders, ({ fields }) => fields[0].startsWith('C'))).toSatisfy(between(0.015, 0.025));
    expect(share(orders, ({ occurrence }) => occurrence > 1)).toSatisfy(between(0.01, 0.03));
    expect(orders.length / invoices.size).toSatisfy(between(15, 27));
  });

  test('are of many products, some far more popular than others', () => {
    const products = counts(orders, ({ fields }) => fields[1]);
    expect(products.size).toBeGreaterThan(2500);
    // Real, in its first 100,000: 40 products, a hundredth of them all, have 10.1 % of the lines, 400 have 48.2 %.
    expect(shareOfTop(products, 40)).toSatisfy(between(0.085, 0.12));
    expect(shareOfTop(products, 400)).toSatisfy(between(0.42, 0.54));
    expect(new Set(orders.map(({ fields }) => `${fields[1]} ${fields[2]}`)).size).toBe(products.size);
  });

  test('come from many countries, most from one', () => {
    expect(new Set(orders.map(({ fields }) => fields[7])).size).toBeGreaterThanOrEqual(30);
    // Real: 91.4 %.
    expect(share(orders, ({ fields }) => fields[7] === 'United Kingdom')).toSatisfy(between(0.88, 0.94));
    const homes = new Set(
      orders.filter(({ customer }) => customer !== GUEST).map(({ fields }) => fields[6] + fields[7]),
    );
    expect(homes.size).toBe(new Set(orders.map(({ customer }) => customer)).size - 1);
  });

  test('have commas, quotes and pounds in what products are called', () => {
    // Real: 0.9 % and 0.2 %; of pounds 32 in 541,909.
    expect(share(orders, ({ fields }) => fields[2].includes(','))).toSatisfy(between(0.004, 0.018));
    expect(share(orders, ({ fields }) => fields[2].includes('"'))).toSatisfy(between(0.001, 0.006));
    expect(orders.some(({ fields }) => fields[2].includes('£'))).toBe(true);
  });

  test('bring back only what the same customer bought before, and no more of it', () => {
    const bought = new Map<string, number>();
    let returned = 0;
    const unfounded = orders.filter(({ fields, customer }) => {
      const key = `${customer} ${fields[1]} ${fields[5]}`;
      const quantity = Number(fields[3]);
      if (quantity > 0) bought.set(key, Math.max(quantity, bought.get(key) ?? 0));
      else returned++;
      return quantity < 0 && (customer === GUEST || (bought.get(key) ?? 0) < -quantity);
    });
    expect(unfounded).toEqual([]);
    expect(returned).toBeGreaterThan(1500);
  });
});

describe('a year and nine days, as many orders as the real file has', () => {
  const monthly = new Map<string, number>();
  const products = new Map<string, number>();
  const countries = new Set<string>();
  const days = new Set<string>();
  const hours = new Set<number>();
  const invoicesOf = new Map<string, Set<string>>();
  const boughtBy = new Map<string, Map<string, number>>();
  /** For each product, the days of its lines. */
  const soldOn = new Map<string, number[]>();

  beforeAll(async () => {
    for await (const { line } of lines(1, { limit: 541_909 })) {
      const [invoiceNo, stockCode, , , date, , customer, country] = splitLine(line) as LineFields;
      const iso = isoDate(date) as string;
      monthly.set(iso.slice(0, 7), (monthly.get(iso.slice(0, 7)) ?? 0) + 1);
      products.set(stockCode, (products.get(stockCode) ?? 0) + 1);
      countries.add(country);
      days.add(iso.slice(0, 10));
      hours.add(Number(iso.slice(11, 13)));
      const sold = soldOn.get(stockCode) ?? [];
      soldOn.set(stockCode, sold);
      sold.push(Date.parse(iso.slice(0, 10)) / 86_400_000);
      if (customer === '' || invoiceNo.startsWith('C')) continue;
      invoicesOf.set(customer, (invoicesOf.get(customer) ?? new Set()).add(invoiceNo));
      const bought = boughtBy.get(customer) ?? new Map<string, number>();
      boughtBy.set(customer, bought.set(stockCode, (bought.get(stockCode) ?? 0) + 1));
    }
  });

  test('sells most in November', () => {
    expect([...monthly.keys()].slice(0, 13)).toEqual([
      ...['2010-12', '2011-01', '2011-02', '2011-03', '2011-04', '2011-05', '2011-06', '2011-07', '2011-08'],
      ...['2011-09', '2011-10', '2011-11', '2011-12'],
    ]);
    const november = monthly.get('2011-11') as number;
    // Real: 3.1 times as much as in February.
    expect(november).toBeGreaterThan(1.5 * (monthly.get('2011-02') as number));
    expect(Math.max(...monthly.values())).toBe(november);
  });

  test('keeps the opening hours of the real one', () => {
    expect([...hours].sort((a, b) => a - b)).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    expect([...days].filter((day) => new Date(day).getUTCDay() === 6)).toEqual([]);
    expect([...days].filter((day) => /-12-2[4-9]|-12-3|-01-0[1-3]/.test(day))).toEqual([]);
    // Real: open on 305 days.
    expect(days.size).toSatisfy(between(295, 325));
  });

  test('sells as many products, as unequally', () => {
    // Real: 4,070 with those that are none; 40 have 9.6 %, 400 have 45.0 %; half of them have fewer than 62 lines.
    expect(products.size).toSatisfy(between(3500, 4100));
    expect(shareOfTop(products, 40)).toSatisfy(between(0.08, 0.115));
    expect(shareOfTop(products, 400)).toSatisfy(between(0.42, 0.5));
    const sorted = [...products.values()].sort((a, b) => a - b);
    expect(sorted[sorted.length >> 1]).toSatisfy(between(50, 80));
  });

  test('has customers who come back, to what they bought before', () => {
    // Real: 4,339 customers, 65.6 % of them more than once; 67.0 % of their lines are of something new to them.
    expect(invoicesOf.size).toSatisfy(between(3900, 4800));
    expect(share([...invoicesOf.values()], ({ size }) => size > 1)).toSatisfy(between(0.58, 0.76));
    const pairs = sum([...boughtBy.values()].map(({ size }) => size));
    const all = sum([...boughtBy.values()].map((bought) => sum(bought.values())));
    expect(pairs / all).toSatisfy(between(0.62, 0.73));
  });

  test('has customers with tastes', () => {
    const { themes } = JSON.parse(readFileSync(new URL('../../data/shop.json', import.meta.url), 'utf8')) as {
      themes: { products: [string][] }[];
    };
    const themeOf = new Map(themes.flatMap(({ products }, theme) => products.map(([code]) => [code, theme] as const)));
    const shares: number[] = [];
    for (const bought of boughtBy.values()) {
      const total = sum(bought.values());
      if (total < 40) continue;
      const byTheme = new Map<number | undefined, number>();
      for (const [code, n] of bought) byTheme.set(themeOf.get(code), (byTheme.get(themeOf.get(code)) ?? 0) + n);
      shares.push(sum([...byTheme.values()].sort((a, b) => b - a).slice(0, 3)) / total);
    }
    // Real: of 2,212 customers with 40 lines or more, the three themes of each have 52.4 %; the same three would have 33.6 %.
    expect(sum(shares) / shares.length).toSatisfy(between(0.45, 0.65));
  });

  test('has products that sell for a few weeks', () => {
    const often = [...soldOn.values()].filter(({ length }) => length >= 100);
    const brief = often.filter((sold) => {
      const half = Math.ceil(sold.length / 2);
      return sold.some((day, i) => (sold[i + half - 1] ?? Number.POSITIVE_INFINITY) < day + 28);
    });
    // Real: 33 of 1,581 sold half of what they did in four weeks.
    expect(brief.length).toSatisfy(between(20, 150));
  });

  test('is known in 38 countries', () => {
    expect(countries.size).toBe(38);
  });
});

function between(low: number, high: number): (value: number | undefined) => boolean {
  return (value) => value !== undefined && value >= low && value <= high;
}
