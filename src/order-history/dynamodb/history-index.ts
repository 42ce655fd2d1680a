/**
 * The index of the history table: which customers an invoice is of, which customers there are, and how far the stream has
 * been taken up. A table of its own with key `Name` (string) and `CustomerId` (number), a twentieth of the history's size:
 * an index that DynamoDB keeps over every order would double the price of each write, to serve a look-up that is rare.
 */
import type { Item } from './order-item.js';

const CUSTOMERS = 'customers';

export function invoiceName(invoiceNo: string): string {
  return `invoice#${invoiceNo}`;
}

/** Under this name stands every customer, sorted by id. */
export const customersName = CUSTOMERS;

export function indexItem(name: string, customerId: number): Item {
  return { Name: { S: name }, CustomerId: { N: String(customerId) } };
}

/** Key of what is kept of a shard: `SequenceNumber` of its last record that was dealt with, and `Sequence`, which sorts. */
export function checkpointKey(shardId: string): Item {
  return indexItem(`checkpoint#${shardId}`, 0);
}

/** The invoices an order id may be of: either part of it may hold a hyphen. */
export function invoicesIn(id: string): string[] {
  const names: string[] = [];
  for (let at = id.indexOf('-'); at >= 0; at = id.indexOf('-', at + 1)) if (at > 0) names.push(id.slice(0, at));
  return names;
}
