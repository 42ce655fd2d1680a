/**
 * Port: the stack, which has the resources that the pipeline needs in an account. A plan shows the changes of a deployment and
 * their cost before anything changes. A deployment that was cut off continues when it is repeated. `destroy` can delete every
 * resource that a deployment created and that costs money.
 */
import type { Cost } from './costs.js';

export interface Stack {
  /** The template in YAML, for people who deploy it by other means. */
  readonly template: string;
  /** What a deployment may have or leave out, as it is typed: `redshift`. */
  readonly optionalParts: readonly string[];
  /** For people: `stack alakazam in eu-central-1`. */
  where(): Promise<string>;
  /** Waits for an operation that is under way, and repairs a stack whose deployment failed. */
  settle(signal: AbortSignal): AsyncIterable<StackEvent>;
  /**
   * Plans a deployment. Throws an `AlakazamError` for a parameter that is not valid, for a change that AWS would refuse in the
   * middle of the deployment, and at the signal; the plan then deletes its uploads and its change set.
   */
  plan(parameters: ReadonlyMap<string, string>, signal?: AbortSignal, handed?: HandedFiles): Promise<Plan>;
  /**
   * Starts what a deployment makes without starting it, and follows it until it works. Gives nothing where all of it runs. Throws an
   * `AlakazamError` if it does not work; the signal ends the wait alone.
   */
  start(signal: AbortSignal): AsyncIterable<StackEvent>;
  /** Names of the deployed resources. */
  outputs(): Promise<readonly Output[]>;
  parts(): Promise<readonly Part[]>;
  /** Cost of the deployed resources. */
  cost(): Promise<Cost>;
  /** The data that `destroy` would delete, and the data that it would leave. */
  holdings(): Promise<readonly Holding[]>;
  /** Deletes the stack, and with `isWithData` also the data that it would otherwise leave. */
  destroy(isWithData: boolean, signal: AbortSignal): AsyncIterable<StackEvent>;
  /** The resources of a deleted stack that are still in the account. */
  remains(): Promise<readonly Remainder[]>;
}

export interface Plan {
  readonly isNew: boolean;
  /** Empty if the stack is up to date. */
  readonly changes: readonly Change[];
  /** Cost after the changes. */
  readonly cost: Cost;
  /** Makes the changes. If one fails, waits for the end of the rollback and throws an `AlakazamError` with the reason. */
  execute(signal: AbortSignal, isWaiting: boolean): AsyncIterable<StackEvent>;
  /** Deletes the change set and the uploads of the plan. Does nothing after `execute`. */
  discard(): Promise<void>;
}

export interface Change {
  /** `adopt`: the resource exists, because a stack that was destroyed left it. */
  readonly action: 'add' | 'adopt' | 'change' | 'replace' | 'may replace' | 'remove';
  /** `OrdersStream` */
  readonly name: string;
  /** `AWS::Kinesis::Stream` */
  readonly type: string;
  /** The properties that change. */
  readonly details: string;
  /** The fate of the data in a resource that is replaced or removed. */
  readonly data: 'lost' | 'left behind' | undefined;
}

/** A stack before it is made or changed. Of a stack that does not exist, there are neither outputs nor values before. */
export interface Proposal {
  readonly outputs: ReadonlyMap<string, string>;
  /** Values of all parameters. */
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, string>;
}

/** A stage's check of a proposal. Throws an `AlakazamError` for a change that AWS would refuse during the deployment. */
export type ProposalCheck = (proposal: Proposal) => Promise<void>;

/** Paths of files that somebody has, and that this package can't bring along. */
export interface HandedFiles {
  /** The connector of Flink: a jar, or a directory of its parts. */
  readonly flinkConnector?: string | undefined;
}

/** Code of an optional part that is made where it is wanted. */
export interface OptionalUpload {
  /** The parameter that takes its key. */
  readonly parameter: string;
  isWanted(values: ReadonlyMap<string, string>): boolean;
  /** The key names the content. Throws an `AlakazamError` if it can't be made. */
  make(handed: HandedFiles, signal?: AbortSignal): Promise<{ readonly key: string; readonly zip: Uint8Array }>;
}

/** Starts what a stage has in the stack. `outputs` are those of the stack. */
export type StartPart = (outputs: ReadonlyMap<string, string>, signal: AbortSignal) => AsyncIterable<StackEvent>;

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
  /** What there was in the last hour, for people. */
  readonly throughput: string;
  /** Delay of the part behind the stream, for people. */
  readonly lag: string;
  /** Things that somebody has to look at, for people. */
  readonly waiting: string;
}

export interface Holding {
  readonly name: string;
  /** `about 5,000 items` */
  readonly holds: string;
  /** True if the data stays without `--with-data`. */
  readonly isKept: boolean;
}

export interface Remainder {
  /** Physical id. */
  readonly name: string;
  readonly type: string;
  /** A command that reads the data in the resource; empty for a resource without data. */
  readonly access: string;
}
