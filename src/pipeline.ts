/**
 * The pipeline: its stages in the order an order travels them, and what a target is. Read this first.
 *
 *   source ──► stream ──┬──► order history
 *                       ├──► rate alarm
 *                       └──► lake ──┬──► warehouse
 *                                   └──► product recommendations
 *
 * A source gives orders (`sources/order-source.ts`), the stream keeps them in order (`stream/stream.ts`) and remembers how
 * far each source was read (`stream/bookmarks.ts`), and the history is a view of the stream by customer
 * (`order-history/history.ts`), the lake a view in columns (`lake/lake.ts`),
 * over which the warehouse answers questions in SQL (`warehouse/warehouse.ts`), and from which recommendations are learned
 * (`product-recommendations/recommender.ts`). The rate alarm tells people when orders surge (`rate-alarm/alarm.ts`). `stage.ts` says what a stage is to commands that go through all of them. Where stages need
 * servers, the stack creates them (`stack/stack.ts`).
 */
import type { Config } from './config.js';
import type { Lake } from './lake/lake.js';
import type { OrderHistory } from './order-history/history.js';
import type { Recommender } from './product-recommendations/recommender.js';
import type { RateAlarm } from './rate-alarm/alarm.js';
import type { Stack } from './stack/stack.js';
import type { Stage } from './stage.js';
import type { Bookmarks } from './stream/bookmarks.js';
import type { OrderStream } from './stream/stream.js';
import type { Check } from './terminal/check.js';
import type { Waiting } from './waiting.js';
import type { Warehouse } from './warehouse/warehouse.js';

/** Each part opens when it is first asked for, and once. */
export interface Pipeline {
  stream(): Promise<OrderStream>;
  bookmarks(): Promise<Bookmarks>;
  history(): Promise<OrderHistory>;
  lake(): Promise<Lake>;
  /** Over an engine of the target, by its name; without a name, the engine that is always there. */
  warehouse(engine: string | undefined): Promise<Warehouse>;
  recommender(): Promise<Recommender>;
  alarm(): Promise<RateAlarm>;
  /** What was deployed for the pipeline. Throws an `AlakazamError` where nothing has to be. */
  stack(): Promise<Stack>;
  /** Every stage, in the order an order travels them. */
  readonly stages: readonly Stage[];
  /** Where it is, for people: a directory, or `stack alakazam`. */
  readonly place: string;
  /** What the target itself needs, for `doctor`. */
  checks(): AsyncIterable<Check>;
  close(): Promise<void>;
}

/** A place the pipeline runs in. What it can't do is a driver that says so in its error. */
export type Target = (config: Config, clock: () => number, waiting?: Waiting) => Pipeline;
