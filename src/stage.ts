/**
 * Port: a stage, as the commands see it that go through all of them. `doctor`, `reset`, `rejected`, `replay`, `verify` and
 * `generate` loop over the stages of the pipeline and name none. What a stage has nothing to say of, it leaves out.
 */
import type { Order } from './orders/order.js';
import type { OrderBlock } from './orders/order-block.js';
import type { Check } from './terminal/check.js';

export interface Stage {
  /** For people: `order history`. */
  readonly name: string;
  /** Opens what this stage makes of the stream. */
  view?(): Promise<View>;
  /** Proves, for `verify`, what a stage makes of the stream that is no view of its orders. */
  prove?(signal: AbortSignal): Promise<Proof>;
  /** True if `generate` brings the view up to date, because somebody may be waiting for it. */
  readonly followsGenerate?: true;
  /**
   * Watches the stream while `generate` fills it, and gives what people should hear of at once. Has taken in every order when it
   * ends, after the signal says stop.
   */
  follow?(signal: AbortSignal): AsyncIterable<string>;
  /** What this stage needs and whether that works, for `doctor`. */
  checks?(): AsyncIterable<Check>;
  /**
   * What `reset` would empty, for people: `5,000 orders`; undefined if that is nothing worth a word. Throws an `AlakazamError` at
   * once if it can't be emptied.
   */
  contents?(): Promise<string | undefined>;
  /** Empties the stage. Processes that use it go on with the orders that come after. */
  clear?(): Promise<void>;
  /**
   * Overwrites, in files that stay, what `clear` only forgot. All stages are emptied before. Throws an `AlakazamError` if a process
   * still reads it.
   */
  erase?(): Promise<void>;
  /** What this stage could not accept as an order, with the reason. */
  rejected?(): AsyncIterable<RejectedInput>;
  /** How many of these there are, where that costs less than to read them. */
  rejectedCount?(): Promise<number>;
  /** Sends what failed for good through again, oldest first. */
  replay?(signal: AbortSignal): AsyncIterable<Replayed>;
}

/** What a stage makes of the stream. Each view has a checkpoint of its own and waits for no other. */
export interface View {
  /** Its key in the JSON of `verify`, and its name in a difference: `history`. */
  readonly key: string;
  /** For people: `order history`. */
  readonly name: string;
  /**
   * Brings it up to the end of the stream and says how far it came. A call without new orders changes nothing. The same
   * stream always makes the same view.
   */
  update(signal?: AbortSignal): Promise<Through>;
  /** Every order it holds, or those that arrived since, in no promised order. The signal ends a wait early. */
  all(sinceMs?: number, signal?: AbortSignal): AsyncIterable<OrderBlock>;
  /** Orders of the stream with their lines as `all` gives them, where the view keeps values and not lines. */
  asHeld?(orders: OrderBlock): OrderBlock;
  /** Whether it should hold order i of a block of the stream. */
  expects(orders: OrderBlock, i: number): boolean;
  /** The order of this id and customer as the view holds it, or undefined. A view that files by id alone may give another customer's. */
  find(orderId: string, customerId: number): Promise<Order | undefined>;
  /** For people, why an order is not expected in it, where there are such: `of guests, who have no history`. */
  readonly notExpected?: string;
  /** Where something else fills the view: whether an order that arrived then, in milliseconds since 1970, must be in it by now. */
  isDue?(arrivalMs: number): boolean;
  /** For people, once its orders were read: from when to when it must hold them, and what reading them cost. */
  notes?(): readonly string[];
}

/** What agrees with the stream, and what does not. */
export interface Proof {
  /** Its key in the JSON of `verify`: `alarm`. */
  readonly key: string;
  /** For people, what was counted: `surges, as the stream has them`. */
  readonly name: string;
  /** By its name: `surges`. */
  readonly figure: readonly [name: string, count: number];
  /** For people; the first ten. */
  readonly differences: readonly string[];
}

/** How far an update came: every order that arrived up to then is in the view. */
export interface Through {
  /** Arrival time in milliseconds since 1970; 0 if there is no order, infinity for a view that `isDue` speaks for. */
  readonly arrivalMs: number;
  /** Sequence number of the next order, where the stream numbers its orders: clocks may stand still, and are several. */
  readonly next?: number;
  /** The view could not be written. Why was said. */
  readonly isBehind?: true;
}

/** Input that is no order: a line of a source, or a record that others put into the stream. */
export interface RejectedInput {
  /** A path, or a place in the stream. */
  readonly source: string;
  /** Line number in the source; null for a record. */
  readonly line: number | null;
  readonly reason: string;
  readonly text: string;
}

export interface Replayed {
  /** Records that were sent through, or 1 for what can't be read. */
  readonly records: number;
  /** Those of them that stay, because they failed again. */
  readonly failed: number;
  /** Where they were kept, for people. */
  readonly from: string;
  /** Why it can't be read, and what to do about that. */
  readonly problem?: string;
}
