/** How good lists of ten are, against what was bought. */

/** Of one customer. */
export interface ListQuality {
  /** Hits / min(10, products held out). */
  readonly recall: number;
  /** Discounted gain / the best that is possible. */
  readonly ndcg: number;
  /** Mean of the precision at each hit, over min(10, products held out). */
  readonly averagePrecision: number;
}

export const LIST_LENGTH = 10;

/** `held` has at least one product. */
export function qualityOf(list: readonly number[], held: ReadonlySet<number>): ListQuality {
  const best = Math.min(LIST_LENGTH, held.size);
  let [hits, gain, precisions, ideal] = [0, 0, 0, 0];
  for (let place = 0; place < LIST_LENGTH; place++) {
    const discount = 1 / Math.log2(place + 2);
    if (place < best) ideal += discount;
    const product = list[place];
    if (product === undefined || !held.has(product)) continue;
    hits++;
    gain += discount;
    precisions += hits / (place + 1);
  }
  return { recall: hits / best, ndcg: gain / ideal, averagePrecision: precisions / best };
}

export interface Quality {
  readonly customers: number;
  readonly recall10: number;
  readonly ndcg10: number;
  readonly map10: number;
  /** Of recall10. */
  readonly standardError: number;
  /** Share of all products that stand in any list. */
  readonly coverage: number;
  /** Share of all places that the ten most recommended products take. */
  readonly topTenShare: number;
}

/** Collects the lists of customers. `products` is how many there are to recommend. */
export function collectQuality(products: number) {
  const all: ListQuality[] = [];
  const shown = new Map<number, number>();
  return {
    add(list: readonly number[], held: ReadonlySet<number>): void {
      all.push(qualityOf(list, held));
      for (const product of list) shown.set(product, (shown.get(product) ?? 0) + 1);
    },
    /** Undefined if no list had a product. */
    result(): Quality | undefined {
      if (shown.size === 0) return undefined;
      const mean = (of: (each: ListQuality) => number) => all.reduce((sum, each) => sum + of(each), 0) / all.length;
      const recall10 = mean(({ recall }) => recall);
      const variance = mean(({ recall }) => (recall - recall10) ** 2) * (all.length / Math.max(1, all.length - 1));
      const counts = [...shown.values()].sort((a, b) => b - a);
      const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
      return {
        customers: all.length,
        recall10,
        ndcg10: mean(({ ndcg }) => ndcg),
        map10: mean(({ averagePrecision }) => averagePrecision),
        standardError: Math.sqrt(variance / all.length),
        coverage: shown.size / products,
        topTenShare: sum(counts.slice(0, LIST_LENGTH)) / sum(counts),
      };
    },
  };
}
