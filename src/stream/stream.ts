/** Port: the ordered, durable log of orders. */
import type { OrderBlock } from '../orders/order-block.js';
import type { InvoiceCodes, Rejected, SourcePosition } from '../sources/order-source.js';

/** Orders as the stream has them: in its order, and with the time they were taken. */
export interface StreamBlock {
  /** When the stream took them, in milliseconds since 1970. */
  readonly arrivalMs: number;
  readonly orders: OrderBlock;
}

/** What a put says of the source its orders came from, to be kept together with them. */
export interface SourceProgress {
  readonly sourceId: string;
  /** For people. */
  readonly source: string;
  /** The position these orders were read from, as it was kept; undefined for the beginning. */
  readonly from: SourcePosition | undefined;
  /** The source is read from the start again: forget what was kept of it. */
  readonly isRestart: boolean;
  /** Invoices of before don't come back: their codes can be forgotten. */
  readonly isNewPass?: boolean;
  readonly position: SourcePosition;
  readonly invoices: InvoiceCodes;
  readonly rejected: readonly Rejected[];
}

export interface RejectedLine extends Rejected {
  readonly source: string;
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
   * Returns true when the orders and the progress of their source are durable, both or neither. False if another process
   * has read on from the same position meanwhile: then nothing was put, and the source has to be read from its bookmark.
   * Where that takes a while, `onTaken` hears how many of the orders were taken so far.
   */
  put(orders: OrderBlock, source: SourceProgress, onTaken?: (count: number) => void): Promise<boolean>;
  /** Orders in the order of the stream, each once: those of a customer, or of a guest's invoice, as they were put. */
  read(options: ReadOptions): AsyncIterable<StreamBlock>;
  /** Arrival time from which on it holds every order it took: 0, unless it has forgotten some. */
  heldSinceMs(): Promise<number>;
  /** Where a source was left, or undefined if it wasn't read before. */
  positionOf(sourceId: string): Promise<SourcePosition | undefined>;
  /** The stock codes of an invoice of a source so far, as they were put. */
  codesOf(sourceId: string, invoiceNo: string): string[] | undefined;
  /** Lets go of a source that can't be read again; its rejected lines are kept. */
  forget(sourceId: string): Promise<void>;
  rejected(): AsyncIterable<RejectedLine>;
  close(): Promise<void>;
}
