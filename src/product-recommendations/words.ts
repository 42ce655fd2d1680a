/** Products with words in common: their descriptions as vectors, which say most about a product that few have bought. */
import type { Arena, Kernel } from './kernel.js';
import type { NamedProduct } from './purchases.js';

export interface Words {
  /** Begins another profile, which has a place for each word. */
  clear(): void;
  /** Adds `weight` × the vector of a product to the profile. */
  add(product: number, weight: number): void;
  /** Of each product, its vector · the profile. The result holds until the next call. */
  score(): Float64Array;
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

export function findWords({ size, starts, columns, values }: WordVectors, arena: Arena, kernel: Kernel): Words {
  const held = [starts, columns, values].map(arena.hold) as [number, number, number];
  const products = starts.length - 1;
  const profile = arena.doubles(size);
  const scores = arena.doubles(products);
  return {
    clear: () => profile.fill(0),
    add(product, weight) {
      for (let i = starts[product] as number; i < (starts[product + 1] as number); i++) {
        const word = columns[i] as number;
        profile[word] = (profile[word] as number) + weight * (values[i] as number);
      }
    },
    score() {
      kernel.words(...held, profile.byteOffset, products, scores.byteOffset);
      return scores;
    },
  };
}
