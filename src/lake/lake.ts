/**
 * Port: every order that ever arrived, in columns, for questions over all of them. A view of the stream. Where something else
 * fills the lake, each method throws an `AlakazamError` for what only its writer could do.
 */
import type { OrderBlock } from '../orders/order-block.js';
import type { Through } from '../stage.js';

export interface UpdateOptions {
  readonly signal?: AbortSignal | undefined;
  /** Hears how many of the orders that were due are in the lake by now. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface BackfillOptions {
  readonly signal?: AbortSignal | undefined;
  /** Hears how many orders of the stream were read. */
  readonly onProgress?: (read: number) => void;
}

export interface Lake {
  /**
   * Brings the lake up to the end of the stream. What was brought in is durable, also if the signal ends it early. Each order
   * of the stream is in it exactly once, whenever a process is killed.
   */
  update(options?: UpdateOptions): Promise<Through>;
  /** Joins the files of each month to one. Queries that run meanwhile go on undisturbed. */
  compact(options?: UpdateOptions): Promise<void>;
  /**
   * Makes the lake again from the stream: the same tables, from new files. They take the place of the old ones all at once, also
   * of a lake that is damaged; until then, and if the signal ends it early, the lake is as it was.
   */
  rebuild(options?: UpdateOptions): Promise<Through>;
  /**
   * Brings in what the stream still has and the lake lacks, where something else fills the lake. May be killed and repeated at
   * any time. Gives the number of orders.
   */
  backfill(options?: BackfillOptions): Promise<number>;
  status(signal?: AbortSignal): Promise<LakeStatus>;
  /**
   * Copies every order, in its latest version, to a .parquet or .csv file or a directory of Parquet by month. Gives their
   * number; 0 if the signal ended it, and then nothing is there.
   */
  export(to: string, options?: UpdateOptions): Promise<number>;
  /**
   * The tables as they are now, for SQL. What they are made of stays until `release`, whatever others write. Throws an
   * `AlakazamError` if a file is not as it was written.
   */
  tables(): LakeTables;
  /** Every order once, in its latest version, or those that arrived since; lines as `asLakeLines` writes them. */
  all(sinceMs?: number, signal?: AbortSignal): AsyncIterable<OrderBlock>;
  /** The latest version of each order that replaced an earlier one, or of those that arrived since. */
  replacing(sinceMs?: number, signal?: AbortSignal): AsyncIterable<OrderBlock>;
  close(): Promise<void>;
}

/** Gives the tables with every order that was streamed before the call; what they are made of stays until `release`. */
export type CurrentTables = (options: UpdateOptions) => Promise<LakeTables>;

export interface LakeStatus {
  /** Where it is, for people. */
  readonly place: string;
  /** Arrivals, and those of them that a later arrival of the same order has replaced. */
  readonly arrivals: number;
  readonly replaced: number;
  readonly bytes: number;
  readonly months: readonly LakeMonth[];
  /** For people: what else is to be known, such as the price of the answer. */
  readonly notes?: readonly string[];
}

export interface LakeMonth {
  /** Of the order date: `2010-12`. */
  readonly month: string;
  readonly arrivals: number;
  readonly files: number;
  readonly bytes: number;
}

export interface LakeTables {
  /** Changes with every change of the tables, and names them for all time: answers are kept by it. */
  readonly version: string;
  /** Of its files. */
  readonly paths: readonly string[];
  /** Of those that hold `order_arrivals`, for who reads Parquet without that SQL. */
  readonly arrivals: readonly string[];
  /** SQL in DuckDB's dialect that makes the views `orders` and `order_arrivals`. */
  readonly views: string;
  readonly bytes: number;
  release(): void;
}
