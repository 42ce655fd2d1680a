/**
 * The facts that a stage declares about its part of the stack, besides the fragment of the template in its `stack.yaml`. The
 * stack knows no stage: `targets/` hands over the list. Resources are named by their logical ids, as in the fragment.
 */
import type { Prices } from './costs.js';
import type { ResourceName } from './resource-names.js';
import type { StackTemplate } from './template.js';

export interface StackParts {
  /** The folder of the stage: `order-history`. */
  readonly stage: string;
  /** Resources of the stage whose names an environment variable may override. */
  readonly names?: readonly ResourceName[];
  /** Rows of `status`. */
  readonly rows: readonly StatusRow[];
  /** The actions on each resource, by purpose. A purpose completes "may …": `read history`. */
  readonly needs: Readonly<Record<string, Needs>>;
  /** Actions that a service of AWS calls with the permissions of the person who asks it, by purpose. */
  readonly needsByService?: Readonly<Record<string, Needs>>;
  /** The billed usage of each resource. Fixed charges of a type are in `types.ts`. */
  readonly usage: Readonly<Record<string, readonly Usage[]>>;
}

/**
 * Actions by subject. A subject is a resource (`HistoryTable`), an object in a bucket (`LakeBucket/orders/a`: the ARN of the
 * bucket and the rest of the text), or an attribute that is an ARN (`HistoryTable.StreamArn`). Subjects that are no resource
 * of the template begin with a small letter: `account`, `alarms` (all alarms), `artifactBucket`, `cluster` (any of EMR), `redshiftSecret` (those that
 * Redshift makes), `smsLogs`, `stack`.
 */
export type Needs = Readonly<Record<string, readonly string[]>>;

/** A row of `status`. `probes.aws.ts` asks the resource for its state, by the type of the resource. */
export interface StatusRow {
  /** For people: `order stream`. */
  readonly name: string;
  readonly resource: string;
  /** Health of a resource in order, for people: `reads the stream`. */
  readonly does?: string;
  /** Name of one of the things that the resource holds: `order`. */
  readonly unit?: string;
  /** Sums of metrics over the last hour, each with the word to show: `{ put: 'IncomingRecords of OrdersStream' }`. */
  readonly throughput?: Readonly<Record<string, string>>;
  /** Like `throughput`, but a sum of 0 is not shown. */
  readonly faults?: Readonly<Record<string, string>>;
  /** Metrics that count from the start of the resource, each with the word to show: how far they rose in the last hour. */
  readonly rises?: Readonly<Record<string, string>>;
  readonly lag?: { readonly metric: string; readonly unit: 'ms' | 's' };
  /** Milliseconds for which what the resource runs is up. Without a recent value over 0 the part isn't healthy. */
  readonly uptime?: string;
  /** Files that somebody has to look at. */
  readonly waiting?: WaitingFiles;
  /** Contents that `destroy` would delete, for a resource whose contents can't be counted: `the orders of the last day`. */
  readonly holds?: string;
}

export interface WaitingFiles {
  /** The bucket. */
  readonly resource: string;
  readonly prefix: string;
  /** Follows the number of files: `1 file of failed orders`. */
  readonly what: string;
  /** True if the part isn't healthy while there are such files. */
  readonly isFault: boolean;
}

/** An amount of something that has a price. */
export interface Usage {
  /** For people: `orders written`. */
  readonly what: string;
  /** Unit in `prices.json`, under the type of the resource or, where one is given, under `type`. */
  readonly unit: string;
  readonly type?: string;
  /** Units a month, whether orders come or not. */
  readonly atRest?: number;
  readonly perMillionOrders?: number;
  /** The parameter that multiplies the units. */
  readonly times?: string;
  /** The usage counts only if these parameters have these values (`if`), or are above these values (`over`). */
  readonly if?: Readonly<Record<string, string>>;
  readonly over?: Readonly<Record<string, number>>;
}

/** The facts about the stack that need no call to AWS. */
export interface StackModel {
  readonly template: StackTemplate;
  readonly parts: readonly StackParts[];
  readonly prices: Prices;
}
