/** An order as an item of the history table: key `CustomerId` (number) and `OrderId` (string). */
import type { Item } from '../../engines/aws/items.js';
import { type Order, partsOf } from '../../orders/order.js';
import { isoDate } from '../../orders/order-line.js';

/** An order that has a customer. */
export type CustomerOrder = Order & { readonly customerId: number };

export function hasCustomer(order: Order): order is CustomerOrder {
  return order.customerId !== null;
}

/** The position of an order in the stream. */
export interface StreamPosition {
  /** Sequence of the record that wrote the item: tells the stored version of an order from those that it replaced. */
  readonly sequence: string;
  /** Sequence of the last identical repeat, if the order was resent: sorts the orders of one moment. */
  readonly lastSequence: string;
  /** Arrival time of the record, which the stream deletes after its retention period. */
  readonly arrivalMs: number;
}

/**
 * The price is a string, because DynamoDB drops the zeros at the end of a number, and an item has the digits of the source
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html).
 */
export function itemOf(order: CustomerOrder, { sequence, lastSequence, arrivalMs }: StreamPosition): Item {
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

/** The key of an item, or of a key, as text. */
export function keyText(item: Item): string {
  return `${item['CustomerId']?.N} ${item['OrderId']?.S}`;
}

/** The order of an item. Another program may have written the item, with fewer attributes and the date as in the source. */
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

export function sequenceIn(item: Item): string {
  return item['Sequence']?.S ?? '';
}

/** The position of an item that another program wrote is before all others. */
export function positionIn(item: Item): StreamPosition {
  const sequence = sequenceIn(item);
  const arrivalMs = Number(item['ArrivedMs']?.N ?? 0);
  return { sequence, lastSequence: item['LastSequence']?.S ?? sequence, arrivalMs };
}

export function isSameOrder(a: Order, b: Order): boolean {
  return (Object.keys(a) as (keyof Order)[]).every((name) => a[name] === b[name]);
}
