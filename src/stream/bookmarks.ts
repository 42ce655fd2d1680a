/** Port: how far each source has been read, and which of its lines were no orders. */
import type { InvoiceCodes, Rejected, SourcePosition } from '../sources/order-source.js';

/** How far a source has been read: what a put says of the source that its orders come from. */
export interface SourceProgress {
  readonly sourceId: string;
  /** For people. */
  readonly source: string;
  /** The position from which these orders were read, as the bookmark had it; undefined for the beginning. */
  readonly from: SourcePosition | undefined;
  /** The source is read from the start again: its bookmark is forgotten. */
  readonly isRestart: boolean;
  /** Invoices from before this batch do not come back: their codes can be forgotten. */
  readonly isNewPass?: boolean;
  readonly position: SourcePosition;
  readonly invoices: InvoiceCodes;
  readonly rejected: readonly Rejected[];
}

export interface RejectedLine extends Rejected {
  readonly source: string;
}

/** Reads bookmarks. `OrderStream.put` writes them, together with the orders. */
export interface Bookmarks {
  /** The position up to which a source has been read, or undefined if it was not read before. */
  positionOf(sourceId: string): Promise<SourcePosition | undefined>;
  /** The stock codes of an invoice of a source so far, in the order they were put. */
  codesOf(sourceId: string, invoiceNo: string): string[] | undefined;
  /** Forgets a source that can't be read again; its rejected lines stay. */
  forget(sourceId: string): Promise<void>;
  /** Every rejected line, by source and line number. */
  rejected(): AsyncIterable<RejectedLine>;
  /** How many rejected lines there are. */
  rejectedCount(): Promise<number>;
}

/** What `OrderStream.put` needs of the bookmarks; each is called inside a transaction of their store. */
export interface WritableBookmarks extends Bookmarks {
  /** True if the bookmark of the source stands where this progress begins. */
  isNext(progress: SourceProgress): boolean;
  /** Moves the bookmark on. */
  keep(progress: SourceProgress): void;
  /** Forgets every source and every rejected line. */
  clear(): void;
}
