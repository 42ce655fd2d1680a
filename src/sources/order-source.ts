/** Port: where orders come from. */
import type { OrderBlock } from '../orders/order-block.js';

/** A line that isn't an order: kept with the reason, never in the way of what comes after it. */
export interface Rejected {
  /** Line number in the source, from 1, the header included. */
  readonly line: number;
  readonly reason: string;
  /** What the line said, at most its first 1,024 characters. */
  readonly text: string;
}

/** Where a source was left: JSON that only the source itself reads. */
export type SourcePosition = Record<string, string | number | boolean>;

/**
 * What a source has to remember to go on with the same order ids: for each invoice that a batch touched, the stock codes
 * of its lines so far, in file order.
 */
export type InvoiceCodes = Map<string, string[]>;

export interface SourceBatch {
  readonly orders: OrderBlock;
  readonly rejected: readonly Rejected[];
  /** Where the source stands after this batch: reading on from here gives the next order. */
  readonly position: SourcePosition;
  /** Invoices whose codes changed in this batch; empty where ids don't depend on what came before. */
  readonly invoices: InvoiceCodes;
  /** No invoice from before this batch comes back: a new pass has begun, and what was kept of them can go. */
  readonly isNewPass?: boolean;
}

export interface SourceRead {
  /** Where to go on; undefined starts at the beginning. */
  readonly from?: SourcePosition | undefined;
  /** The stock codes that were kept of an invoice, or undefined if there are none; asked for what is no longer in memory. */
  readonly codesOf?: (invoiceNo: string) => string[] | undefined;
  /** At most this many orders in all, then the source is left where it stands. */
  readonly limit?: number;
  /** At most this many orders a batch; asked before each batch. */
  readonly batchSize?: () => number;
  /** Read what is next while a batch is worked on, where the source can; `batchSize` is then asked once. */
  readonly isAhead?: boolean;
}

/**
 * The same input always gives the same orders with the same ids, wherever reading starts and however often it restarts.
 * `read` ends where the source ends, and throws an `AlakazamError` for an input that can't be read at all.
 */
export interface OrderSource {
  /** What its bookmark is kept under, or undefined where it can't be read twice (standard input). */
  readonly id: string | undefined;
  /** For people: a path, or "the built-in shop". */
  readonly name: string;
  /** True where it never ends. */
  readonly endless: boolean;
  read(options: SourceRead): AsyncIterable<SourceBatch>;
}
