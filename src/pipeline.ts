/**
 * The pipeline: its stages in the order an order travels them, and what a target is. Read this first.
 *
 *   source ──► stream ──► order history
 *
 * A source gives orders (`sources/order-source.ts`), the stream keeps them in order (`stream/stream.ts`), and the
 * history is a view of the stream by customer (`order-history/history.ts`). Where these need servers, the stack puts them
 * there (`stack/stack.ts`).
 */
import type { Config } from './config.js';
import type { OrderHistory } from './order-history/history.js';
import type { RejectedArrival } from './order-history/rejected-messages.js';
import type { Stack } from './stack/stack.js';
import type { View } from './stream/load.js';
import type { OrderStream, RejectedLine } from './stream/stream.js';

/** Each stage opens when it is first asked for, and once. */
export interface Pipeline {
  stream(): Promise<OrderStream>;
  history(): Promise<OrderHistory>;
  /** What is made of the stream: `generate` brings each up to date, and one that fails is in no other's way. */
  views(): Promise<readonly View[]>;
  /** What was no order: lines that this machine read and kept out of the stream, then what others put into it. */
  rejected(): AsyncIterable<RejectedLine | RejectedArrival>;
  /** What had to be put in place first. Throws an `AlakazamError` where nothing has to. */
  stack(): Promise<Stack>;
  /** Checks of what this target needs, for `doctor`. */
  checks(): AsyncIterable<Check>;
  /** Empties every stage. Processes that use them go on with what comes after. */
  reset(): Promise<void>;
  /** What `reset` would empty, for people. */
  contents(): Promise<string>;
  close(): Promise<void>;
}

export interface Check {
  readonly name: string;
  /** Null if it could not be checked, which is no fault of what was to be. */
  readonly isGood: boolean | null;
  readonly finding: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** A place the pipeline runs in. What it can't do is a driver that says so in its error. */
export type Target = (config: Config, clock: () => number) => Pipeline;
