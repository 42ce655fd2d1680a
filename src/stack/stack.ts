/**
 * The stack: the parts of the pipeline that have to be put somewhere before it runs there. It shows what will change and
 * what that costs before anything changes; what was cut off goes on when it is asked for again; and what it put there it
 * can take away, to the last thing that is billed.
 */
import type { Cost } from './costs.js';

export interface Stack {
  /** What is deployed, as text, for those who deploy by other means. */
  readonly template: string;
  /** Where it goes, for people: `stack alakazam in eu-central-1`. */
  where(): Promise<string>;
  /** Waits for what is under way, and mends what a deployment that failed has left. */
  settle(signal: AbortSignal): AsyncIterable<StackEvent>;
  /** What a deployment would change. Throws an `AlakazamError` for a parameter that isn't valid. */
  plan(parameters: ReadonlyMap<string, string>): Promise<Plan>;
  /** What each part is called, once it is deployed. */
  outputs(): Promise<readonly Output[]>;
  parts(): Promise<readonly Part[]>;
  /** What the deployed parts cost. */
  cost(): Promise<Cost>;
  /** What `destroy` would come upon. */
  holdings(): Promise<readonly Holding[]>;
  /** Takes the stack away, and with `isWithData` also the orders it would leave. */
  destroy(isWithData: boolean, signal: AbortSignal): AsyncIterable<StackEvent>;
  /** What is still there that the stack has put there, as whoever keeps the account's books has it. */
  remains(): Promise<readonly Remainder[]>;
}

export interface Plan {
  readonly isNew: boolean;
  /** Empty if all is as it should be. */
  readonly changes: readonly Change[];
  /** Once they are made. */
  readonly cost: Cost;
  /** Makes the changes. Throws an `AlakazamError` that says what failed and why, when the stack has settled. */
  execute(signal: AbortSignal, isWaiting: boolean): AsyncIterable<StackEvent>;
  /** Lets go of what the plan itself has made; nothing after `execute`. */
  discard(): Promise<void>;
}

export interface Change {
  readonly action: 'add' | 'change' | 'replace' | 'may replace' | 'remove';
  /** `OrdersStream` */
  readonly name: string;
  /** `AWS::Kinesis::Stream` */
  readonly type: string;
  /** What of it changes. */
  readonly details: string;
  /** What becomes of the data in it, where it holds any and is replaced or removed. */
  readonly data: 'lost' | 'left behind' | undefined;
}

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
  readonly holds: string;
  readonly isKept: boolean;
}

export interface Remainder {
  /** Its name with AWS. */
  readonly name: string;
  readonly type: string;
}
