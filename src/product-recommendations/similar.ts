/** Products like another: liked by the same customers, or bought together with it. */
import type { Similar, SimilarProduct } from './recommender.js';
import { topIndexes } from './top.js';
import type { Model } from './training.js';

export function similarTo({ purchases, long: factors }: Model, product: number, count: number): Similar {
  const { products } = purchases;
  const named = (index: number) => {
    const { stockCode, description } = products[index] as (typeof products)[number];
    return { stockCode, description };
  };
  const listed = (scores: Float64Array): SimilarProduct[] =>
    topIndexes(scores, count, (i) => i === product || (scores[i] as number) <= 0).map((i) => ({
      ...named(i),
      score: scores[i] as number,
    }));
  return {
    ...named(product),
    similar: listed(cosines(factors.rows, factors.rank, product)),
    boughtTogether: listed(sharesOfInvoices(purchases, product)),
  };
}

function cosines(rows: Float32Array, rank: number, product: number): Float64Array {
  const row = (i: number) => rows.subarray(i * rank, (i + 1) * rank);
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, k) => sum + value * (b[k] as number), 0);
  const own = row(product);
  return Float64Array.from({ length: rows.length / rank }, (_, i) => {
    const other = row(i);
    return dot(own, other) / (Math.sqrt(dot(own, own) * dot(other, other)) || 1);
  });
}

/** Of the invoices with the product, the share that holds each other one. */
function sharesOfInvoices({ products, starts, items }: Model['purchases'], product: number): Float64Array {
  const shares = new Float64Array(products.length);
  let invoices = 0;
  for (let i = 0; i + 1 < starts.length; i++) {
    const held = items.subarray(starts[i], starts[i + 1]);
    if (!held.includes(product)) continue;
    invoices++;
    for (const other of held) shares[other] = (shares[other] as number) + 1;
  }
  return shares.map((n) => n / Math.max(1, invoices));
}
