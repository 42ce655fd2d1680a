/** Port: what the resources of the deployed stack are called. */
import type { Deployed } from './arns.js';
import type { StackModel } from './parts.js';

/** A resource that commands need the name of. */
export interface ResourceName {
  /** The output of the stack that says it: `OrdersStreamName`. */
  readonly output: string;
  /** The environment variable that overrides it. */
  readonly variable: string;
}

/** The stack as it is deployed. */
export interface DeployedStack {
  /** `CREATE_COMPLETE` */
  readonly status: string;
  readonly outputs: ReadonlyMap<string, string>;
}

export interface Resources {
  /** Throws an `AlakazamError` if there is no stack, or it has no such output. */
  nameOf(resource: ResourceName): Promise<string>;
  /** The stack is asked for once, and only where no variable says the name. Throws an `AlakazamError` if there is none. */
  stack(): Promise<DeployedStack>;
  /** As much of it as can be found out: nothing where there is no stack, or none that may be looked at. */
  deployed(model: StackModel): Promise<Deployed>;
}
