/** New and changed orders, from records of the history table's stream. */
import type { Item } from '../../engines/aws/items.js';
import type { ShardedLog } from '../../engines/aws/shards.js';
import type { Order } from '../../orders/order.js';
import { isSameOrder, orderIn, sequenceIn } from './order-item.js';

/** A record as GetRecords gives it: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html */
export interface TableRecord {
  readonly dynamodb?:
    | {
        readonly NewImage?: Item | undefined;
        readonly OldImage?: Item | undefined;
        readonly ApproximateCreationDateTime?: Date | undefined;
        readonly SequenceNumber?: string | undefined;
      }
    | undefined;
}

export type ChangeLog = ShardedLog<TableRecord>;

export interface ChangedOrder {
  readonly order: Order;
  readonly sequence: string;
  /** When the table changed, rounded down to a second. */
  readonly arrivalMs: number;
}

/**
 * The changed orders in records of one shard. The orders of a customer come in the order of the stream: DynamoDB writes the
 * items of one batch at the same time, and reports them in any order.
 */
export function changesIn(records: readonly TableRecord[]): ChangedOrder[] {
  const changes: ChangedOrder[] = [];
  for (const record of records) {
    const { NewImage, OldImage } = record.dynamodb ?? {};
    if (!NewImage) continue;
    const order = orderIn(NewImage);
    if (OldImage && isSameOrder(order, orderIn(OldImage))) continue;
    changes.push({ order, sequence: sequenceIn(NewImage), arrivalMs: changedMs(record) });
  }
  const bySequence = [...changes].sort((a, b) => (a.sequence < b.sequence ? -1 : 1));
  const ofCustomer = new Map<number | null, ChangedOrder[]>();
  for (const change of bySequence) {
    const { customerId } = change.order;
    ofCustomer.set(customerId, [...(ofCustomer.get(customerId) ?? []), change]);
  }
  return changes.map(({ order }) => ofCustomer.get(order.customerId)?.shift() as ChangedOrder);
}

/** When the table changed, rounded down to a second. */
export function changedMs({ dynamodb }: TableRecord): number {
  return dynamodb?.ApproximateCreationDateTime?.getTime() ?? 0;
}
