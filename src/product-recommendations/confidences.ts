/** How sure it is that a customer wants a product: the input of ALS, as sparse rows. */
import { basketOf, type CustomerPurchases, daysBefore, type Purchases } from './purchases.js';

/** Row r has the `columns` and `values` from `starts[r]` to `starts[r + 1]`; columns ascend. A pair that is not there has 1. */
export interface Confidences {
  readonly width: number;
  readonly starts: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float32Array;
}

/** A purchase of today has the confidence `weight`; a purchase loses half of it in `halfLifeDays`. Several add up. */
export interface Recency {
  readonly weight: number;
  readonly halfLifeDays: number;
}

export function confidencesOf(purchases: Purchases, today: number, recency: Recency): Confidences {
  const { customers, products, items } = purchases;
  const row = new Float64Array(products.length);
  const starts = new Uint32Array(customers.length + 1);
  const columns = new Uint32Array(items.length);
  const values = new Float32Array(items.length);
  let filled = 0;
  for (let customer = 0; customer < customers.length; customer++) {
    const bought = addConfidences(basketOf(purchases, customer), today, recency, row);
    for (const product of bought) {
      columns[filled] = product;
      values[filled++] = row[product] as number;
      row[product] = 0;
    }
    starts[customer + 1] = filled;
  }
  return { width: products.length, starts, columns: columns.slice(0, filled), values: values.slice(0, filled) };
}

/** Adds the confidences of one customer to `row`, which is empty, and gives the products that are in it, ascending. */
export function addConfidences(
  { days, starts, items }: CustomerPurchases,
  today: number,
  { weight, halfLifeDays }: Recency,
  row: Float64Array,
): Uint32Array {
  const bought: number[] = [];
  for (let i = 0; i < days.length; i++) {
    // However old, it is above 0: by that, `row` tells what was bought.
    const value = Math.max(Number.MIN_VALUE, weight * 2 ** (-daysBefore(today, days[i] as number) / halfLifeDays));
    for (let j = starts[i] as number; j < (starts[i + 1] as number); j++) {
      const product = items[j] as number;
      if (row[product] === 0) bought.push(product);
      row[product] = (row[product] as number) + value;
    }
  }
  return Uint32Array.from(bought).sort();
}

/** Rows as columns. */
export function transposed({ width, starts, columns, values }: Confidences): Confidences {
  const rows = starts.length - 1;
  const turned = {
    width: rows,
    starts: new Uint32Array(width + 1),
    columns: new Uint32Array(columns.length),
    values: new Float32Array(values.length),
  };
  for (const column of columns) turned.starts[column + 1] = (turned.starts[column + 1] as number) + 1;
  for (let i = 0; i < width; i++)
    turned.starts[i + 1] = (turned.starts[i + 1] as number) + (turned.starts[i] as number);
  const next = turned.starts.slice();
  for (let row = 0; row < rows; row++) {
    for (let i = starts[row] as number; i < (starts[row + 1] as number); i++) {
      const column = columns[i] as number;
      const at = next[column] as number;
      next[column] = at + 1;
      turned.columns[at] = row;
      turned.values[at] = values[i] as number;
    }
  }
  return turned;
}
