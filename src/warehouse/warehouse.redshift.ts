/** The warehouse on Redshift Serverless, over the lake, by the Data API: no connection and no password. */
import { type DescribeStatementCommandOutput, RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import { GetNamespaceCommand, RedshiftServerlessClient } from '@aws-sdk/client-redshift-serverless';
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import { amountOf, type ListPrice, sourceOf } from '../stack/list-price.js';
import { duration } from '../terminal/numbers.js';
import { checkRedshiftQuestion, redshiftStatement } from './question.redshift.js';
import { REDSHIFT_BASE_RPUS } from './resources.js';
import { readStatementResults } from './results.redshift.js';
import { runStatement } from './run.redshift.js';
import { setupStatements } from './setup.redshift.js';
import type { Question, QuestionOptions, Warehouse } from './warehouse.js';

export interface RedshiftWarehouseOptions {
  readonly session: AwsSession;
  readonly workgroup: string;
  readonly namespace: string;
  /** Name of the database in Redshift. */
  readonly database: string;
  /** Name of the database in Glue. */
  readonly glueDatabase: string;
  /** Of an RPU in an hour. */
  readonly price: ListPrice;
}

/** Answers over what Firehose has delivered to the lake: an order is in there some minutes after it was streamed. */
export function openRedshiftWarehouse({
  session,
  workgroup,
  namespace,
  database,
  glueDatabase,
  price,
}: RedshiftWarehouseOptions): Warehouse {
  const client = session.client(RedshiftDataClient);
  const place = { client, workgroup, database };

  async function start(question: Question, { signal, isUnsafe }: QuestionOptions, before = '') {
    if (!isUnsafe) checkRedshiftQuestion(question.sql);
    const statement = redshiftStatement(question, before);
    const done = await runStatement(place, statement, signal);
    if (!done) return { columns: [], rows: noRows(), cost: () => 'stopped' };
    const cost = () => costOf(done, price);
    if (!done.HasResultSet) return { columns: [], rows: noRows(), cost };
    return { ...(await readStatementResults(client, done.Id as string, signal)), cost };
  }

  return {
    engine: 'redshift',
    ask: (question, options) => start(question, options),
    async explain(question, options) {
      const { rows } = await start(question, options, 'EXPLAIN ');
      let text = '';
      for await (const some of rows) for (const [line] of some) text += `${line}\n`;
      return text;
    },
    setup: {
      statements: setupStatements(glueDatabase),
      async run(signal) {
        // Of the user whom AWS made with the namespace; nobody else may make a schema at first.
        const { namespace: found } = await session
          .client(RedshiftServerlessClient)
          .send(new GetNamespaceCommand({ namespaceName: namespace }));
        const secret = found?.adminPasswordSecretArn;
        if (!secret) {
          throw new AlakazamError('failed', `namespace ${namespace} has no secret of its administrator`, {
            hint: 'alakazam deploy --with redshift lets AWS manage the password',
          });
        }
        for (const sql of setupStatements(glueDatabase)) {
          await runStatement({ ...place, secret }, redshiftStatement({ sql, values: [] }), signal);
        }
      },
    },
    async close() {},
  };
}

async function* noRows() {}

/** Nanoseconds in a second, in which the API gives the time that a statement ran. */
const NANOSECONDS = 1e9;

/** Each time that Redshift wakes up it is billed for at least so long. */
const BILLED_SECONDS_MIN = 60;
const HOUR_SECONDS = 3600;

/**
 * The API says how long a statement ran, and neither with how many RPUs nor whether it woke Redshift up: `sys_serverless_usage` has
 * what was billed, by the minute and later. https://docs.aws.amazon.com/redshift/latest/dg/SYS_SERVERLESS_USAGE.html
 */
function costOf({ Duration: ranNs = 0 }: DescribeStatementCommandOutput, price: ListPrice): string {
  const seconds = Math.max(ranNs, 0) / NANOSECONDS;
  const [least, woken] = [seconds, Math.max(seconds, BILLED_SECONDS_MIN)].map((billed) =>
    amountOf((billed * REDSHIFT_BASE_RPUS) / HOUR_SECONDS, price),
  );
  const from = `${duration(seconds)} in Redshift, from ${least} on`;
  return `${from}, or ${woken} if it slept (${REDSHIFT_BASE_RPUS} RPUs, ${sourceOf(price)})`;
}
