/** The invoices of the built-in shop. Each is a function of the seed and of its number, whatever was made before it. */
import { createRandom, hash } from './random.js';
import { createCalendar, type Moment } from './shop-calendar.js';
import { listed, openShop, QUANTITIES, type Shop, type ShopData } from './shop.js';

/** An invoice in the making; the object and its columns are used again for the next one. */
export interface Invoice {
  isReturn: boolean;
  /** Number of the customer, -1 for a guest. */
  customer: number;
  country: number;
  moment: Moment;
  count: number;
  /** Product of each line; the first number past the products is postage. */
  readonly products: Uint16Array;
  readonly quantities: Int32Array;
  /** Of its product in this invoice, line i is the n-th. */
  readonly occurrences: Uint16Array;
}
