/** The warehouse on Redshift Serverless, over the lake, by the Data API: no connection and no password. */
import { type DescribeStatementCommandOutput, RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import { GetNamespaceCommand, RedshiftServerlessClient } from '@aws-sdk/client-redshift-serverless';
import type { AwsSession } from '../engines/aws/session.js';
import { AlakazamError } from '../errors.js';
import { duration } from '../terminal/numbers.js';
import { checkRedshiftQuestion, redshiftStatement } from './question.redshift.js';
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
}

/** Answers over what Firehose has delivered to the lake: an order is in there some minutes after it was streamed. */
export function openRedshiftWarehouse({
  session,
  workgroup,
  namespace,
  database,
  glueDatabase,
}: RedshiftWarehouseOptions): Warehouse {
  const client = session.client(RedshiftDataClient);
  const place = { client, workgroup, database };

  async function start(question: Question, { signal, isUnsafe }: QuestionOptions, before = '') {
    if (!isUnsafe) checkRedshiftQuestion(question.sql);
    const statement = redshiftStatement(question, before);
    const done = await runStatement(place, statement, signal);
    if (!done) return { columns: [], rows: noRows(), cost: () => 'stopped' };
    const cost = () => costOf(done);
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

function costOf({ Duration: ranNs = 0 }: DescribeStatementCommandOutput): string {
  return `${duration(Math.max(ranNs, 0) / NANOSECONDS)} in Redshift, whose price alakazam does not know`;
}
