/** The orders of Kinesis records as a block, with the arrival time of each order and its position in the shard. */
import type { ShardedLog } from '../../engines/aws/shards.js';
import { createBlockBuilder } from '../../orders/block-builder.js';
import { addOrderOf, type OrderBlock, slice } from '../../orders/order-block.js';
import { recordsInto } from '../order-record.js';
import type { StreamBlock } from '../stream.js';
import { userRecords } from './aggregated-record.js';
import { sequenceAt } from './sequence.js';

/** A record as GetRecords gives it: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Record.html */
export interface KinesisRecord {
  readonly Data?: Uint8Array | undefined;
  readonly SequenceNumber?: string | undefined;
  readonly ApproximateArrivalTimestamp?: Date | undefined;
}

export interface ArrivalLog extends ShardedLog<KinesisRecord> {
  /** Name of the stream. */
  readonly stream: string;
}

export interface ArrivedOrders {
  readonly orders: OrderBlock;
  /** When order i arrived, in milliseconds since 1970. */
  readonly arrivalsMs: readonly number[];
  /** Position of order i in its shard (`sequenceAt`): sorts as text. */
  readonly sequences: readonly string[];
}

/** The orders in records. Leaves out records that are no orders: `process-orders` rejects those. */
export function ordersIn(records: readonly KinesisRecord[]): ArrivedOrders {
  const builder = createBlockBuilder();
  const add = recordsInto(builder);
  const arrivalsMs: number[] = [];
  const sequences: string[] = [];
  for (const record of records) {
    const arrivalMs = arrivedMs(record);
    for (const [n, data] of userRecords(record.Data ?? new Uint8Array()).entries()) {
      if (!add(data)) continue;
      arrivalsMs.push(arrivalMs);
      sequences.push(sequenceAt(record.SequenceNumber as string, n));
    }
  }
  return { orders: builder.take(), arrivalsMs, sequences };
}

export function arrivedMs({ ApproximateArrivalTimestamp }: KinesisRecord): number {
  return ApproximateArrivalTimestamp?.getTime() ?? 0;
}

/** The orders for which `isWanted` returns true. */
export function filterArrived(arrived: ArrivedOrders, isWanted: (i: number) => boolean): ArrivedOrders {
  const numbers = arrived.sequences.map((_, i) => i).filter(isWanted);
  return numbers.length === arrived.orders.count ? arrived : gather(numbers.map((i) => ({ from: arrived, i })));
}

/** An order of some that arrived. */
export interface Place {
  readonly from: ArrivedOrders;
  readonly i: number;
}

/** The orders with these numbers, in this order. */
export function gather(places: readonly Place[]): ArrivedOrders {
  const builder = createBlockBuilder();
  for (const { from, i } of places) addOrderOf(builder, from.orders, i);
  return {
    orders: builder.take(),
    arrivalsMs: places.map(({ from, i }) => from.arrivalsMs[i] as number),
    sequences: places.map(({ from, i }) => from.sequences[i] as string),
  };
}

/** Splits the orders into blocks of adjacent orders with the same arrival time. */
export function* blocksOf({
  orders,
  arrivalsMs,
}: Pick<ArrivedOrders, 'orders' | 'arrivalsMs'>): Generator<StreamBlock> {
  for (let from = 0; from < orders.count; ) {
    const arrivalMs = arrivalsMs[from] as number;
    let to = from + 1;
    while (to < orders.count && arrivalsMs[to] === arrivalMs) to++;
    yield { arrivalMs, orders: slice(orders, from, to) };
    from = to;
  }
}
