/** What every driver of the recommender promises; each driver's test is one call of this. */
import { describe, expect, test } from 'vitest';
import type { Recommendations, Recommender } from '../../src/product-recommendations/recommender.js';
import { TRAIN_DEFAULTS } from '../../src/product-recommendations/training-options.js';
import type { OrderStream } from '../../src/stream/stream.js';
import { type Line, putter } from '../fixtures/orders.js';

export interface RecommenderFixture {
  readonly stream: OrderStream;
  readonly recommender: Recommender;
}

const PRODUCTS = ['10001', '10002', '10003', '10004'];
const QUIET = { signal: new AbortController().signal };

/** Five customers and four products: how many of each were bought, or given back. */
const MATRIX = [
  [1, 0, 0, 0],
  [0, 2, 1, 0],
  [1, 1, 1, 1],
  [0, 0, 0, 0],
  [3, 0, -1, 0],
];

function linesOf(matrix: readonly (readonly number[])[]): Line[] {
  return matrix.flatMap((row, customer) =>
    row.flatMap((quantity, product) =>
      quantity === 0
        ? []
        : [
            {
              invoiceNo: `${quantity < 0 ? 'C' : ''}${600_000 + customer}`,
              stockCode: PRODUCTS[product] as string,
              description: `PRODUCT ${product + 1}`,
              quantity,
              customer: customer + 1,
            },
          ],
    ),
  );
}

const codes = (list: Recommendations['new']) => list.map(({ stockCode }) => stockCode);

type Start = () => Promise<RecommenderFixture>;

function trainer(start: Start) {
  return async (lines: readonly Line[] = linesOf(MATRIX)) => {
    const { stream, recommender } = await start();
    const put = putter(stream);
    await put(lines);
    await recommender.train(TRAIN_DEFAULTS, QUIET);
    return { put, recommender };
  };
}

/** What a driver promises that gives out what was trained, wherever that was. */
export function testRecommendations(name: string, start: Start) {
  const trained = trainer(start);

  describe(`${name}: recommendations`, () => {
    test('splits all products into those bought before and the others, without padding', async () => {
      const { recommender } = await trained();
      const expected = [
        [['10002', '10003', '10004'], ['10001']],
        [
          ['10001', '10004'],
          ['10002', '10003'],
        ],
        [[], PRODUCTS],
        [PRODUCTS, []],
        [['10002', '10003', '10004'], ['10001']],
      ];
      for (const [i, lists] of expected.entries()) {
        const found = await recommender.recommend(i + 1, 6);
        expect([codes(found.new).sort(), codes(found.again).sort()]).toEqual(lists);
        expect(codes(found.all).sort()).toEqual(PRODUCTS);
      }
    });

    test('gives at most as many as asked, the best first', async () => {
      const { recommender } = await trained();
      const ten = await recommender.recommend(1, 10);
      const two = await recommender.recommend(1, 2);
      expect(two.new).toEqual(ten.new.slice(0, 2));
      expect(two.all).toHaveLength(2);
      for (const { new: fresh, again, all } of [ten]) {
        for (const list of [fresh, again, all]) {
          const scores = list.map(({ score }) => score);
          expect(scores).toEqual([...scores].sort((a, b) => b - a));
        }
      }
    });

    test('shows a customer who is not known the bestsellers of now', async () => {
      const { recommender } = await trained();
      const found = await recommender.recommend(12345, 3);
      expect(found).toMatchObject({ customerId: 12345, coldStart: true, again: [] });
      // 10001 was bought by three customers, 10002 and 10003 by two each.
      expect(codes(found.new)).toEqual(['10001', '10002', '10003']);
    });

    test('recommends no code that is no product, and knows no guest', async () => {
      const more = ['POST', 'M', 'DOT', '1234'].map((stockCode) => ({ invoiceNo: '600000', stockCode, customer: 1 }));
      const { recommender } = await trained([...linesOf(MATRIX), ...more]);
      const found = await recommender.recommend(1, 10);
      expect(codes(found.all).sort()).toEqual(PRODUCTS);
      const all = [];
      for await (const each of recommender.everyone(10, QUIET)) all.push(each);
      all.sort((a, b) => Number(a.customerId) - Number(b.customerId));
      expect(all.map(({ customerId }) => customerId)).toEqual([1, 2, 3, 5]);
      expect(all[0]).toEqual(found);
    });

    test('a product that was bought after the training is new no more', async () => {
      const { put, recommender } = await trained();
      await put([{ invoiceNo: '700000', stockCode: '10002', customer: 1 }]);
      expect(codes((await recommender.recommend(1, 6)).new).sort()).toEqual(['10003', '10004']);
    });

    test('finds what is like a product, by its code or by words', async () => {
      const { recommender } = await trained();
      const found = await recommender.similar('10002', 10);
      expect(found).toMatchObject({ stockCode: '10002', description: 'PRODUCT 2' });
      expect(codes(found?.similar as Recommendations['new'])).not.toContain('10002');
      // Both invoices that have it hold 10003, and one holds the other two.
      expect(found?.boughtTogether[0]).toMatchObject({ stockCode: '10003', score: 1 });
      expect(await recommender.similar('product 2', 10)).toEqual(found);
      expect((await recommender.similar('10002', 1))?.boughtTogether).toHaveLength(1);
      expect(await recommender.similar('lantern', 10)).toBeUndefined();
      expect(await recommender.productsLike('lamp product', 2)).toHaveLength(2);
    });

    test('recommends for a basket, and refuses a product that it does not know', async () => {
      const { recommender } = await trained();
      const found = await recommender.recommendFor(['10002', '10002'], 6);
      expect(found.customerId).toBeNull();
      expect(codes(found.new).sort()).toEqual(['10001', '10003', '10004']);
      // What lies in the basket is not bought again.
      expect([found.again, found.all]).toEqual([[], found.new]);
      await expect(recommender.recommendFor(['10002', '99999'], 6)).rejects.toThrow(
        'no product "99999" was bought by any customer',
      );
    });

    test('a model is named, and a question without one is refused', async () => {
      const { recommender } = await start();
      await expect(recommender.recommend(1, 3)).rejects.toThrow('there is no model to recommend by');
      expect(await recommender.runs()).toEqual([]);
      const { run } = await (await trained()).recommender.train(TRAIN_DEFAULTS, QUIET);
      expect(run).toMatch(/^\w+$/);
    });
  });
}

