/** Whether a product is recommended for what the shop sells, or for what the customer bought. */
import { type Features, NEW_FEATURES } from './features.js';
import type { Coefficients } from './logistic.js';
import type { Scores } from './scores.js';

/** What the whole shop buys, against what this customer likes, by place in `NEW_FEATURES`. */
const OF_SHOP = placesOf('first buyers', 'bought lately', 'rising');
const OF_CUSTOMER = placesOf('similar customers', 'similar customers, long memory', 'words', 'neighbours');

function placesOf(...names: (typeof NEW_FEATURES)[number][]): readonly number[] {
  return names.map((name) => NEW_FEATURES.indexOf(name));
}

/** Whether a new product is recommended because the shop sells more and more of it, rather than for the customer's taste. */
export function risingOf(
  { trends }: Scores,
  features: Features,
  { weights }: Coefficients,
): (product: number) => boolean {
  const row = new Float64Array(NEW_FEATURES.length);
  const part = (places: readonly number[]) =>
    places.reduce((sum, i) => sum + (weights[i] as number) * (row[i] as number), 0);
  const usual = [trends.firsts, trends.recent, trends.rise].reduce(
    (sum, values, i) => sum + (weights[OF_SHOP[i] as number] as number) * meanOf(values),
    0,
  );
  return (product) => {
    features.fresh(product, row, 0);
    return part(OF_SHOP) - usual > part(OF_CUSTOMER);
  };
}

const means = new WeakMap<Float64Array, number>();

/** Trends stay the same for all customers. */
function meanOf(values: Float64Array): number {
  const known = means.get(values) ?? values.reduce((sum, value) => sum + value, 0) / values.length;
  means.set(values, known);
  return known;
}
