/** Follows the orders of the history table: first from the stream, as far back as it goes, then from the table's changes. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { readItems } from '../../engines/aws/items.js';
import { openShards, readShards } from '../../engines/aws/shards.js';
import { createBlockBuilder } from '../../orders/block-builder.js';
import { GUEST, orderIdOf } from '../../orders/order-block.js';
import {
  type ArrivalLog,
  type ArrivedOrders,
  blocksOf,
  filterArrived,
  type KinesisRecord,
  ordersIn,
} from '../../stream/kinesis/arrived-orders.js';
import { lastArrived } from '../../stream/kinesis/last-arrived.js';
import { addOrder } from '../../stream/order-record.js';
import type { ReadOptions, StreamBlock } from '../../stream/stream.js';
import { type ChangedOrder, type ChangeLog, changesIn } from './changed-orders.js';
import type { HistoryIndex } from './index-table.aws.js';
import { keyOf, keyText, sequenceIn } from './order-item.js';

export interface TailParts {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly index: HistoryIndex;
  readonly arrivals: () => Promise<ArrivalLog>;
  readonly changes: () => Promise<ChangeLog>;
  readonly clock: () => number;
}

/**
 * The changes are opened before the stream is read, so that no order is missed in between. An order that is read from beyond
 * its shard's checkpoint may come again as a change, so its sequence is remembered until the change comes.
 */
export async function* tailHistory(
  parts: TailParts,
  { from, customer, signal }: ReadOptions,
): AsyncGenerator<StreamBlock> {
  const log = await parts.arrivals();
  const shardIds = signal ? (await log.shards()).map(({ id }) => id) : [];
  const checkpoints = await parts.index.checkpoints(log.stream, shardIds);
  const changes = signal && (await openShards(await parts.changes(), { from: 'next', signal }));
  const shown = new Set<string>();
  const storedIn = (records: readonly KinesisRecord[]) => stored(parts, ordersIn(records), customer);

  if (typeof from === 'object' && 'last' in from) {
    const { arrived } = await lastArrived(log, from.last, storedIn, parts.clock());
    if (signal) for (const sequence of arrived.sequences) shown.add(sequence);
    yield* blocksOf(arrived);
  } else if (from !== 'next') {
    for await (const { shardId, records } of readShards(log, { from })) {
      const arrived = await storedIn(records);
      const checkpoint = checkpoints.get(shardId)?.sequence ?? '';
      if (signal) for (const sequence of arrived.sequences) if (sequence > checkpoint) shown.add(sequence);
      yield* blocksOf(arrived);
      if (signal?.aborted) return;
    }
  }
  if (!changes) return;
  for await (const { records } of changes) {
    const news = changesIn(records)
      .filter(({ sequence }) => !shown.delete(sequence))
      .filter(({ order }) => customer === undefined || customer === order.customerId);
    yield* changedBlocks(news);
  }
}

/** The orders that the table has in exactly this version: they were processed, and not replaced since. */
async function stored(
  { client, table }: TailParts,
  arrived: ArrivedOrders,
  customer: number | undefined,
): Promise<ArrivedOrders> {
  const { customers } = arrived.orders;
  const wanted = filterArrived(
    arrived,
    (i) => customers[i] !== GUEST && (customer === undefined || customer === customers[i]),
  );
  const { orders, sequences } = wanted;
  const keys = sequences.map((_, i) => keyOf(orders.customers[i] as number, orderIdOf(orders, i)));
  const texts = keys.map(keyText);
  const unique = new Map(keys.map((key, i) => [texts[i] as string, key]));
  const sequenceOf = new Map<string, string>();
  for (const item of await readItems(client, table, [...unique.values()])) {
    sequenceOf.set(keyText(item), sequenceIn(item));
  }
  return filterArrived(wanted, (i) => sequenceOf.get(texts[i] as string) === sequences[i]);
}

function* changedBlocks(changes: readonly ChangedOrder[]): Generator<StreamBlock> {
  const builder = createBlockBuilder();
  for (const { order } of changes) addOrder(builder, order);
  yield* blocksOf({ orders: builder.take(), arrivalsMs: changes.map(({ arrivalMs }) => arrivalMs) });
}
