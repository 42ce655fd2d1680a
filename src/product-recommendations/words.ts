/** Products with words in common: their descriptions as vectors, which say most about a product that few have bought. */
import type { NamedProduct } from './purchases.js';

export interface Words {
  /** Adds `weight` × the vector of a product to a profile, which has a place for each word. */
  add(product: number, weight: number, profile: Float64Array): void;
  /** Of each product, its vector · the profile. */
  score(profile: Float64Array, scores: Float64Array): void;
  /** An empty profile. */
  profile(): Float64Array;
}

/** Shorter words are of, in, and. */
const LETTERS_MIN = 3;

/** Product p has the words from starts[p] to starts[p + 1] of `columns`, with their `values`; a word is a number below `size`. */
export interface WordVectors {
  readonly size: number;
  readonly starts: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float64Array;
}

/** A vector has ln(products / products with the word) for each of its words, and the length 1. */
export function wordVectorsOf(products: readonly NamedProduct[]): WordVectors {
  const wordsOf = products.map(({ description }) => [
    ...new Set(description.toUpperCase().match(new RegExp(`\\p{L}{${LETTERS_MIN},}`, 'gu')) ?? []),
  ]);
  const frequencies = new Map<string, number>();
  for (const words of wordsOf) for (const word of words) frequencies.set(word, (frequencies.get(word) ?? 0) + 1);
  // A word of one product says nothing about others.
  const known = [...frequencies].filter(([, count]) => count > 1).map(([word]) => word);
  const places = new Map(known.map((word, i) => [word, i]));
  const starts = new Uint32Array(products.length + 1);
  const [words, weights]: [number[], number[]] = [[], []];
  for (const [product, of] of wordsOf.entries()) {
    const own = of.map((word) => places.get(word)).filter((place) => place !== undefined);
    const values = own.map((place) => Math.log(products.length / (frequencies.get(known[place] as string) as number)));
    const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)) || 1;
    words.push(...own);
    weights.push(...values.map((value) => value / length));
    starts[product + 1] = words.length;
  }
  return { size: known.length, starts, columns: Uint32Array.from(words), values: Float64Array.from(weights) };
}

export function findWords({ size, starts, columns, values }: WordVectors): Words {
  return {
    profile: () => new Float64Array(size),
    add(product, weight, profile) {
      for (let i = starts[product] as number; i < (starts[product + 1] as number); i++) {
        const word = columns[i] as number;
        profile[word] = (profile[word] as number) + weight * (values[i] as number);
      }
    },
    score(profile, scores) {
      for (let product = 0; product < scores.length; product++) {
        let score = 0;
        for (let i = starts[product] as number; i < (starts[product + 1] as number); i++) {
          score += (values[i] as number) * (profile[columns[i] as number] as number);
        }
        scores[product] = score;
      }
    },
  };
}
