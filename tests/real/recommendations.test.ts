/** Recommendations on all real orders: how good they are, against an independent reckoning, and what every customer is shown. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { fitAls } from '../../src/product-recommendations/als.js';
import { isoDay } from '../../src/product-recommendations/days.js';
import { openModelStore } from '../../src/product-recommendations/model-store.local.js';
import { basketOf } from '../../src/product-recommendations/purchases.js';
import type { Evaluation, Recommendations, Similar } from '../../src/product-recommendations/recommender.js';
import { openServing } from '../../src/product-recommendations/serving.js';
import { startThreads } from '../../src/product-recommendations/training-threads.js';
import { describeReal, REAL_GZ } from '../fixtures/real-file.js';
import { pythonEnvironment } from '../python/environment.js';
import { finish, ROOT, runCli, temporaryDirectory } from '../run-cli.js';
import { byFit, byPopularity, confidencesFor, meanAuc, type Pair, split } from './published-auc.js';
import { COUNT, digest } from './real-data.js';

const MINUTES = 60_000;

/** What `recommending.py` prints. */
interface Reckoned {
  /** The products that each customer bought and kept. */
  readonly owned: Readonly<Record<string, readonly string[]>>;
  readonly products: number;
  readonly cut: ReckonedFigures;
  readonly last: ReckonedFigures;
}
interface ReckonedFigures {
  readonly customers: number;
  readonly new: number;
  readonly popularity: Figures;
  readonly frequency: Figures;
  readonly cosine: Figures;
}
type Figures = Readonly<Record<'all' | 'new', number>>;

