import { expect, test } from 'vitest';
import { collectQuality, qualityOf } from '../../src/product-recommendations/metrics.js';

const log2 = Math.log2;

test('a list is as good as its hits, the earlier the better', () => {
  // Hits on the second and the fourth place; three were to be found.
  const { recall, ndcg, averagePrecision } = qualityOf([1, 2, 3, 4], new Set([2, 4, 9]));
  expect(recall).toBeCloseTo(2 / 3, 12);
  expect(ndcg).toBeCloseTo((1 / log2(3) + 1 / log2(5)) / (1 + 1 / log2(3) + 1 / 2), 12);
  expect(averagePrecision).toBeCloseTo((1 / 2 + 2 / 4) / 3, 12);
});

test('a list of ten hits is perfect, however many products were bought', () => {
  const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  expect(qualityOf(ten, new Set([...ten, 11, 12]))).toEqual({ recall: 1, ndcg: 1, averagePrecision: 1 });
  expect(qualityOf([5], new Set([5]))).toEqual({ recall: 1, ndcg: 1, averagePrecision: 1 });
});

test('what comes after ten places counts for nothing, and neither does an empty list', () => {
  const none = { recall: 0, ndcg: 0, averagePrecision: 0 };
  expect(qualityOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], new Set([11]))).toEqual(none);
  expect(qualityOf([], new Set([11]))).toEqual(none);
});

test('many lists: means, the standard error, coverage, and the share of the ten products shown most', () => {
  const collected = collectQuality(40);
  expect(collected.result()).toBeUndefined();
  // Recall 1, 0 and 1/2.
  collected.add([0, 1], new Set([0]));
  collected.add([0, 2, 3, 4, 5, 6, 7, 8, 9, 10], new Set([20]));
  collected.add([0, 1, 11], new Set([1, 30]));
  const found = collected.result();
  expect(found).toMatchObject({ customers: 3, recall10: 0.5, coverage: 12 / 40 });
  // The sample's standard deviation is 1/2.
  expect(found?.standardError).toBeCloseTo(0.5 / Math.sqrt(3), 12);
  expect(found?.ndcg10).toBeCloseTo((1 + 1 / log2(3) / (1 + 1 / log2(3))) / 3, 12);
  expect(found?.map10).toBeCloseTo((1 + 1 / 2 / 2) / 3, 12);
  // Of 15 places product 0 has three, product 1 two, and eight others of the ten one each.
  expect(found?.topTenShare).toBeCloseTo(13 / 15, 12);
});
