/** The invoices of the built-in shop: their customers, and the products they buy or return. */
import { GUEST } from '../../orders/order-block.js';
import { formatLine } from '../../orders/order-line.js';
import { createRandom, hash } from '../../random.js';
import { listed, type Shop, type ShopData } from './shop.js';
import { createCalendar, type ShopTime } from './shop-calendar.js';
import { createChoice } from './shop-choice.js';

export interface Invoice {
  /** From 0. */
  number: number;
  isReturn: boolean;
  /** Number of the customer; `GUEST` for none. */
  customer: number;
  country: string;
  /** As the source writes it. */
  date: string;
  /** Lines; the columns may be longer. */
  count: number;
  /** Number of the product of each line; one past the last product stands for postage. */
  readonly products: Uint16Array;
  readonly quantities: Int32Array;
  /** Line i is the n-th of its product, from 1. */
  readonly occurrences: Uint16Array;
  /** As in `Product`. */
  postage: { readonly text: string; readonly price: string; readonly guestPrice: string };
}

/** Two to this power invoices in a row have nearly the real mix of kinds and sizes. */
const MIX_BITS = 10;
/** A return is of one of this many invoices before it, sooner rather than later: seven weeks or so. */
const RETURNED_WITHIN = 3000;
/** Of 1,000 lines: the same product once more. */
const AGAIN = 20;
/** A product comes once in a basket, unless so many draws in a row are in it already. */
const DRAWS_MAX = 8;
/** Of 1,000: invoices from abroad, and large ones of guests, that pay postage. */
const POSTAGE_ABROAD = 570;
const POSTAGE_ONLINE = 850;
const ONLINE_LINES_MIN = 20;

type Keys = [mix: number, draw: number, returns: number, trend: number, habit: number];