async function reckon(): Promise<Reckoned> {
  const python = join(await pythonEnvironment('numpy'), 'python');
  const { code, stdout, stderr } = await finish(
    spawn(python, [join(ROOT, 'tests', 'real', 'recommending.py'), REAL_GZ], {
      env: { ...process.env, OPENBLAS_NUM_THREADS: '1' },
    }),
  );
  if (code !== 0) throw new Error(`the reckoning ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as Reckoned;
}

describeReal('recommendations on the real file', () => {
  const home = temporaryDirectory();
  let reckoned: Reckoned;

  async function answerTo<T>(line: string): Promise<T> {
    const { code, stdout, stderr } = await runCli([...line.split(' '), '-o', 'json'], { home });
    expect([code, stderr.includes('error')], stderr).toEqual([0, false]);
    return JSON.parse(stdout) as T;
  }

  beforeAll(async () => {
    const reckoning = reckon();
    await answerTo(`generate --source ${REAL_GZ} --count ${COUNT}`);
    await answerTo('train');
    reckoned = await reckoning;
  }, 10 * MINUTES);

  /** Compares the simple ways with the reckoning, and gives the figures of the others. */
  function expectReckoned({ customers, models }: Evaluation, expected: ReckonedFigures) {
    const [of] = [Object.fromEntries(models.map((model) => [model.name, model]))];
    expect(customers).toBe(expected.customers);
    expect(of['popularity']?.new?.customers).toBe(expected.new);
    for (const name of ['popularity', 'cosine'] as const) {
      for (const products of ['all', 'new'] as const) {
        expect(of[name]?.[products]?.recall10, `${name}, ${products}`).toBeCloseTo(expected[name][products], 4);
      }
    }
    expect(of['frequency']?.all?.recall10).toBeCloseTo(expected.frequency.all, 4);
    expect(of['frequency']?.new).toBeUndefined();
    const recalls = (name: string) => [of[name]?.all?.recall10 ?? 0, of[name]?.new?.recall10 ?? 0] as const;
    return { als: recalls('als'), recommend: recalls('recommend'), served: of['recommend'] };
  }

  test(
    'foretell the first invoice after a day better than what is simple',
    async () => {
      const found = await answerTo<Evaluation>('evaluate');
      expect(found).toMatchObject({ protocol: 'cut', cut: '2011-11-09', customers: 1387 });
      const { als, recommend, served } = expectReckoned(found, reckoned.cut);
      expect(als[0]).toBeGreaterThanOrEqual(0.268);
      expect(als[1]).toBeGreaterThanOrEqual(0.104);
      expect(recommend[0]).toBeGreaterThanOrEqual(0.322);
      expect(recommend[1]).toBeGreaterThanOrEqual(0.145);
      expect(served?.new?.topTenShare).toBeLessThanOrEqual(0.5);
      // The published figures, which count an invoice that was given back later as bought.
      expect(reckoned.cut.popularity.all).toBeCloseTo(0.066, 2);
      expect(reckoned.cut.cosine.new).toBeCloseTo(0.079, 2);
      // Asked for that day, it is the same figure.
      expect(await answerTo('evaluate --cut 2011-11-09')).toEqual(found);
    },
    5 * MINUTES,
  );

  test(
    'foretell the last invoice of each customer better than what is simple',
    async () => {
      const found = await answerTo<Evaluation>('evaluate --last-invoice');
      expect(found).toMatchObject({ protocol: 'last-invoice', cut: null, customers: 2810 });
      const { als, recommend } = expectReckoned(found, reckoned.last);
      expect(als[0]).toBeGreaterThanOrEqual(0.236);
      expect(als[1]).toBeGreaterThanOrEqual(0.099);
      expect(recommend[0]).toBeGreaterThanOrEqual(0.299);
      expect(recommend[1]).toBeGreaterThanOrEqual(0.133);
    },
    5 * MINUTES,
  );

  test(
    'for every customer: nothing owned is new, nothing comes twice, and no place is padded',
    async () => {
      const wrong: string[] = [];
      const customers: number[] = [];
      const codes = (list: Recommendations['new']) => list.map(({ stockCode }) => stockCode);
      const lists = new Map<number, Recommendations>();
      await digest(['recommend', '--all', '-n', '50', '-o', 'ndjson'], { home }, (line) => {
        const found = JSON.parse(line) as Recommendations;
        const id = found.customerId as number;
        customers.push(id);
        const owned = new Set(reckoned.owned[id]);
        if ([1, 17].includes(customers.length % 500) || owned.size < 2) lists.set(id, found);
        if (found.coldStart !== (owned.size === 0)) wrong.push(`${id} cold start`);
        for (const n of [1, 7, 10, 50]) {
          const [fresh, again, all] = [found.new, found.again, found.all].map((list) => codes(list).slice(0, n)) as [
            string[],
            string[],
            string[],
          ];
          const is = (name: string, isRight: boolean) => void (isRight || wrong.push(`${id} ${n} ${name}`));
          is(
            'new',
            fresh.length === Math.min(n, reckoned.products - owned.size) && !fresh.some((code) => owned.has(code)),
          );
          is('again', again.length === Math.min(n, owned.size) && again.every((code) => owned.has(code)));
          is(
            'all',
            all.length === n && all.every((code) => [...codes(found.new), ...codes(found.again)].includes(code)),
          );
          for (const list of [fresh, again, all]) {
            is('twice', new Set(list).size === list.length);
            is(
              'no product',
              list.every((code) => /^\d{5}/.test(code)),
            );
          }
        }
      });
      expect(wrong).toEqual([]);
      expect(customers).toEqual(
        Object.keys(reckoned.owned)
          .map(Number)
          .sort((a, b) => a - b),
      );
      expect(customers).toHaveLength(4339);
      // Whoever is asked for alone, and with shorter lists, is shown the same.
      const some = [...lists.values()].filter((_, i) => i % 8 === 0);
      for (const [i, { new: fresh, again, all, ...rest }] of some.entries()) {
        const n = [1, 7, 10, 50][i % 4] as number;
        const first = (list: Recommendations['new']) => list.slice(0, n);
        expect(await answerTo(`recommend --customer ${rest.customerId} -n ${n}`)).toEqual({
          ...rest,
          new: first(fresh),
          again: first(again),
          all: first(all),
        });
      }
    },
    5 * MINUTES,
  );

  /** The model in use, and how it serves. */
  function served() {
    const unlocked = async () => Promise.reject(new Error('a reader needs no lock'));
    const { model, run } = openModelStore(join(home, 'models'), unlocked).read();
    return { ...model, serve: openServing(model, run.run) };
  }

  test(
    'each number of products from 1 to 50 gives the beginning of one list',
    async () => {
      const { purchases, serve } = served();
      const lengths = (found: Recommendations) => [found.new, found.again, found.all].map((list) => list.length);
      const asked = new Set<number>();
      for (const [i, id] of purchases.customers.entries()) {
        const customer = { id, basket: basketOf(purchases, i) };
        const most = serve(customer, 50);
        // Every number is asked for by some ninety customers.
        const n = 1 + (i % 50);
        const few = serve(customer, n);
        asked.add(n);
        const first = (list: Recommendations['new']) => list.slice(0, n);
        const { new: fresh, again, all } = most;
        expect(few, `${id} ${n}`).toEqual({ ...most, new: first(fresh), again: first(again), all: first(all) });
        const owned = reckoned.owned[id]?.length ?? 0;
        const left = reckoned.products - owned;
        expect(lengths(few), `${id} ${n}`).toEqual([Math.min(n, left), Math.min(n, owned), n]);
        expect(new Set([...fresh, ...again].map(({ stockCode }) => stockCode)).size).toBe(fresh.length + again.length);
      }
      expect([purchases.customers.length, asked.size]).toEqual([4339, 50]);
    },
    5 * MINUTES,
  );

  test('whoever bought everything has nothing new, and who lacks one product has that', () => {
    const { purchases, today, serve } = served();
    const { products } = purchases;
    const everything = Uint32Array.from(products.keys());
    const oneInvoice = (items: Uint32Array) => ({
      ...{ days: Int32Array.of(today - 1), starts: Uint32Array.of(0, items.length), items },
    });
    const whole = serve({ id: 1, basket: oneInvoice(everything) }, 50);
    expect([whole.coldStart, whole.new, whole.again.length, whole.all.length]).toEqual([false, [], 50, 50]);
    // The product that is missing is each tenth in turn, whatever speaks for it.
    for (let missing = 0; missing < products.length; missing += 10) {
      const found = serve({ id: 1, basket: oneInvoice(everything.filter((product) => product !== missing)) }, 50);
      expect(found.new.map(({ stockCode }) => stockCode)).toEqual([products[missing]?.stockCode]);
    }
  });

  test('a product that was sold once can be asked about, and leads to others', async () => {
    const { purchases, today, statistics, serve } = served();
    const { bought, ageDays } = statistics.trends;
    const once = [...bought.keys()].filter((i) => bought[i] === 1);
    const ageOf = (product: number) => ageDays[product] as number;
    // The one that was sold last.
    const product = once.reduce((latest, each) => (ageOf(each) < ageOf(latest) ? each : latest));
    const code = purchases.products[product]?.stockCode as string;
    const found = await answerTo<Recommendations>(`recommend --basket ${code} -n 50`);
    expect([found.coldStart, found.new.length, found.again, found.all]).toEqual([false, 50, [], found.new]);
    expect(found.new.map(({ stockCode }) => stockCode)).not.toContain(code);
    expect((await answerTo<Similar>(`similar --product ${code} -n 50`)).similar).toHaveLength(50);
    const buyer = purchases.customers.findIndex((_, i) => {
      const { days, starts, items } = basketOf(purchases, i);
      return items.subarray(starts[0], starts[days.length]).includes(product);
    });
    const basket = basketOf(purchases, buyer);
    const again = serve({ id: purchases.customers[buyer] as number, basket }, 1000).again;
    expect(again.find(({ stockCode }) => stockCode === code)?.because).toEqual([
      `in 1 of ${basket.days.length} invoices, last ${isoDay(today - ageOf(product))}`,
    ]);
    const unknown = await runCli(['recommend', '--basket', `${code},1${code}`], { home });
    expect([unknown.code, unknown.stdout]).toEqual([2, '']);
    expect(unknown.stderr).toContain(`no product "1${code}" was bought by any customer`);
  });

  test('for those who have little or nothing', async () => {
    // 12346 bought 74,215 pieces and gave them back; so did others with all they bought.
    expect(reckoned.owned[12346]).toEqual([]);
    const nothing = Object.keys(reckoned.owned).filter((id) => reckoned.owned[id]?.length === 0);
    for (const id of ['12346', '12345', nothing.at(-1)]) {
      const found = await answerTo<Recommendations>(`recommend --customer ${id} -n 5`);
      expect(found).toMatchObject({ customerId: Number(id), coldStart: true, again: [] });
      expect(found.new.map(({ because }) => because)).toEqual(new Array(5).fill(['bestseller now']));
    }
    const single = Object.keys(reckoned.owned).find((id) => reckoned.owned[id]?.length === 1);
    const found = await answerTo<Recommendations>(`recommend --customer ${single} -n 5`);
    expect([found.coldStart, found.new.length, found.again.map(({ stockCode }) => stockCode)]).toEqual([
      false,
      5,
      reckoned.owned[single as string],
    ]);
  });

  test(
    'the published area under the curve is found again',
    async () => {
      type Row = { customer_id: number; stock_code: string; quantity: number };
      const rows = await answerTo<Row[]>(
        `query --sql ${'SELECT customer_id, stock_code, sum(quantity)::BIGINT AS quantity FROM orders WHERE customer_id IS NOT NULL GROUP BY ALL HAVING sum(quantity) >= 0 ORDER BY ALL'.replaceAll(' ', '/**/')}`,
      );
      const indexes = (values: readonly unknown[]) => new Map([...new Set(values)].map((value, i) => [value, i]));
      const customers = indexes(rows.map(({ customer_id }) => customer_id));
      const products = indexes(rows.map(({ stock_code }) => stock_code));
      // What was all given back counts as one piece: the article has it so.
      const pairs = rows.map(
        ({ customer_id, stock_code, quantity }): Pair => ({
          customer: customers.get(customer_id) as number,
          product: products.get(stock_code) as number,
          quantity: Number(quantity) || 1,
        }),
      );
      expect([customers.size, products.size]).toEqual([4338, 3664]);
      const parts = split(pairs, 0);
      const threads = startThreads(2);
      onTestFinished(() => threads.end());
      const options = { rank: 20, regularization: 0.1, iterations: 50, seed: 1 };
      const fit = await fitAls(confidencesFor(parts, 15), options, threads);
      const [als, popularity] = [meanAuc(parts, byFit(fit)), meanAuc(parts, byPopularity(parts))];
      expect(Math.abs(als - 0.87)).toBeLessThanOrEqual(0.005);
      expect(Math.abs(popularity - 0.814)).toBeLessThanOrEqual(0.005);
    },
    5 * MINUTES,
  );
});
