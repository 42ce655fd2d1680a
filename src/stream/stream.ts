/** Port: the ordered, durable log of orders. */
import type { OrderBlock } from '../orders/order-block.js';
import type { Bookmarks, SourceProgress } from './bookmarks.js';

/** Orders that arrived together, in the order of the stream. */
export interface StreamBlock {
  /** Arrival time in milliseconds since 1970. */
  readonly arrivalMs: number;
  readonly orders: OrderBlock;
  /** Sequence number of the first of them, where the stream numbers its orders and all of them were asked for. */
  readonly first?: number;
}

/** Where reading begins: at the first order, after the last one, at a time of arrival, or n orders before the end. */
export type StreamStart = 'first' | 'next' | { readonly sinceMs: number } | { readonly last: number };

export interface ReadOptions {
  readonly from: StreamStart;
  /** Orders of this customer alone; `GUEST` for those of guests. */
  readonly customer?: number | undefined;
  /** With a signal, reading goes on with what comes, from any process, until it says stop; without one it ends at the last order. */
  readonly signal?: AbortSignal | undefined;
}

export interface OrderStream {
  /**
   * Returns true when the orders are durable and so is the bookmark of their source. Returns false if another process has
   * read on from the same position: then nothing was put, and the source has to be read from its bookmark. `onAccepted`
   * hears how many of the orders were accepted so far, where a put takes a while.
   */
  put(orders: OrderBlock, source: SourceProgress, onAccepted?: (count: number) => void): Promise<boolean>;
  /** Orders in the order of the stream, each once: those of a customer, or of a guest's invoice, as they were put. */
  read(options: ReadOptions): AsyncIterable<StreamBlock>;
  /** Arrival time from which on it holds every order it took: 0, unless it has forgotten some. */
  heldSinceMs(): Promise<number>;
  /** How many orders it holds. Not there if only reading them all tells. */
  size?(): number;
  /** A text that changes when the stream is emptied, as it is now; '' before the first order. Not there if nobody can empty it. */
  currentIdentity?(): string;
  close(): Promise<void>;
}

/** A stream as a target opens it: with the bookmarks that its `put` writes. */
export interface BookmarkedStream extends OrderStream {
  readonly bookmarks: Bookmarks;
}
