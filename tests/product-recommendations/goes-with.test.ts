/** What goes with a basket, by lists of similar products: figures reckoned by hand. */
import { expect, test } from 'vitest';
import { goesWith } from '../../src/product-recommendations/goes-with.js';

const named = (stockCode: string) => ({ stockCode, description: `PRODUCT ${stockCode}` });
const list = (scores: Record<string, number>) =>
  Object.entries(scores).map(([code, score]) => ({ ...named(code), score }));

const A = { ...named('A'), similar: list({ B: 0.9, X: 0.5, Y: 0.2 }), boughtTogether: list({ X: 0.1, Z: 0.4 }) };
const B = { ...named('B'), similar: list({ X: 0.2, A: 0.9 }), boughtTogether: list({ X: 0.6, Y: 0.2 }) };

test('both lists of every product in the basket count; what lies in it is left out', () => {
  const found = goesWith([A, B], 10);
  expect(found.map(({ stockCode, score }) => [stockCode, Number(score.toFixed(6))])).toEqual([
    // (0.5 + 0.1 + 0.2 + 0.6) / 4 lists
    ['X', 0.35],
    // Equal scores, so by code: (0.2 + 0.2) / 4 and 0.4 / 4.
    ['Y', 0.1],
    ['Z', 0.1],
  ]);
  expect(goesWith([A, B], 1)).toEqual(found.slice(0, 1));
});

test('the reasons are the products of the basket that are nearest, nearest first', () => {
  expect(goesWith([A, B], 10).map(({ because }) => because)).toEqual([
    ['B PRODUCT B', 'A PRODUCT A'],
    ['A PRODUCT A', 'B PRODUCT B'],
    ['A PRODUCT A'],
  ]);
  const more = ['C', 'D', 'E', 'F'].map((code) => ({ ...named(code), similar: list({ X: 0.3 }), boughtTogether: [] }));
  expect(goesWith(more, 1)[0]?.because).toHaveLength(3);
});

test('where nothing is near, nothing is recommended', () => {
  expect(goesWith([{ ...named('A'), similar: [], boughtTogether: list({ A: 1 }) }], 10)).toEqual([]);
});