/** What a driver promises that trains in this process, besides. */
export function testRecommender(name: string, start: Start) {
  testRecommendations(name, start);
  const trained = trainer(start);

  describe(`${name}: recommender`, () => {
    test('knows of an order that came after the training', async () => {
      const { put, recommender } = await trained();
      await put([{ invoiceNo: '700000', stockCode: '10002', customer: 1 }]);
      const found = await recommender.recommend(1, 6);
      expect(codes(found.again).sort()).toEqual(['10001', '10002']);
      expect(codes(found.new).sort()).toEqual(['10003', '10004']);
    });

    test('takes off what was given back: all of it, or the last of several', async () => {
      const back = (invoiceNo: string, stockCode: string, quantity: number, date: string): Line => ({
        invoiceNo,
        stockCode,
        quantity,
        customer: 9,
        date,
      });
      const { recommender } = await trained([
        ...linesOf(MATRIX),
        back('610000', '10001', 5, '12/1/2010 9:00'),
        back('C610001', '10001', -5, '12/2/2010 9:00'),
        back('610002', '10002', 5, '12/1/2010 9:00'),
        back('610003', '10002', 5, '12/3/2010 9:00'),
        back('C610004', '10002', -5, '12/4/2010 9:00'),
        // Given back before it was bought: it stays bought.
        back('C610005', '10003', -5, '12/1/2010 9:00'),
        back('610006', '10003', 5, '12/2/2010 9:00'),
      ]);
      const { again, new: fresh } = await recommender.recommend(9, 6);
      expect(codes(again).sort()).toEqual(['10002', '10003']);
      expect(codes(fresh).sort()).toEqual(['10001', '10004']);
      expect(again.find(({ stockCode }) => stockCode === '10002')?.because).toEqual([
        'in 1 of 2 invoices, last 2010-12-01',
      ]);
    });

    test('leaves out orders of the future, from the day after tomorrow on, and says so', async () => {
      const { put, recommender } = await trained();
      const [before] = await recommender.runs();
      const known = await recommender.recommend(1, 6);
      // On another machine, or where the shop is, it may be the next day already.
      await put([{ invoiceNo: '700000', stockCode: '10002', customer: 1, date: '1/2/2012 0:00' }]);
      await put([{ invoiceNo: '700001', stockCode: '10003', customer: 1, date: '12/31/9999 9:00' }]);
      expect(await recommender.recommend(1, 6)).toEqual(known);
      const notes: string[] = [];
      const again = await recommender.train(TRAIN_DEFAULTS, { ...QUIET, onNote: (text) => notes.push(text) });
      expect([again.run, notes]).toEqual([
        before?.run,
        ['left out: 2 orders dated in the future, such as on 9999-12-31'],
      ]);
      expect(await recommender.recommend(1, 6)).toEqual(known);
      const all = [];
      for await (const each of recommender.everyone(6, QUIET)) all.push(each);
      expect(all.find(({ customerId }) => customerId === 1)).toEqual(known);
      await put([{ invoiceNo: '700002', stockCode: '10004', customer: 1, date: '1/1/2012 23:59' }]);
      expect((await recommender.train(TRAIN_DEFAULTS, QUIET)).lastDate).toBe('2012-01-01');
      expect(codes((await recommender.recommend(1, 6)).again).sort()).toEqual(['10001', '10004']);
    });

    test('the same orders make the same model; other options make another; the last three are kept', async () => {
      const { recommender } = await trained();
      const { run } = (await recommender.runs())[0] as { run: string };
      expect((await recommender.train(TRAIN_DEFAULTS, QUIET)).run).toBe(run);
      expect(await recommender.runs()).toHaveLength(1);
      const others = [];
      for (const factors of [4, 8, 12])
        others.push((await recommender.train({ ...TRAIN_DEFAULTS, factors }, QUIET)).run);
      const runs = await recommender.runs();
      expect(runs.map((each) => each.run)).toEqual(others.reverse());
      expect(runs.map(({ isInUse }) => isInUse)).toEqual([true, false, false]);
      await recommender.use(others[2] as string);
      expect((await recommender.recommend(1, 3)).model).toBe(others[2]);
      await expect(recommender.use(run)).rejects.toThrow(`there is no model "${run}"; valid: `);
    });

    test('an interrupted training leaves the model in use', async () => {
      const { recommender } = await trained();
      const before = await recommender.recommend(1, 6);
      const controller = new AbortController();
      const training = recommender.train(
        { ...TRAIN_DEFAULTS, seed: 2 },
        { signal: controller.signal, onProgress: () => controller.abort() },
      );
      await expect(training).rejects.toThrow();
      expect(await recommender.recommend(1, 6)).toEqual(before);
    });

    test('tunes on earlier days alone, and not at all where there are none', async () => {
      const { put, recommender } = await trained();
      const [usual] = await recommender.runs();
      const notes: string[] = [];
      const work = { ...QUIET, onNote: (text: string) => notes.push(text) };
      const options = { ...TRAIN_DEFAULTS, tune: { forMs: 1, fixed: [] } };
      expect(await recommender.train(options, work)).toMatchObject({ run: usual?.run, options: TRAIN_DEFAULTS });
      expect(notes).toEqual([expect.stringMatching(/^there is too little history to tune on/)]);
      // Each buys on the first of eight months: the last order is of 1 August, and the last 30 days begin on 2 July.
      const monthly = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((month) =>
        [1, 2, 3].flatMap((customer) =>
          PRODUCTS.slice(0, 2).map((stockCode) => ({
            ...{ invoiceNo: `${month}0${customer}`, stockCode, customer, date: `${month}/1/2011 9:00` },
          })),
        ),
      );
      await put(monthly);
      const run = await recommender.train(options, work);
      expect(notes[1]).toBe(
        'looks for better options by what customers bought next after earlier days: 2011-06-02, 2011-05-03, 2011-04-03, 2011-03-04',
      );
      expect(run.options).toEqual(TRAIN_DEFAULTS);
    });

    test('too few orders are refused, and so is a question without a model', async () => {
      const { stream, recommender } = await start();
      await expect(recommender.recommend(1, 3)).rejects.toThrow('there is no model to recommend by');
      await expect(recommender.train(TRAIN_DEFAULTS, QUIET)).rejects.toThrow('too few orders');
      await putter(stream)([{ stockCode: '10001' }, { stockCode: '10002' }]);
      await expect(recommender.train(TRAIN_DEFAULTS, QUIET)).rejects.toThrow('too few orders');
    });
  });
}
