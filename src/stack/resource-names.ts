/** Port: the names of the resources of the deployed stack. */
import type { Deployed } from './arns.js';
import type { StackModel } from './parts.js';

/** A resource whose name commands need. */
export interface ResourceName {
  /** The output of the stack that holds the name: `OrdersStreamName`. */
  readonly output: string;
  /** The environment variable that overrides the name. */
  readonly variable: string;
}

/** The stack as it is deployed. */
export interface DeployedStack {
  /** `CREATE_COMPLETE` */
  readonly status: string;
  readonly outputs: ReadonlyMap<string, string>;
}

export interface Resources {
  /** Throws an `AlakazamError` if there is no stack, or the stack has no such output; with a command that gives it one. */
  nameOf(resource: ResourceName, command?: string): Promise<string>;
  /** The stack is asked for once, and only where no variable says the name. Throws an `AlakazamError` if there is none. */
  stack(): Promise<DeployedStack>;
  /** Of the stack; empty if there is no stack, or if the caller may not look at it. */
  outputs(): Promise<ReadonlyMap<string, string>>;
  /** Ids and outputs of the deployed resources; empty if there is no stack, or if the caller may not look at it. */
  deployed(model: StackModel): Promise<Deployed>;
}
