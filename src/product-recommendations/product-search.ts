/** Finds a product by its code, or by words of its description. */
import { AlakazamError } from '../errors.js';
import { nearestTo } from '../terminal/nearest.js';
import type { NamedProduct, Purchases } from './purchases.js';

/** The index of the product with this code, or of the one bought most that has all of these words; else undefined. */
export function findProduct({ products, items }: Purchases, text: string): number | undefined {
  const wanted = text.trim().toUpperCase();
  const byCode = products.findIndex(({ stockCode }) => stockCode.toUpperCase() === wanted);
  if (byCode >= 0) return byCode;
  const matches = new Set(withWords(products, wanted));
  if (matches.size === 0) return undefined;
  const counts = new Map<number, number>();
  for (const product of items) if (matches.has(product)) counts.set(product, (counts.get(product) ?? 0) + 1);
  return [...matches].sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0) || a - b)[0];
}

/** Products that somebody may have meant by this text: those with one of its words, else those with the nearest code. */
export function productsLike(products: readonly NamedProduct[], text: string, count: number): NamedProduct[] {
  const words = text.toUpperCase().split(/\s+/);
  const found = words.flatMap((word) => withWords(products, word)).map((i) => products[i] as NamedProduct);
  if (found.length > 0) return [...new Set(found)].slice(0, count);
  const code = nearestTo(
    text.toUpperCase(),
    products.map(({ stockCode }) => stockCode),
  );
  return products.filter(({ stockCode }) => stockCode === code);
}

/** The error for a stock code that is none of these products. */
export function noSuchProduct(products: readonly NamedProduct[], code: string): AlakazamError {
  const near = productsLike(products, code, 1)[0];
  return new AlakazamError('usage', `no product ${JSON.stringify(code)} was bought by any customer`, {
    hint: near ? `did you mean ${near.stockCode} (${near.description})?` : 'alakazam query top-products',
  });
}

/** Indexes of the products whose description has all of these words. */
export function withWords(products: readonly NamedProduct[], text: string): number[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return [];
  return [...products.keys()].filter((i) => {
    const description = (products[i] as NamedProduct).description.toUpperCase();
    return words.every((word) => description.includes(word));
  });
}
