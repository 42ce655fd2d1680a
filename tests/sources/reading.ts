/** Files of orders for tests, and all that a source makes of them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Order } from '../../src/orders/order.js';
import { FIELDS } from '../../src/orders/order.js';
import { type OrderBlock, orderOf } from '../../src/orders/order-block.js';
import { openFileSource } from '../../src/sources/order-source.file.js';
import type {
  InvoiceCodes,
  OrderSource,
  Rejected,
  SourceBatch,
  SourcePosition,
} from '../../src/sources/order-source.js';

export const HEADER = FIELDS.join(',');

/** The first line of the real file, and what issue 3 says it is. */
export const FIRST_LINE = '536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom';
export const FIRST_ORDER =
  '{"orderId":"536365-85123A","invoiceNo":"536365","stockCode":"85123A","description":"WHITE HANGING HEART T-LIGHT HOLDER","quantity":6,"orderDate":"2010-12-01T08:26:00","unitPrice":"2.55","customerId":17850,"country":"United Kingdom"}';

let files = 0;

/** Writes a file of its own for each call. */
export function fileIn(directory: string, content: string | Uint8Array, extension = 'csv'): string {
  const path = join(directory, `${files++}.${extension}`);
  writeFileSync(path, content);
  return path;
}

/** An ordinary line of an order; what is left out is as in the real file's first one. */
export function lineWith(
  invoiceNo: string,
  stockCode = '85123A',
  { description = 'MUG', quantity = '1', date = '12/1/2010 8:26', price = '2.55', customer = '17850' } = {},
): string {
  return [invoiceNo, stockCode, description, quantity, date, price, customer, 'EIRE'].join(',');
}

export interface AllRead {
  readonly orders: Order[];
  readonly rejected: Rejected[];
  readonly batches: SourceBatch[];
  readonly codes: InvoiceCodes;
  readonly position: SourcePosition | undefined;
  /** What ended it, if it didn't end by itself. */
  readonly error: unknown;
}

type Options = Parameters<OrderSource['read']>[0];

/** Reads until the source ends or fails; keeps invoices' codes as a stream would. */
export async function readAll(source: OrderSource, options: Options = {}, codes: InvoiceCodes = new Map()) {
  const all = { orders: [] as Order[], rejected: [] as Rejected[], batches: [] as SourceBatch[] };
  let position = options.from;
  let error: unknown;
  try {
    for await (const batch of source.read({ codesOf: (invoiceNo) => codes.get(invoiceNo)?.slice(), ...options })) {
      all.batches.push(batch);
      all.orders.push(...ordersIn(batch.orders));
      all.rejected.push(...batch.rejected);
      // A position is kept as JSON.
      position = JSON.parse(JSON.stringify(batch.position));
      if (batch.isNewPass) codes.clear();
      for (const [invoiceNo, of] of batch.invoices) codes.set(invoiceNo, of.slice());
    }
  } catch (thrown) {
    error = thrown;
  }
  return { ...all, codes, position, error } satisfies AllRead;
}

export function ordersIn(block: OrderBlock): Order[] {
  return Array.from({ length: block.count }, (_, i) => orderOf(block, i));
}

/** Reads a file with this content. Fails if it can't be read to its end. */
export async function readContent(directory: string, content: string | Uint8Array): Promise<AllRead> {
  const all = await readAll(await openFileSource(fileIn(directory, content)));
  if (all.error) throw all.error;
  return all;
}

/** Standard input that gives these bytes in pieces of these sizes, over and over. */
export async function* inPieces(content: string | Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(content as Uint8Array);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] as number;
    yield Uint8Array.from(bytes.subarray(at, at + size));
    at += size;
  }
}

export const briefly = ({ orderId, description, quantity }: Order): string => `${orderId} ${quantity} ${description}`;

const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Descriptions with all that real and hostile ones hold, line feeds too. */
export const anyDescription: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('MUG', 'RED  SPOT BAG ', 'SET/6', '') },
  { weight: 3, arbitrary: fc.string({ unit: fc.constantFrom('a', ' ', '"', ',', '£', '\r', '\n', "'", '€', '😀') }) },
);

/** Order lines as a file may hold them: few invoices and codes, so that they come back; each with its line ending. */
export const anyOrderLine: fc.Arbitrary<string> = fc
  .record({
    invoiceNo: fc.constantFrom('1', '2', '3', 'C4', '536365'),
    stockCode: fc.constantFrom('A', 'A-2', 'A-3', 'B', '85123A', 'É'),
    description: anyDescription,
    quantity: fc.integer({ min: -99, max: 99 }).map(String),
    date: fc.constantFrom('12/1/2010 8:26', '2/28/2011 23:59', '2/29/2012 0:00', '2011-11-09 08:00:00'),
    price: fc.constantFrom('2.55', '0', '-11062.06', '0.001', '12'),
    customer: fc.constantFrom('', '17850', '12346', '13047.0'),
    ending: fc.constantFrom('\n', '\n', '\n', '\r\n'),
  })
  .map(({ ending, ...of }) => {
    const fields = [of.invoiceNo, of.stockCode, of.description, of.quantity, of.date, of.price, of.customer, 'EIRE'];
    return fields.map(field).join(',') + ending;
  });

/** What is no order, and whose quotes are closed. */
export const anyBadLine: fc.Arbitrary<string> = fc.constantFrom(
  'not an order\n',
  '1,A,MUG,many,12/1/2010 8:26,2.55,17850,EIRE\n',
  '1,A,MUG,1,2/29/2011 8:26,2.55,17850,EIRE\n',
  '1,A,"MUG",1,12/1/2010 8:26,2.55,17850,EIRE,extra\r\n',
  '1,A,MUG,1,12/1/2010 8:26,free,17850,EIRE\n',
  ',A,MUG,1,12/1/2010 8:26,2.55,17850,EIRE\n',
  '1,A,MUG 6" "PLATE",1,12/1/2010 8:26,2.55,17850,EIRE\n',
);
