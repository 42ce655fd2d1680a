/** What the parts of the stack are called: its outputs say, and a variable says otherwise. */

import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import type { Stack } from './deployed.aws.js';

/** Outputs of the stack, and the variable that overrides each. */
const VARIABLES = {
  OrdersStreamName: 'ALAKAZAM_ORDERS_STREAM',
  HistoryTableName: 'ALAKAZAM_HISTORY_TABLE',
  HistoryIndexTableName: 'ALAKAZAM_HISTORY_INDEX_TABLE',
  RejectedQueueUrl: 'ALAKAZAM_REJECTED_QUEUE_URL',
} as const;

export type Output = keyof typeof VARIABLES;

export interface Resources {
  /** Throws an `AlakazamError` if there is no stack, or it has no such output. */
  nameOf(output: Output): Promise<string>;
  /** The stack, which is asked for once, and only where a variable doesn't say what it would. */
  stack(): Promise<Stack>;
}

export function findResources(session: AwsSession): Resources {
  let described: Promise<Stack> | undefined;

  function stack(): Promise<Stack> {
    described ??= import('./deployed.aws.js').then(({ describeStack }) => describeStack(session));
    return described;
  }

  return {
    stack,
    async nameOf(output) {
      const given = session.environment[VARIABLES[output]];
      if (given) return given;
      const { status, outputs } = await stack();
      const name = outputs.get(output);
      if (name) return name;
      throw new AlakazamError('failed', `stack ${JSON.stringify(session.stack)} (${status}) has no output ${output}`, {
        hint: 'alakazam deploy brings it up to date',
      });
    },
  };
}
