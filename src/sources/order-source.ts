/** Port: where orders come from. */
import type { OrderBlock } from '../orders/order-block.js';

/** A line that is not an order, with the reason. The lines after it are read all the same. */
export interface Rejected {
  /** Line number in the source, from 1, the header included. */
  readonly line: number;
  readonly reason: string;
  /** The text of the line, at most its first 1,024 characters. */
  readonly text: string;
}

/** How far a source has been read: JSON that only the source itself understands. */
export type SourcePosition = Record<string, string | number | boolean>;

/**
 * What a source has to remember so that order ids stay the same when reading goes on: for each invoice with a line in this
 * batch, the stock codes of its lines so far, in file order.
 */
export type InvoiceCodes = Map<string, string[]>;

export interface SourceBatch {
  readonly orders: OrderBlock;
  readonly rejected: readonly Rejected[];
  /** The position after this batch: reading from here gives the next order. */
  readonly position: SourcePosition;
  /** Invoices whose codes changed in this batch; empty where ids don't depend on earlier lines. */
  readonly invoices: InvoiceCodes;
  /** True if a new pass has begun: no line of an earlier invoice follows, and the codes of earlier invoices can be deleted. */
  readonly isNewPass?: boolean;
}

export interface SourceRead {
  /** The position to read from; undefined for the beginning. */
  readonly from?: SourcePosition | undefined;
  /** Gives the stock codes of an invoice that is no longer in memory, or undefined if the invoice is new. */
  readonly codesOf?: (invoiceNo: string) => string[] | undefined;
  /** At most this many orders in all. */
  readonly limit?: number;
  /** At most this many orders a batch. It is asked before each batch. */
  readonly batchSize?: () => number;
  /** Reads the next batch while the caller works on this one, where the source can; `batchSize` is then asked once. */
  readonly isAhead?: boolean;
}

/**
 * The same input always gives the same orders with the same ids, wherever reading starts and however often it restarts.
 * `read` ends where the source ends, and throws an `AlakazamError` for an input that can't be read at all.
 */
export interface OrderSource {
  /** The key of its bookmark, or undefined if the source can't be read twice (standard input). */
  readonly id: string | undefined;
  /** For people: a path, or "the built-in shop". */
  readonly name: string;
  /** True if the source never ends. */
  readonly endless: boolean;
  read(options: SourceRead): AsyncIterable<SourceBatch>;
}
