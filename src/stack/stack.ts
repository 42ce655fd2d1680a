/**
 * The stack: the resources that the pipeline needs before it runs in an account. The stack shows what a deployment changes
 * and costs before it changes anything; the next deployment continues one that was cut off; and what it made it can delete,
 * to the last resource that costs money.
 */
import type { Cost } from './costs.js';

export interface Stack {
  /** The template in YAML, for those who deploy by other means. */
  readonly template: string;
  /** For people: `stack alakazam in eu-central-1`. */
  where(): Promise<string>;
  /** Waits for an operation that is under way, and mends what a failed deployment left. */
  settle(signal: AbortSignal): AsyncIterable<StackEvent>;
  /**
   * What a deployment would change. Throws an `AlakazamError` for a parameter that is not valid, for a change that AWS would
   * refuse half-way, and at the signal; then nothing is left of the plan.
   */
  plan(parameters: ReadonlyMap<string, string>, signal?: AbortSignal): Promise<Plan>;
  /** Names of the deployed resources. */
  outputs(): Promise<readonly Output[]>;
  parts(): Promise<readonly Part[]>;
  /** What the deployed resources cost. */
  cost(): Promise<Cost>;
  /** What `destroy` deletes and what it keeps. */
  holdings(): Promise<readonly Holding[]>;
  /** Deletes the stack, and with `isWithData` also the data it would keep. */
  destroy(isWithData: boolean, signal: AbortSignal): AsyncIterable<StackEvent>;
  /** What the stack made and is still in the account. */
  remains(): Promise<readonly Remainder[]>;
}

export interface Plan {
  readonly isNew: boolean;
  /** Empty if the stack is up to date. */
  readonly changes: readonly Change[];
  /** After the changes. */
  readonly cost: Cost;
  /** Makes the changes. Throws an `AlakazamError` that says what failed and why, when the stack has settled. */
  execute(signal: AbortSignal, isWaiting: boolean): AsyncIterable<StackEvent>;
  /** Deletes what the plan itself made, uploads included. Does nothing after `execute`. */
  discard(): Promise<void>;
}

export interface Change {
  /** `adopt`: the resource exists, kept from a stack that was destroyed. */
  readonly action: 'add' | 'adopt' | 'change' | 'replace' | 'may replace' | 'remove';
  /** `OrdersStream` */
  readonly name: string;
  /** `AWS::Kinesis::Stream` */
  readonly type: string;
  /** The properties that change. */
  readonly details: string;
  /** What becomes of the data in a resource that is replaced or removed. */
  readonly data: 'lost' | 'left behind' | undefined;
}

/** A change to a stack that exists, before it is made. */
export interface Proposal {
  readonly outputs: ReadonlyMap<string, string>;
  /** Values of all parameters. */
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, string>;
}

/** A stage's own check of a proposal: it throws an `AlakazamError` for what AWS would refuse half-way. */
export type ProposalCheck = (proposal: Proposal) => Promise<void>;

export interface StackEvent {
  /** ISO 8601 */
  readonly at: string;
  readonly name: string;
  readonly type: string;
  /** `CREATE_COMPLETE` */
  readonly status: string;
  readonly reason: string;
}

export interface Output {
  readonly name: string;
  readonly value: string;
  readonly about: string;
}

export interface Part {
  readonly name: string;
  readonly isHealthy: boolean;
  readonly health: string;
  /** Of the last hour. */
  readonly throughput: string;
  /** How far it is behind. */
  readonly lag: string;
  /** What waits for somebody to look at it. */
  readonly waiting: string;
}

export interface Holding {
  readonly name: string;
  /** `about 5,000 items` */
  readonly holds: string;
  /** True if it stays without `--with-data`. */
  readonly isKept: boolean;
}

export interface Remainder {
  /** Its name with AWS. */
  readonly name: string;
  readonly type: string;
  /** A command that reads it; empty where there is nothing to read. */
  readonly access: string;
}
