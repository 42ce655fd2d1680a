/** The order history in DynamoDB, which a Lambda function fills from the stream (`process-orders.lambda.ts`). */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { readItems, scanItems } from '../engines/aws/items.js';
import type { AwsSession } from '../engines/aws/session.js';
import { openShards, readShards, type ShardPosition } from '../engines/aws/shards.js';
import { AlakazamError } from '../errors.js';
import { createBlockBuilder } from '../orders/block-builder.js';
import type { Order } from '../orders/order.js';
import type { Through } from '../stage.js';
import type { Arrival, ArrivalLog, ordersIn } from '../stream/kinesis/arrivals.aws.js';
import { lastArrivals } from '../stream/kinesis/last-arrivals.js';
import { addOrder, blocksOf } from '../stream/order-record.js';
import type { ReadOptions, StreamBlock } from '../stream/stream.js';
import type { ChangeLog, changesIn } from './dynamodb/changes.aws.js';
import { checkpointKey, customersName, invoiceName, invoicesIn } from './dynamodb/history-index.js';
import { hasCustomer, type Item, keyOf, orderIn, sequenceAt, sequenceIn, standingIn } from './dynamodb/order-item.js';
import type { OrderHistory } from './history.js';

/** The logs a tail reads, each with what takes its records apart. */
export interface Arrivals {
  readonly log: ArrivalLog;
  readonly ordersIn: typeof ordersIn;
}
export interface Changes {
  readonly log: ChangeLog;
  readonly changesIn: typeof changesIn;
}

export interface AwsHistoryOptions {
  readonly session: AwsSession;
  readonly table: string;
  /** See `history-index.ts`. */
  readonly index: string;
  readonly arrivals: () => Promise<Arrivals>;
  readonly changes: () => Promise<Changes>;
  readonly clock: () => number;
}

const UPDATE_POLL_MS = 200;
/** Lambda tries a batch again and again; when nothing has moved for this long, something is wrong. */
const STALLED_MS = 60_000;

