/**
 * The index of the history table: the customers of each invoice, all customers, and how far each shard of the stream was
 * processed. It is a table of its own with the key `Name` (string) and `CustomerId` (number), a twentieth of the history's
 * size. An index that DynamoDB keeps over every order would double the price of each write, for a look-up that is rare.
 */
import type { Item } from '../../engines/aws/items.js';

const CUSTOMERS = 'customers';

export function invoiceName(invoiceNo: string): string {
  return `invoice#${invoiceNo}`;
}

/** The name that every customer has an entry under, sorted by id. */
export const customersName = CUSTOMERS;

export function indexItem(name: string, customerId: number): Item {
  return { Name: { S: name }, CustomerId: { N: String(customerId) } };
}

/**
 * Key of a shard's checkpoint: `SequenceNumber` of the last record that was processed, and `Sequence`, which sorts. The shards
 * of every stream have the same ids, and a table outlives its stream: a new stack may adopt the table.
 */
export function checkpointKey(stream: string, shardId: string): Item {
  return indexItem(`checkpoint#${stream}/${shardId}`, 0);
}
