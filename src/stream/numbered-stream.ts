/** The stream as views in the same process read it: every order has a sequence number, from 1 on and without a gap. */
import type { StoredBlock } from '../orders/codec.js';
import type { OrderBlock } from '../orders/order-block.js';
import type { BookmarkedStream, StreamStart } from './stream.js';

/** Orders with their sequence numbers. */
export interface NumberedBlock extends StoredBlock {
  /** Sequence number of the first order. */
  readonly first: number;
}

/** Of orders that arrived together, all but the orders. */
export interface ArrivedBlock extends Pick<NumberedBlock, 'first' | 'arrivalMs'> {
  readonly count: number;
}

export interface NumberedOrders {
  /** Sequence number of the last order; 0 if there is none. */
  last(): number;
  /** Random id of the stream, which each view stores. An emptied stream gets a new id; before the first order it is ''. */
  identity(): string;
  /** Orders from a sequence number to the last there is, until the stream is emptied. */
  from(sequence: number): AsyncIterable<NumberedBlock>;
  /** When orders arrived, from a sequence number to the last there is: to know that, no order has to be read. */
  arrivals(sequence: number): Iterable<ArrivedBlock>;
  /** Blocks from the last to the first. */
  backwards(): AsyncIterable<NumberedBlock>;
  /** `count` orders from a sequence number on. Throws an `AlakazamError` if one is missing. */
  at(sequence: number, count: number): OrderBlock;
  /** The block that holds an order, or undefined after the last order. */
  blockOf(sequence: number): NumberedBlock | undefined;
  /** Sequence number of the first order that arrived since. */
  arrivedSince(sinceMs: number): number;
}

export interface NumberedStream extends BookmarkedStream, NumberedOrders {
  /** The file of the store. */
  readonly path: string;
  /** Sees what other processes have put since the last look. */
  refresh(): void;
  /** True if another file has taken the place of this stream's file. */
  isExchanged(): boolean;
  /** Sequence number where reading from `start` begins. */
  sequenceOf(start: StreamStart, customer?: number): Promise<number>;
  /** Empties the stream and forgets its sources. Each view sees that the identity has changed, and begins again. */
  clear(): Promise<void>;
  /** Overwrites, in the file, what was forgotten. */
  erase(): Promise<void>;
  /** Resolves when there may be more to read, or when `signal` says stop. */
  wait(signal: AbortSignal): Promise<void>;
}
