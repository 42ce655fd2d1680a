/** Port: every customer's orders, by customer and by order id. A view of the stream. */
import type { Order } from '../orders/order.js';
import type { OrderBlock } from '../orders/order-block.js';
import type { ReadOptions, StreamBlock } from '../stream/stream.js';

export interface OrderHistory {
  /**
   * Takes up what the stream has and the history has not, and returns when that is done. Idempotent by customer and order id: an order
   * that comes again changes nothing, one that comes again with other contents replaces the first. Guest orders are passed
   * over.
   */
  update(signal?: AbortSignal): Promise<void>;
  /** All orders of a customer, oldest invoice first; empty for a customer it doesn't know. */
  ordersOf(customerId: number): Promise<Order[]>;
  /** The order of this id, or undefined. */
  order(orderId: string): Promise<Order | undefined>;
  /** Known customer ids nearest to this one, nearest first. */
  customersNear(customerId: number, limit: number): Promise<number[]>;
  /** Every order it holds, or those that arrived since, in no order that is promised. */
  all(sinceMs?: number): AsyncIterable<OrderBlock>;
  /** Its orders in the order of the stream, each once; one that came again unchanged is not shown again. */
  tail(options: ReadOptions): AsyncIterable<StreamBlock>;
  close(): Promise<void>;
}
