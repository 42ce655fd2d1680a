/**
 * The Data API of Redshift before an engine that answers SQL, as much of it as the driver calls, and the one call of Redshift
 * Serverless beside it. https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_Operations.html
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { splitParameters } from '../../src/warehouse/statement.js';

export interface RedshiftAnswer {
  /** A type as PostgreSQL names it: `int8`. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

export interface RedshiftQuestion {
  /** With `$1` for the first parameter. */
  readonly sql: string;
  readonly values: readonly string[];
  readonly database: string;
  /** Undefined for the caller's own user. */
  readonly secret: string | undefined;
  /** Ends the question on the engine. */
  readonly signal: AbortSignal;
}

export interface RedshiftDataServer {
  readonly url: string;
  /** Bodies of the calls of each action since it was emptied. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every action
  readonly calls: Map<string, any[]>;
  /** What is answered instead; undefined lets a call pass. Until the next is set. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every action
  instead(answer: (action: string, body: any) => object | undefined): void;
  close(): Promise<void>;
}

/** An error of the API, for `instead`. */
export const refused = (type: string, message: string) => ({ __type: type, message });

export const ADMIN_SECRET = 'arn:aws:secretsmanager:eu-central-1:1:secret:redshift!alakazam-admin';

interface Statement {
  readonly sql: string;
  readonly controller: AbortController;
  state: 'STARTED' | 'FINISHED' | 'FAILED' | 'ABORTED';
  answer?: RedshiftAnswer;
  error?: string;
}

const PAGE_ROWS = 1000;

/** https://docs.aws.amazon.com/redshift/latest/mgmt/data-api.html: a row has 64 KB at most. */
const ROW_BYTES_MAX = 65_536;

/** An error of `ask` is why the statement failed: `ERROR: column "x" does not exist`. */
export async function startRedshiftData(
  ask: (question: RedshiftQuestion) => Promise<RedshiftAnswer>,
): Promise<RedshiftDataServer> {
  const statements = new Map<string, Statement>();
  const byToken = new Map<string, string>();
  const calls: RedshiftDataServer['calls'] = new Map();
  let instead: Parameters<RedshiftDataServer['instead']>[0] = () => undefined;

  // biome-ignore lint/suspicious/noExplicitAny: bodies of every action
  const actions: Record<string, (body: any) => object> = {
    ExecuteStatement({ Sql: sql, Parameters: parameters, Database, SecretArn, ClientToken }) {
      const known = byToken.get(ClientToken);
      if (known) return { Id: known };
      if (parameters?.length === 0) return refused('ValidationException', 'Parameters must have length at least 1');
      const given = new Map<string, string>();
      for (const { name, value } of parameters ?? []) {
        if (typeof value !== 'string' || value === '') return refused('ValidationException', `${name} has no value`);
        given.set(name, value);
      }
      const order = [...given.keys()];
      const { text, names } = splitParameters(sql, (name) => `$${order.indexOf(name) + 1}`);
      const missing = [...names.filter((name) => !given.has(name)), ...order.filter((name) => !names.includes(name))];
      if (missing.length > 0) return refused('ValidationException', `parameters do not fit: ${missing.join()}`);
      const id = randomUUID();
      const statement: Statement = { sql, controller: new AbortController(), state: 'STARTED' };
      statements.set(id, statement);
      byToken.set(ClientToken, id);
      const { signal } = statement.controller;
      ask({ sql: text, values: [...given.values()], database: Database, secret: SecretArn, signal }).then(
        (answer) => {
          const isLong = answer.rows.some((row) => Buffer.byteLength(row.join('')) > ROW_BYTES_MAX);
          if (isLong) statement.error = 'ERROR: The row size exceeds the maximum of 64 KB';
          else statement.answer = answer;
          statement.state = isLong ? 'FAILED' : 'FINISHED';
        },
        (error: Error) => {
          statement.error = error.message;
          statement.state = signal.aborted ? 'ABORTED' : 'FAILED';
        },
      );
      return { Id: id };
    },
    DescribeStatement({ Id }) {
      const { sql, state, answer, error } = statements.get(Id) as Statement;
      const HasResultSet = (answer?.columns.length ?? 0) > 0;
      const Duration = state === 'STARTED' ? -1 : 1_234_000_000;
      return { Id, Status: state, QueryString: sql, HasResultSet, Duration, ...(error && { Error: error }) };
    },
    GetStatementResult({ Id, NextToken = '0' }) {
      const { columns, rows } = (statements.get(Id) as Statement).answer as RedshiftAnswer;
      const end = Number(NextToken) + PAGE_ROWS;
      const Records = rows
        .slice(Number(NextToken), end)
        .map((row) => row.map((cell, i) => fieldOf(cell, columns[i]?.type)));
      const ColumnMetadata = columns.map(({ name, type }) => ({ label: name, name, typeName: type }));
      const result = { Records, ColumnMetadata, TotalNumRows: rows.length };
      return end < rows.length ? { ...result, NextToken: String(end) } : result;
    },
    CancelStatement({ Id }) {
      const statement = statements.get(Id) as Statement;
      if (statement.state !== 'STARTED') {
        return refused('ValidationException', `Could not cancel a query that is already in ${statement.state} state`);
      }
      statement.controller.abort();
      return { Status: true };
    },
    GetNamespace: ({ namespaceName }) => ({
      namespace: { namespaceName, adminPasswordSecretArn: ADMIN_SECRET },
    }),
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const action = String(request.headers['x-amz-target']).split('.').at(-1) as string;
      const body = JSON.parse(Buffer.concat(chunks).toString());
      calls.set(action, [...(calls.get(action) ?? []), body]);
      const answer = (instead(action, body) ?? actions[action]?.(body) ?? refused('InvalidAction', action)) as Partial<
        ReturnType<typeof refused>
      >;
      response.writeHead(answer.__type ? 400 : 200, {
        'content-type': 'application/x-amz-json-1.1',
        'x-amzn-requestid': randomUUID(),
      });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    calls,
    instead(answer) {
      instead = answer;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Numbers of up to 64 bits and truth values are JSON's, everything else is text. */
function fieldOf(cell: string | null, type = ''): object {
  if (cell === null) return { isNull: true };
  if (/^int\d$/.test(type)) return { longValue: Number(cell) };
  if (/^float\d$/.test(type)) return { doubleValue: Number(cell) };
  if (type === 'bool') return { booleanValue: cell === 't' };
  return { stringValue: cell };
}
