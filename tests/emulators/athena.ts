/**
 * Athena's API before an engine that answers SQL, as much of it as the driver calls.
 * https://docs.aws.amazon.com/athena/latest/APIReference/API_Operations.html
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

export interface EngineAnswer {
  /** A type as Trino writes it: `decimal(18,6)`. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

export interface AthenaServer {
  readonly url: string;
  close(): Promise<void>;
}

interface Execution {
  readonly StatementType: string;
  answer?: EngineAnswer;
  failure?: string;
}

const PAGE_ROWS = 1000;

/** An error of `ask` is why the query failed: `COLUMN_NOT_FOUND: line 1:8: …`. */
export async function startAthena(
  ask: (sql: string, database: string) => Promise<EngineAnswer>,
): Promise<AthenaServer> {
  const executions = new Map<string, Execution>();

  // biome-ignore lint/suspicious/noExplicitAny: bodies of every action
  const actions: Record<string, (body: any) => object> = {
    StartQueryExecution({ QueryString: sql, ExecutionParameters: parameters = [], QueryExecutionContext: context }) {
      const id = randomUUID();
      const execution: Execution = { StatementType: /^\s*EXPLAIN/i.test(sql) ? 'UTILITY' : 'DML' };
      executions.set(id, execution);
      const using = `EXECUTE IMMEDIATE '${sql.replaceAll("'", "''")}' USING ${parameters.join(', ')}`;
      ask(parameters.length > 0 ? using : sql, context.Database).then(
        (answer) => {
          execution.answer = answer;
        },
        (error: Error) => {
          execution.failure = error.message;
        },
      );
      return { QueryExecutionId: id };
    },
    GetQueryExecution({ QueryExecutionId: id }) {
      const { StatementType, answer, failure } = executions.get(id) as Execution;
      const State = failure !== undefined ? 'FAILED' : answer ? 'SUCCEEDED' : 'RUNNING';
      const Status = { State, ...(failure !== undefined && { StateChangeReason: failure }) };
      const Statistics = { DataScannedInBytes: 1234 };
      return { QueryExecution: { QueryExecutionId: id, StatementType, Status, Statistics } };
    },
    GetQueryResults({ QueryExecutionId: id, NextToken = '0' }) {
      const { StatementType, answer } = executions.get(id) as Execution;
      const { columns, rows } = answer as EngineAnswer;
      const header = StatementType === 'DML' ? [columns.map(({ name }) => name)] : [];
      const all = [...header, ...rows];
      const end = Number(NextToken) + PAGE_ROWS;
      const Rows = all.slice(Number(NextToken), end).map((row) => ({
        Data: row.map((cell) => (cell === null ? {} : { VarCharValue: cell })),
      }));
      // Without its parameters: `decimal`.
      const ColumnInfo = columns.map(({ name, type }) => ({ Name: name, Type: type.replace(/\(.*?\)/, '') }));
      const result = { ResultSet: { Rows, ResultSetMetadata: { ColumnInfo } } };
      return end < all.length ? { ...result, NextToken: String(end) } : result;
    },
    GetWorkGroup: ({ WorkGroup }) => ({
      WorkGroup: { Name: WorkGroup, Configuration: { BytesScannedCutoffPerQuery: 10_737_418_240 } },
    }),
    StopQueryExecution: () => ({}),
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const action = String(request.headers['x-amz-target']).split('.').at(-1) as string;
      const answer = actions[action]?.(JSON.parse(Buffer.concat(chunks).toString()));
      response.writeHead(answer ? 200 : 400, {
        'content-type': 'application/x-amz-json-1.1',
        'x-amzn-requestid': randomUUID(),
      });
      response.end(JSON.stringify(answer ?? { __type: 'InvalidAction', message: action }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
