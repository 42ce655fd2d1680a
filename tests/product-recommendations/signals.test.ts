/** What speaks for a product beside its factors: trends, words and neighbours, reckoned by hand. */
import { describe, expect, test } from 'vitest';
import { confidencesOf } from '../../src/product-recommendations/confidences.js';
import { createArena, startKernel } from '../../src/product-recommendations/kernel.js';
import { buyersOf, findNeighbours, productsOf } from '../../src/product-recommendations/neighbours.js';
import { basketOf } from '../../src/product-recommendations/purchases.js';
import { repurchaseRates, trendsOf } from '../../src/product-recommendations/trends.js';
import { findWords, wordVectorsOf } from '../../src/product-recommendations/words.js';
import { smallPurchases } from './small-purchases.js';

const { log, sqrt, exp } = Math;
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 12));

describe('trends', () => {
  // Today is day 100, so the shop has been open for 100 days. Day 86 is the first of the last 14, day 93 of the last 7.
  const purchases = smallPurchases(
    ['A', 'B', 'C', 'D'],
    [
      [
        [0, 0],
        [85, 0, 1],
        [86, 1],
        [99, 0, 2],
      ],
      [
        [92, 2],
        [93, 1, 2],
        [100, 3],
      ],
    ],
  );
  const { recent, rise, firsts, bought, ageDays } = trendsOf(purchases, 100);

  test('count purchases before today: ever, of 14 days, and first ones of 7 days', () => {
    expect([...bought]).toEqual([3, 3, 3, 0]);
    expect([...recent]).toEqual(close([log(2), log(3), log(4), 0]));
    // Customer 2 bought product 1 for the first time on day 93, and customer 1 product 2 on day 99.
    expect([...firsts]).toEqual(close([0, log(2), log(2), 0]));
  });

  test('are against the average of all days, and know when a product was first sold', () => {
    const usual = log(1 + (14 * 3) / 100);
    expect([...rise]).toEqual(close([log(2) - usual, log(3) - usual, log(4) - usual, 0]));
    expect([...ageDays]).toEqual([100, 15, 8, Number.POSITIVE_INFINITY]);
  });
});

test('how readily a product is bought again', () => {
  const purchases = smallPurchases(
    ['A', 'B', 'C'],
    [
      [
        [1, 0],
        [2, 0, 1],
        [3, 0],
      ],
      [
        [1, 1],
        [2, 0],
        [3, 1],
      ],
    ],
  );
  // Chances after the first: A 2 + 1, B 1 + 2, C none. Taken: A 2, B 1. The mean is 3 of 6.
  expect([...repurchaseRates(purchases)]).toEqual(close([log((2 + 5) / 13), log((1 + 5) / 13), log(5 / 10)]));
});

test('words that products have in common, the rarer the more', () => {
  // MUG is in three of four, RED and the words of one product in fewer; of two letters or less none counts.
  const descriptions = ['red MUG', 'blue mug.', 'RED, mug of tin', 'tin-red', 'SINGLE'];
  const vectors = wordVectorsOf(descriptions.map((description) => ({ stockCode: '', description })));
  expect(vectors.size).toBe(3);
  const arena = createArena();
  const words = findWords(vectors, arena, startKernel(arena.memory));
  // The profile before is forgotten.
  words.add(3, 1);
  words.clear();
  words.add(0, 2);
  const [red, mug, tin] = [log(5 / 3), log(5 / 3), log(5 / 2)];
  const own = sqrt(red ** 2 + mug ** 2);
  const third = sqrt(red ** 2 + mug ** 2 + tin ** 2);
  expect([...words.score()]).toEqual(
    close([
      2,
      (2 * mug) / own,
      (2 * (red ** 2 + mug ** 2)) / (own * third),
      (2 * red ** 2) / (own * sqrt(red ** 2 + tin ** 2)),
      0,
    ]),
  );
});

describe('neighbours', () => {
  const purchases = smallPurchases(
    ['A', 'B', 'C', 'D', 'E'],
    [
      [[90, 0, 1]],
      // Has A and B in common, and two more.
      [
        [24, 4],
        [25, 0],
        [95, 1, 2],
      ],
      // Has A in common, bought twice: it counts once.
      [
        [80, 0],
        [99, 0, 3],
      ],
      // Has nothing in common.
      [[99, 4]],
      // Bought later than today.
      [[100, 0, 4]],
    ],
  );
  const own = productsOf(basketOf(purchases, 0));
  const scoresOn = (today: number, self?: number) => {
    const arena = createArena();
    const neighbours = findNeighbours(purchases, buyersOf(purchases), arena, startKernel(arena.memory));
    // What was asked before leaves nothing behind.
    neighbours(own, undefined, today);
    // The scale is free: a purchase of the day before has the weight 1.
    return Array.from(neighbours(own, self, today), (score) => score * exp((today - 101) / 15));
  };

  test('vote for what they bought in the last 75 days, by what they have in common', () => {
    const second = 2 / sqrt(2 * 4);
    const third = 1 / sqrt(2 * 2);
    // As seen from day 100.
    const [at25, at95, at99, at80] = [25, 95, 99, 80].map((day) => exp((day - 100) / 15)) as [
      number,
      number,
      number,
      number,
    ];
    const expected = [second * at25 + third * (at80 + at99), second * at95, second * at95, third * at99, 0];
    expect(scoresOn(100, 0)).toEqual(close(expected));
    // A day later, the purchase of day 25 is 76 days old, and that of day 100 counts: nobody else changes.
    const fifth = 1 / sqrt(2 * 2);
    expect(scoresOn(101, 0)).toEqual(
      close([third * (at80 + at99) + fifth, second * at95, second * at95, third * at99, fifth]),
    );
  });

  test('are all others, and somebody who is not among the customers has all for neighbours', () => {
    const at90 = exp(-10 / 15);
    const [with_, without] = [scoresOn(100), scoresOn(100, 0)];
    expect(with_.map((score, i) => score - (without[i] as number))).toEqual(close([at90, at90, 0, 0, 0]));
  });
});

test('a purchase of long ago counts once, even if nothing is left of its weight', () => {
  const purchases = smallPurchases(
    ['A', 'B'],
    [
      [
        [0, 0],
        [1, 0],
        [2_000_000, 1],
      ],
    ],
  );
  const { columns, values } = confidencesOf(purchases, 2_000_001, { weight: 2, halfLifeDays: 42 });
  expect([[...columns], [...values]]).toEqual([
    [0, 1],
    [0, 2],
  ]);
});
