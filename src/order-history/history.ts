/** Port: every customer's orders, by customer and by order id. A view of the stream. */
import type { Order } from '../orders/order.js';
import type { OrderBlock } from '../orders/order-block.js';
import type { Through } from '../stage.js';
import type { ReadOptions, StreamBlock } from '../stream/stream.js';

export interface OrderHistory {
  /**
   * Brings the history up to the end of the stream and says how far it came. Idempotent by customer and order id: an order
   * that arrives again changes nothing, one that arrives again with other contents replaces the first. Guest orders are
   * passed over.
   */
  update(signal?: AbortSignal): Promise<Through>;
  /** All orders of a customer, oldest invoice first; empty for an unknown customer. */
  ordersOf(customerId: number): Promise<Order[]>;
  /** The orders of this id: of this customer, or else of all that have one, by customer. Two customers may share an id. */
  ordersWithId(orderId: string, customerId?: number): Promise<Order[]>;
  /** Known customer ids nearest to this one, nearest first. */
  customersNear(customerId: number, limit: number): Promise<number[]>;
  /** Every order in the history, or those that arrived since, in no promised order. */
  all(sinceMs?: number): AsyncIterable<OrderBlock>;
  /** The orders of the history in the order of the stream. An order that comes again unchanged is not shown again. */
  tail(options: ReadOptions): AsyncIterable<StreamBlock>;
  close(): Promise<void>;
}
