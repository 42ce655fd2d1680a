/** Runs one query on Athena, from its start to its end. */
import {
  type AthenaClient,
  GetQueryExecutionCommand,
  type QueryExecution,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { nameOf } from '../engines/aws/errors.js';
import { createPoll } from '../engines/aws/poll.js';
import { reasonOf } from '../errors.js';
import { whyNoAnswer } from './failures.athena.js';
import type { AthenaStatement } from './question.athena.js';

/** As long as Firehose may hold orders back by default: an answer is not much older for being one that Athena gave before. */
export const REUSE_MINUTES_MAX = 5;
/** Between two looks at a query that runs. */
const WAIT_MS_MAX = 2000;

export interface QueryPlace {
  readonly client: AthenaClient;
  readonly workGroup: string;
  /** Name of the database in Glue. */
  readonly database: string;
  /** True for answers about the lake as it is now; else Athena may give an answer of the last minutes again. */
  readonly isFresh?: boolean | undefined;
}

/**
 * The query once it has succeeded; undefined if the signal stopped it, on Athena too. Throws an `AlakazamError` in Athena's words
 * if it failed.
 */
export async function runQuery(
  place: QueryPlace,
  statement: AthenaStatement,
  signal: AbortSignal,
): Promise<QueryExecution | undefined> {
  if (signal.aborted) return undefined;
  const { client } = place;
  const id = await start(place, statement);
  const stop = () => client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
  let done: QueryExecution | undefined;
  try {
    done = await follow(client, id, statement, signal);
  } catch (error) {
    // Nobody waits for this query any more. If it has ended, Athena ignores the call.
    await stop().catch(() => undefined);
    throw error;
  }
  if (!done) await stop();
  return done;
}

/** The signal does not cut this call: a query that was started without its id being known could not be stopped. */
async function start(
  { client, workGroup, database, isFresh }: QueryPlace,
  statement: AthenaStatement,
): Promise<string> {
  const { text, parameters } = statement;
  const command = new StartQueryExecutionCommand({
    QueryString: text,
    WorkGroup: workGroup,
    QueryExecutionContext: { Database: database },
    ...(!isFresh && {
      ResultReuseConfiguration: {
        ResultReuseByAgeConfiguration: { Enabled: true, MaxAgeInMinutes: REUSE_MINUTES_MAX },
      },
    }),
    ...(parameters.length > 0 && { ExecutionParameters: [...parameters] }),
  });
  try {
    return (await client.send(command)).QueryExecutionId as string;
  } catch (error) {
    // Athena parses a statement before it takes it.
    if (nameOf(error) !== 'InvalidRequestException') throw error;
    throw whyNoAnswer(reasonOf(error), statement, error);
  }
}

async function follow(client: AthenaClient, id: string, statement: AthenaStatement, signal: AbortSignal) {
  const wait = createPoll(WAIT_MS_MAX);
  while (!signal.aborted) {
    const { QueryExecution: found } = await client.send(new GetQueryExecutionCommand({ QueryExecutionId: id }));
    const { State: state, StateChangeReason: reason, AthenaError: error } = found?.Status ?? {};
    if (state === 'SUCCEEDED') return found;
    if (state === 'FAILED' || state === 'CANCELLED') {
      throw whyNoAnswer(reason || error?.ErrorMessage || `the query is ${state}`, statement);
    }
    await wait(signal);
  }
  return undefined;
}
