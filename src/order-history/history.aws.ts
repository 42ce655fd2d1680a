/** The order history in DynamoDB, which a Lambda function fills from the stream (`process-orders.lambda.ts`). */
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { type Item, queryItems, scanItems } from '../engines/aws/items.js';
import type { AwsSession } from '../engines/aws/session.js';
import { createBlockBuilder } from '../orders/block-builder.js';
import { invoicesIn, type Order } from '../orders/order.js';
import type { Through } from '../stage.js';
import type { ArrivalLog } from '../stream/kinesis/arrived-orders.js';
import { addOrder } from '../stream/order-record.js';
import type { ChangeLog } from './dynamodb/changed-orders.js';
import { customersName, invoiceName } from './dynamodb/history-index.js';
import { openHistoryIndex } from './dynamodb/index-table.aws.js';
import { keyOf, orderIn, positionIn } from './dynamodb/order-item.js';
import { tailHistory } from './dynamodb/tail.aws.js';
import { waitForHistory } from './dynamodb/update.aws.js';
import type { OrderHistory } from './history.js';

export interface AwsHistoryOptions {
  readonly session: AwsSession;
  readonly table: string;
  /** See `history-index.ts`. */
  readonly index: string;
  readonly arrivals: () => Promise<ArrivalLog>;
  readonly changes: () => Promise<ChangeLog>;
  readonly clock: () => number;
}

export function openAwsHistory(options: AwsHistoryOptions): OrderHistory {
  const { session, table, clock } = options;
  const client = session.client(DynamoDBClient);
  const index = openHistoryIndex(client, options.index);

  async function update(signal?: AbortSignal): Promise<Through> {
    return waitForHistory(await options.arrivals(), index, clock, signal);
  }

  async function orderOf(customer: number, id: string): Promise<Order | undefined> {
    const key = { TableName: table, Key: keyOf(customer, id), ConsistentRead: true };
    const { Item: item } = await client.send(new GetItemCommand(key));
    return item && orderIn(item);
  }

  return {
    update,
    async ordersOf(customerId) {
      const items: Item[] = [];
      const pages = queryItems(client, {
        TableName: table,
        KeyConditionExpression: 'CustomerId = :id',
        ExpressionAttributeValues: { ':id': { N: String(customerId) } },
      });
      for await (const page of pages) items.push(...page);
      return items
        .map((item) => ({ order: orderIn(item), sequence: positionIn(item).lastSequence }))
        .sort((a, b) => compare(a.order.orderDate, b.order.orderDate) || compare(a.sequence, b.sequence))
        .map(({ order }) => order);
    },
    async ordersWithId(id, customerId) {
      const invoices = customerId === undefined ? invoicesIn(id) : [];
      const of = await Promise.all(invoices.map((invoiceNo) => index.customersOf(invoiceName(invoiceNo))));
      const customers = customerId === undefined ? new Set(of.flat()) : [customerId];
      const found = await Promise.all([...customers].sort((a, b) => a - b).map((customer) => orderOf(customer, id)));
      return found.filter((order) => order !== undefined);
    },
    async customersNear(customerId, limit) {
      const sides = (['<=', '>'] as const).map((comparison) =>
        index.customersOf(customersName, { comparison, customerId, limit }),
      );
      const near = (await Promise.all(sides)).flat();
      return near.sort((a, b) => Math.abs(a - customerId) - Math.abs(b - customerId)).slice(0, limit);
    },
    async *all(sinceMs = 0) {
      const builder = createBlockBuilder();
      for await (const items of scanItems(client, table)) {
        for (const item of items) if (positionIn(item).arrivalMs >= sinceMs) addOrder(builder, orderIn(item));
        if (builder.count > 0) yield builder.take();
      }
    },
    async *tail(read) {
      if (!read.signal) await update();
      yield* tailHistory({ ...options, client, index }, read);
    },
    close: async () => undefined,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