/** Draws invoice n. The invoice is valid until the next one is drawn. */
export function createInvoices(data: ShopData, shop: Shop, key: number): (number: number) => Invoice {
  const { kinds, lines, countries, charges } = data;
  const { productCount } = shop;
  const [mixKey, drawKey, returnKey, trendKey, habitKey] = [0, 1, 2, 3, 4].map((use) => hash(key, use)) as Keys;
  const random = createRandom();
  const { productOf, quantityOf } = createChoice(shop, random, { trendKey, habitKey });
  const timeOf = createCalendar(data, hash(key, 5));
  /** Lines of every real invoice: those of customers, then those of guests, then returns. */
  const sizes = listed(lines.customers, lines.guests, lines.returns);
  const sizeMax = sizes.reduce((most, size) => Math.max(most, size), 0);
  const guestsFrom = kinds.customers;
  const returnsFrom = kinds.customers + kinds.guests;
  const abroadText = `${formatLine(charges.abroad)},`;
  const onlineText = `${formatLine(charges.online)},`;
  const postageProduct = productCount;
  const drawn = emptyInvoice(sizeMax);
  const before = emptyInvoice(sizeMax);
  /** For each product, the last basket it was put in, and how often. */
  const basketOf = new Float64Array(productCount + 1);
  const timesIn = new Uint16Array(productCount + 1);
  let basket = 0;

  /** The real invoice that gives this one its kind and size. */
  function modelOf(number: number): number {
    const part = spread(number, mixKey) * 65_536 + (hash(mixKey, number) >>> 16);
    return Math.floor((part * sizes.length) / 2 ** (MIX_BITS + 16));
  }

  function draw(invoice: Invoice, number: number): void {
    const model = modelOf(number);
    const size = sizes[model] as number;
    const time = timeOf(number);
    random.start(drawKey, number);
    invoice.number = number;
    invoice.date = time.text;
    invoice.count = 0;
    invoice.isReturn = model >= returnsFrom && drawReturn(invoice, size);
    if (invoice.isReturn) return;
    const isGuest = model >= guestsFrom && model < returnsFrom;
    invoice.customer = isGuest ? GUEST : shop.customer(random.bits());
    const country = isGuest ? shop.guestCountry(random.bits()) : shop.countryOf(invoice.customer);
    const [name, , , , postage] = countries[country] as ShopData['countries'][number];
    invoice.country = name;
    basket++;
    const hasPostage = size > 1 && (isGuest ? drawOnlinePostage(invoice, size) : drawPostage(invoice, postage));
    const count = hasPostage ? size - 1 : size;
    while (invoice.count < count) drawLine(invoice, time);
    if (hasPostage) add(invoice, postageProduct, isGuest ? 1 : 1 + random.below(3));
  }

  /** True if a customer bought more than `size` products. */
  function hasSold(number: number, size: number): boolean {
    const model = modelOf(number);
    return model < guestsFrom && (sizes[model] as number) > size;
  }

  /** Returns some products of an earlier invoice; false if there is no such invoice. */
  function drawReturn(invoice: Invoice, size: number): boolean {
    const within = Math.min(invoice.number, RETURNED_WITHIN);
    let number = invoice.number - 1 - Math.min(random.below(within), random.below(within));
    while (number >= 0 && !hasSold(number, size)) number--;
    if (number < 0) return false;
    draw(before, number);
    random.start(returnKey, invoice.number);
    invoice.customer = before.customer;
    invoice.country = before.country;
    basket++;
    const bought = before.products[before.count - 1] === postageProduct ? before.count - 1 : before.count;
    const first = random.below(bought);
    for (let i = 0; i < size; i++) {
      const line = (first + i) % bought;
      const quantity = before.quantities[line] as number;
      add(invoice, before.products[line] as number, random.below(2) === 0 ? -quantity : -1 - random.below(quantity));
    }
    return true;
  }

  function drawPostage(invoice: Invoice, price: number): boolean {
    if (price === 0 || random.below(1000) >= POSTAGE_ABROAD) return false;
    invoice.postage = { text: abroadText, price: String(price), guestPrice: String(price) };
    return true;
  }

  /** The postage that an online shop pays for its many guests. */
  function drawOnlinePostage(invoice: Invoice, size: number): boolean {
    if (size < ONLINE_LINES_MIN || random.below(1000) >= POSTAGE_ONLINE) return false;
    const price = String((size * (100 + random.below(250))) / 100);
    invoice.postage = { text: onlineText, price, guestPrice: price };
    return true;
  }

  function drawLine(invoice: Invoice, time: ShopTime): void {
    const { customer, count } = invoice;
    if (count > 0 && random.below(1000) < AGAIN) {
      const product = invoice.products[random.below(count)] as number;
      add(invoice, product, quantityOf(product, customer));
      return;
    }
    let product = productOf(invoice, time, customer === GUEST);
    for (let draws = 1; basketOf[product] === basket && draws < DRAWS_MAX; draws++) {
      product = productOf(invoice, time, customer === GUEST || draws > 2);
    }
    add(invoice, product, quantityOf(product, customer));
  }

  function add(invoice: Invoice, product: number, quantity: number): void {
    timesIn[product] = basketOf[product] === basket ? (timesIn[product] as number) + 1 : 1;
    basketOf[product] = basket;
    invoice.products[invoice.count] = product;
    invoice.quantities[invoice.count] = quantity;
    invoice.occurrences[invoice.count] = timesIn[product] as number;
    invoice.count++;
  }

  return (number) => {
    if (drawn.number !== number) draw(drawn, number);
    return drawn;
  };
}

/** The place of a number among its `2 ** MIX_BITS` neighbours, in an order that is different for each such block. */
function spread(number: number, key: number): number {
  const mask = 2 ** MIX_BITS - 1;
  const blockKey = hash(key, Math.floor(number / 2 ** MIX_BITS));
  let place = number & mask;
  // Every step is one to one: an odd factor, a sum, and a shifted exclusive or.
  for (let round = 0; round < 3; round++) {
    place = (place * (hash(blockKey, round) | 1) + hash(blockKey, round + 3)) & mask;
    place ^= place >>> (MIX_BITS >> 1);
  }
  return place;
}

function emptyInvoice(sizeMax: number): Invoice {
  return {
    number: -1,
    isReturn: false,
    customer: GUEST,
    country: '',
    date: '',
    count: 0,
    products: new Uint16Array(sizeMax),
    quantities: new Int32Array(sizeMax),
    occurrences: new Uint16Array(sizeMax),
    postage: { text: '', price: '', guestPrice: '' },
  };
}
