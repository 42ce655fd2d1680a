/** An order as an item of the history table: key `CustomerId` (number) and `OrderId` (string). */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Order } from '../../orders/order.js';
import { isoDate } from '../../orders/order-line.js';

export type Item = Record<string, AttributeValue>;

/** An order that has a customer. */
export type CustomerOrder = Order & { readonly customerId: number };

export function hasCustomer(order: Order): order is CustomerOrder {
  return order.customerId !== null;
}

/** Where in the stream an order stands. */
export interface Standing {
  /** Of the order that wrote the item: tells one that the table has from one it has replaced. */
  readonly sequence: string;
  /** Where the same order stood last, if it was put again: puts the orders of one moment into their order. */
  readonly lastSequence: string;
  /** When it arrived: the stream forgets it some time after. */
  readonly arrivalMs: number;
}

/**
 * The price is a string, because a number of DynamoDB forgets the zeros at its end, and what the source says is kept
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html).
 */
export function itemOf(order: CustomerOrder, { sequence, lastSequence, arrivalMs }: Standing): Item {
  return {
    CustomerId: { N: String(order.customerId) },
    OrderId: { S: order.orderId },
    InvoiceNo: { S: order.invoiceNo },
    StockCode: { S: order.stockCode },
    Description: { S: order.description },
    Quantity: { N: String(order.quantity) },
    OrderDate: { S: order.orderDate },
    UnitPrice: { S: order.unitPrice },
    Country: { S: order.country },
    Sequence: { S: sequence },
    ...(lastSequence === sequence ? {} : { LastSequence: { S: lastSequence } }),
    ArrivedMs: { N: String(arrivalMs) },
  };
}

export function keyOf(customerId: number, orderId: string): Item {
  return { CustomerId: { N: String(customerId) }, OrderId: { S: orderId } };
}

/** The order of an item, which someone else may have written, with fewer attributes and the date as the source has it. */
export function orderIn(item: Item): Order {
  const text = (name: string) => item[name]?.S ?? item[name]?.N ?? '';
  const id = text('OrderId');
  const [invoiceNo, stockCode] = item['InvoiceNo'] ? [text('InvoiceNo'), text('StockCode')] : partsOf(id);
  return {
    orderId: id,
    invoiceNo,
    stockCode,
    description: text('Description'),
    quantity: Number(text('Quantity')),
    orderDate: isoDate(text('OrderDate')) ?? text('OrderDate'),
    unitPrice: text('UnitPrice'),
    customerId: Number(text('CustomerId')),
    country: text('Country'),
  };
}

function partsOf(id: string): [invoiceNo: string, stockCode: string] {
  const hyphen = id.indexOf('-');
  return hyphen < 0 ? [id, ''] : [id.slice(0, hyphen), id.slice(hyphen + 1)];
}

export function sequenceIn(item: Item): string {
  return item['Sequence']?.S ?? '';
}

/** An item that someone else wrote stands before all. */
export function standingIn(item: Item): Standing {
  const sequence = sequenceIn(item);
  const arrivalMs = Number(item['ArrivedMs']?.N ?? 0);
  return { sequence, lastSequence: item['LastSequence']?.S ?? sequence, arrivalMs };
}

/** Longer than the sequence numbers of Kinesis, which have 56 digits. */
const SEQUENCE_DIGITS = 64;

/** Sequence of the n-th user record in a record of the stream: sorts as text as it does in its shard. */
export function sequenceAt(sequenceNumber: string, n: number): string {
  return `${sequenceNumber.padStart(SEQUENCE_DIGITS, '0')}${n === 0 ? '' : `.${String(n).padStart(6, '0')}`}`;
}

export function isSameOrder(a: Order, b: Order): boolean {
  return (Object.keys(a) as (keyof Order)[]).every((name) => a[name] === b[name]);
}