export function openAwsHistory(options: AwsHistoryOptions): OrderHistory {
  const { session, table, index, clock } = options;
  const client = session.client(DynamoDBClient);

  async function* query(input: Omit<QueryCommandInput, 'TableName'>, of = table): AsyncGenerator<Item[]> {
    let from: Record<string, AttributeValue> | undefined;
    do {
      const start = from ? { ExclusiveStartKey: from } : {};
      const page = await client.send(new QueryCommand({ TableName: of, ConsistentRead: true, ...input, ...start }));
      yield page.Items ?? [];
      from = page.LastEvaluatedKey;
    } while (from);
  }

  async function customersOf(name: string, condition = '', value = 0, more: Partial<QueryCommandInput> = {}) {
    const found: number[] = [];
    const pages = query(
      {
        KeyConditionExpression: `#name = :name${condition}`,
        ExpressionAttributeNames: { '#name': 'Name' },
        ExpressionAttributeValues: { ':name': { S: name }, ...(condition ? { ':id': { N: String(value) } } : {}) },
        ...more,
      },
      index,
    );
    for await (const items of pages) {
      for (const item of items) found.push(Number(item['CustomerId']?.N));
      if (more.Limit !== undefined && found.length >= more.Limit) break;
    }
    return found;
  }

  /** How far each shard was taken up: the number of its last record, and what compares. */
  async function checkpoints(shardIds: readonly string[]) {
    const found = new Map<string, { readonly number: string; readonly sequence: string; readonly arrivalMs: number }>();
    const byName = new Map(shardIds.map((id) => [checkpointKey(id)['Name']?.S, id]));
    for (const item of await readItems(client, index, shardIds.map(checkpointKey))) {
      const id = byName.get(item['Name']?.S) as string;
      const number = item['SequenceNumber']?.S as string;
      found.set(id, { number, sequence: sequenceIn(item), arrivalMs: Number(item['ArrivedMs']?.N ?? 0) });
    }
    return found;
  }

  /** Of these, the orders the table has as they stand there: neither replaced since, nor still to be taken up. */
  async function held(arrivals: readonly Arrival[], customer: number | undefined): Promise<Arrival[]> {
    const wanted = arrivals.filter(
      ({ order }) => hasCustomer(order) && (customer === undefined || customer === order.customerId),
    );
    const keys = new Map(wanted.map(({ order }) => [keyText(order), keyOf(order.customerId as number, order.orderId)]));
    const sequences = new Map<string, string>();
    for (const item of await readItems(client, table, [...keys.values()])) {
      sequences.set(keyText(orderIn(item)), sequenceIn(item));
    }
    return wanted.filter(({ order, sequence }) => sequences.get(keyText(order)) === sequence);
  }

  async function orderOf(customer: number, id: string): Promise<Order | undefined> {
    const key = { TableName: table, Key: keyOf(customer, id), ConsistentRead: true };
    const { Item: item } = await client.send(new GetItemCommand(key));
    return item && orderIn(item);
  }

  async function update(signal?: AbortSignal): Promise<Through> {
    const { log, ordersIn } = await options.arrivals();
    const shards = await log.shards();
    const positions = new Map<string, ShardPosition>();
    let arrivalMs = 0;
    for (const [id, found] of await checkpoints(shards.map(({ id }) => id))) {
      // A checkpoint of an older function says no arrival time: the shard is read from its start to find one.
      positions.set(id, found.arrivalMs > 0 ? { after: found.number } : 'first');
      arrivalMs = Math.max(arrivalMs, found.arrivalMs);
    }
    const awaited = new Map<string, string>();
    let count = 0;
    for await (const { shardId, records } of readShards(log, { from: positions, shards })) {
      count += ordersIn(records).length;
      const last = records.at(-1) as (typeof records)[number];
      awaited.set(shardId, sequenceAt(log.sequenceOf(last), 0));
      arrivalMs = Math.max(arrivalMs, log.arrivalOf(last));
      if (signal?.aborted) return { arrivalMs: 0 };
    }
    let moved = '';
    for (let movedMs = clock(); awaited.size > 0; ) {
      const now = await checkpoints([...awaited.keys()]);
      for (const [id, { sequence }] of now) if (sequence >= (awaited.get(id) as string)) awaited.delete(id);
      if (awaited.size === 0) break;
      const state = JSON.stringify([...now]);
      if (state !== moved) movedMs = clock();
      moved = state;
      if (clock() - movedMs > STALLED_MS) {
        throw new AlakazamError('failed', `process-orders has not moved for a minute, up to ${count} orders behind`, {
          hint: 'alakazam status shows why',
        });
      }
      await delay(UPDATE_POLL_MS, undefined, signal ? { signal } : {}).catch(() => undefined);
      if (signal?.aborted) return { arrivalMs: 0 };
    }
    return { arrivalMs };
  }

  return {
    update,
    async ordersOf(customerId) {
      const items: Item[] = [];
      const ExpressionAttributeValues = { ':id': { N: String(customerId) } };
      for await (const page of query({ KeyConditionExpression: 'CustomerId = :id', ExpressionAttributeValues })) {
        items.push(...page);
      }
      return items
        .map((item) => ({ order: orderIn(item), sequence: standingIn(item).lastSequence }))
        .sort((a, b) => compare(a.order.orderDate, b.order.orderDate) || compare(a.sequence, b.sequence))
        .map(({ order }) => order);
    },
    async order(id, customerId) {
      if (customerId !== undefined) return orderOf(customerId, id);
      for (const invoiceNo of invoicesIn(id)) {
        for (const customer of await customersOf(invoiceName(invoiceNo))) {
          const order = await orderOf(customer, id);
          if (order) return order;
        }
      }
      return undefined;
    },
    async customersNear(customer, limit) {
      const [below, above] = await Promise.all([
        customersOf(customersName, ' AND CustomerId <= :id', customer, { Limit: limit, ScanIndexForward: false }),
        customersOf(customersName, ' AND CustomerId > :id', customer, { Limit: limit }),
      ]);
      const near = [...below.slice(0, limit), ...above.slice(0, limit)];
      return near.sort((a, b) => Math.abs(a - customer) - Math.abs(b - customer)).slice(0, limit);
    },
    async *all(sinceMs = 0) {
      const builder = createBlockBuilder();
      for await (const items of scanItems(client, table)) {
        for (const item of items) if (standingIn(item).arrivalMs >= sinceMs) addOrder(builder, orderIn(item));
        if (builder.count > 0) yield builder.take();
      }
    },
    async *tail(read) {
      if (!read.signal) await update();
      yield* tail(read);
    },
    close: async () => undefined,
  };

  /**
   * What is there already comes from the stream, as far back as that goes, and what comes then from the changes of the table.
   * Changes are listened to before the stream is read. Of the orders read there those behind the checkpoint may come again
   * as a change: they are remembered until they do.
   */
  async function* tail({ from, customer, signal }: ReadOptions): AsyncGenerator<StreamBlock> {
    const { log, ordersIn } = await options.arrivals();
    const taken = signal ? await checkpoints((await log.shards()).map(({ id }) => id)) : new Map();
    const changes = signal && (await options.changes());
    const follow = changes && (await openShards(changes.log, { from: 'next', signal }));
    const shown = new Set<string>();

    if (typeof from === 'object' && 'last' in from) {
      const heldIn = (records: Parameters<typeof ordersIn>[0]) => held(ordersIn(records), customer);
      const { arrivals } = await lastArrivals(log, from.last, heldIn, clock());
      if (signal) for (const { sequence } of arrivals) shown.add(sequence);
      yield* blocksOf(arrivals);
    } else if (from !== 'next') {
      for await (const { shardId, records } of readShards(log, { from })) {
        const found = await held(ordersIn(records), customer);
        const upTo = taken.get(shardId)?.sequence ?? '';
        if (signal) for (const { sequence } of found) if (sequence > upTo) shown.add(sequence);
        yield* blocksOf(found);
        if (signal?.aborted) return;
      }
    }
    if (!changes || !follow) return;
    for await (const { records } of follow) {
      yield* blocksOf(
        changes
          .changesIn(records)
          .filter(({ sequence }) => !shown.delete(sequence))
          .filter(({ order }) => customer === undefined || customer === order.customerId),
      );
    }
  }
}

function keyText({ customerId, orderId }: Order): string {
  return `${customerId} ${orderId}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
