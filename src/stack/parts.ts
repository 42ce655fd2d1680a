/**
 * What a stage says of its part of the stack, beside the fragment of the template in its `stack.yaml`. The stack knows no
 * stage: it is given the list. Resources are named by their logical ids, as in the fragment.
 */
import type { Prices } from './costs.js';
import type { ResourceName } from './resource-names.js';
import type { StackTemplate } from './template.js';

export interface StackParts {
  /** The folder of the stage: `order-history`. */
  readonly stage: string;
  /** Those of its resources whose names a variable may override. */
  readonly names?: readonly ResourceName[];
  /** Rows of `status`. */
  readonly rows: readonly StatusRow[];
  /** By purpose ("may" + `read history`), the actions on each resource. */
  readonly needs: Readonly<Record<string, Needs>>;
  /** By resource, what of it is billed by use. What a type costs at rest, whoever uses it, is in `types.ts`. */
  readonly usage: Readonly<Record<string, readonly Usage[]>>;
}

/**
 * Actions by what they are done to: a resource (`HistoryTable`), something in it (`LakeBucket/orders/a`: the ARN of the
 * bucket and what follows), or an attribute that is an ARN (`HistoryTable.StreamArn`). What is no resource of the template
 * begins with a small letter: `account`, `alarms` (all of them), `artifactBucket`, `stack`.
 */
export type Needs = Readonly<Record<string, readonly string[]>>;

/** A row of `status`. The type of the resource says how it is asked for its state. */
export interface StatusRow {
  /** For people: `order stream`. */
  readonly name: string;
  readonly resource: string;
  /** What it does while it is well: `reads the stream`. */
  readonly does?: string;
  /** What is counted in it: `order`. */
  readonly unit?: string;
  /** Metrics of the last hour, summed, by what to call them: `{ put: 'IncomingRecords of OrdersStream' }`. */
  readonly throughput?: Readonly<Record<string, string>>;
  /** The same, shown only if there were any. */
  readonly faults?: Readonly<Record<string, string>>;
  readonly lag?: { readonly metric: string; readonly unit: 'ms' | 's' };
  /** Files that wait for somebody. */
  readonly waiting?: Waiting;
  /** What `destroy` says it loses, for what it can't count: `the orders of the last day`. */
  readonly holds?: string;
}

export interface Waiting {
  /** The bucket. */
  readonly resource: string;
  readonly prefix: string;
  /** Behind their number: `given up`. */
  readonly what: string;
  /** The part isn't healthy while any are there. */
  readonly isFault: boolean;
}

/** An amount of something that has a price. */
export interface Usage {
  /** For people: `orders written`. */
  readonly what: string;
  /** In `prices.json`, under the type of the resource, or the type that is named here. */
  readonly unit: string;
  readonly type?: string;
  /** Units a month, whether orders come or not. */
  readonly atRest?: number;
  readonly perMillionOrders?: number;
  /** The parameter that says how many times as much. */
  readonly times?: string;
  /** Parameters that have to have these values, or be above them. */
  readonly if?: Readonly<Record<string, string>>;
  readonly over?: Readonly<Record<string, number>>;
}

/** All that is known of the stack before AWS is asked. */
export interface StackModel {
  readonly template: StackTemplate;
  readonly parts: readonly StackParts[];
  readonly prices: Prices;
}
