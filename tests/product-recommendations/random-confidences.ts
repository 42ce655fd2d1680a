/** Confidences at random, the same for the same seed. */
import type { Confidences } from '../../src/product-recommendations/confidences.js';
import { seeded } from '../fixtures/random.js';

/** Customers with taste for every seventh product or so; every 13th customer and every 11th product has no purchase. */
export function randomConfidences(customers: number, products: number, seed: number): Confidences {
  const random = seeded(seed);
  const [starts, columns, values] = [[0], [] as number[], [] as number[]];
  for (let customer = 0; customer < customers; customer++) {
    for (let product = 0; product < products; product++) {
      const isLiked = (customer + product) % 7 < 2;
      if (customer % 13 === 5 || product % 11 === 3 || random() > (isLiked ? 0.3 : 0.03)) continue;
      columns.push(product);
      // Some below 1, as an old purchase has.
      values.push(0.25 + 4 * random());
    }
    starts.push(columns.length);
  }
  return {
    width: products,
    starts: Uint32Array.from(starts),
    columns: Uint32Array.from(columns),
    values: Float32Array.from(values),
  };
}
