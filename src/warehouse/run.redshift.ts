/** Runs one statement on Redshift, from its start to its end. */
import { randomUUID } from 'node:crypto';
import {
  CancelStatementCommand,
  DescribeStatementCommand,
  type DescribeStatementCommandOutput,
  ExecuteStatementCommand,
  type RedshiftDataClient,
} from '@aws-sdk/client-redshift-data';
import { nameOf } from '../engines/aws/errors.js';
import { createPoll } from '../engines/aws/poll.js';
import { reasonOf } from '../errors.js';
import { whyNoRedshiftAnswer } from './failures.redshift.js';
import type { RedshiftStatement } from './question.redshift.js';

/** Between two looks at a statement that runs. */
const WAIT_MS_MAX = 2000;
/** A look that does not answer before the statement has ended, or so much time has passed. */
const LOOK_SECONDS = 5;

export interface RedshiftPlace {
  readonly client: RedshiftDataClient;
  readonly workgroup: string;
  /** Name of the database in Redshift. */
  readonly database: string;
  /** ARN of the secret of the user who asks. Without one, the caller's own user of the database asks. */
  readonly secret?: string | undefined;
}

/**
 * The statement once it has ended well; undefined if the signal stopped it, on Redshift too. Throws an `AlakazamError` in
 * Redshift's words if it failed.
 */
export async function runStatement(
  place: RedshiftPlace,
  statement: RedshiftStatement,
  signal: AbortSignal,
): Promise<DescribeStatementCommandOutput | undefined> {
  if (signal.aborted) return undefined;
  const { client } = place;
  const id = await begin(place, statement);
  const stop = () => client.send(new CancelStatementCommand({ Id: id }));
  let done: DescribeStatementCommandOutput | undefined;
  try {
    done = await followStatement(client, id, statement, signal);
  } catch (error) {
    // Nobody waits for this statement any more.
    await stop().catch(() => undefined);
    throw error;
  }
  if (!done) {
    await stop().catch((error) => {
      // It had ended already.
      if (nameOf(error) !== 'ValidationException') throw error;
    });
  }
  return done;
}

/** The signal does not cut this call: a statement that was started without its id being known could not be stopped. */
async function begin({ client, workgroup, database, secret }: RedshiftPlace, statement: RedshiftStatement) {
  const { sql, parameters } = statement;
  const command = new ExecuteStatementCommand({
    WorkgroupName: workgroup,
    Database: database,
    Sql: sql,
    // Of a call that is repeated, Redshift starts one statement.
    ClientToken: randomUUID(),
    ...(secret !== undefined && { SecretArn: secret }),
    ...(parameters && { Parameters: [...parameters] }),
  });
  try {
    return (await client.send(command)).Id as string;
  } catch (error) {
    if (!['ValidationException', 'ExecuteStatementException'].includes(nameOf(error))) throw error;
    throw whyNoRedshiftAnswer(reasonOf(error), statement, error);
  }
}

async function followStatement(
  client: RedshiftDataClient,
  id: string,
  statement: RedshiftStatement,
  signal: AbortSignal,
) {
  const wait = createPoll(WAIT_MS_MAX);
  let lookSeconds: number | undefined = LOOK_SECONDS;
  while (!signal.aborted) {
    const found = await look(lookSeconds);
    if (signal.aborted) break;
    const { Status: state, Error: reason } = found ?? {};
    if (state === 'FINISHED') return found;
    if (state === 'FAILED' || state === 'ABORTED') {
      throw whyNoRedshiftAnswer(reason || `the statement is ${state}`, statement);
    }
    await wait(signal);
  }
  return undefined;

  /** Undefined if the signal ended the look, or if too many wait on the account already. */
  async function look(seconds: number | undefined): Promise<DescribeStatementCommandOutput | undefined> {
    const command = new DescribeStatementCommand({ Id: id, ...(seconds && { WaitTimeSeconds: seconds }) });
    try {
      return await client.send(command, { abortSignal: signal });
    } catch (error) {
      if (signal.aborted) return undefined;
      if (nameOf(error) !== 'ActiveWaitingRequestsExceededException') throw error;
      lookSeconds = undefined;
      return undefined;
    }
  }
}
