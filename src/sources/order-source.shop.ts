/**
 * Orders from the built-in shop, which sells for ever. Invoice n follows from the seed and from n alone, so reading goes on
 * anywhere at once, and the same seed gives the same orders on every machine and every version of Node.
 */
import { type BlockBuilder, createBlockBuilder } from '../orders/block-builder.js';
import { GUEST } from '../orders/order-block.js';
import { hash } from '../random.js';
import type { OrderSource, SourceBatch, SourceRead } from './order-source.js';
import { loadShopData, openShop, type Shop } from './shop/shop.js';
import { createInvoices, type Invoice } from './shop/shop-invoices.js';

/** The next order: number of its invoice and of its line, both from 0. */
type ShopPosition = { readonly invoice: number; readonly line: number };

/** The shop's numbers begin past those of the real file, so that both may go into one stream. */
const FIRST_INVOICE_NO = 600_001;
/** Of this seed invoices are numbers alone. */
const USUAL_SEED = 1;
/** Orders a batch where the reader asks for no size. */
const BATCH_ORDERS = 32_768;

/** Opening loads nothing; the first read does. */
export function openBuiltInShop({ seed }: { seed: number }): OrderSource {
  async function* read(options: SourceRead): AsyncGenerator<SourceBatch> {
    const { from, limit = Number.POSITIVE_INFINITY, batchSize = () => BATCH_ORDERS } = options;
    const data = loadShopData();
    const key = hash(0, seed);
    const shop = openShop(data, hash(key, 0));
    const invoiceOf = createInvoices(data, shop, hash(key, 1));
    const builder = createBlockBuilder();
    // The orders of two seeds may go into one stream: `600001s2` is of seed 2 alone.
    const mark = seed === USUAL_SEED ? '' : `s${seed}`;
    let { invoice, line } = (from as ShopPosition | undefined) ?? { invoice: 0, line: 0 };
    for (let left = limit; left > 0; ) {
      const room = Math.max(1, Math.min(left, batchSize(), BATCH_ORDERS));
      while (builder.count < room) {
        const current = invoiceOf(invoice);
        const end = Math.min(current.count, line + room - builder.count);
        addLines(builder, { shop, mark }, current, line, end);
        line = end < current.count ? end : 0;
        if (line === 0) invoice++;
      }
      left -= room;
      yield { orders: builder.take(), rejected: [], position: { invoice, line }, invoices: new Map() };
    }
  }

  return { id: `built-in:${seed}`, name: 'the built-in shop', endless: true, read };
}

/** Writes lines `from` (inclusive) to `to` (exclusive) of an invoice. */
function addLines(
  builder: BlockBuilder,
  { shop, mark }: { readonly shop: Shop; readonly mark: string },
  invoice: Invoice,
  from: number,
  to: number,
): void {
  const { number, isReturn, customer, country, date, products, quantities, occurrences, postage } = invoice;
  const isGuest = customer === GUEST;
  const customerId = isGuest ? GUEST : shop.customerId(customer);
  const head = `${isReturn ? 'C' : ''}${FIRST_INVOICE_NO + number}${mark},`;
  const tail = `,${isGuest ? '' : customerId},${country}`;
  for (let i = from; i < to; i++) {
    const product = products[i] as number;
    const { text, price, guestPrice } = product < shop.productCount ? shop.product(product) : postage;
    const line = `${head}${text}${quantities[i]},${date},${isGuest ? guestPrice : price}${tail}`;
    builder.add(line, customerId, occurrences[i] as number);
  }
}
