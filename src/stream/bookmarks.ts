/** Port: how far each source has been read, and which of its lines were no orders. */
import type { InvoiceCodes, Rejected, SourcePosition } from '../sources/order-source.js';

/** Progress of a source, which a put stores together with the orders from that source. */
export interface SourceProgress {
  readonly sourceId: string;
  /** For people. */
  readonly source: string;
  /** The position from which these orders were read, as the bookmark had it; undefined for the beginning. */
  readonly from: SourcePosition | undefined;
  /** The source is read from the start again: its bookmark is forgotten. */
  readonly isRestart: boolean;
  /** True if no line of an earlier invoice comes after this batch: the codes of earlier invoices can be deleted. */
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

/** Functions that `OrderStream.put` calls inside a transaction of the bookmarks' store. */
export interface WritableBookmarks extends Bookmarks {
  /** True if the bookmark of the source is at the position where this progress begins. */
  isNext(progress: SourceProgress): boolean;
  /** Moves the bookmark forward. */
  keep(progress: SourceProgress): void;
  /** Forgets every source and every rejected line. */
  clear(): void;
}
