/** Athena's API as the driver calls it: states, pages, failures, the signal. MiniStack answers with DuckDB, so no dialect is tested. */
import { AthenaClient, CreateWorkGroupCommand } from '@aws-sdk/client-athena';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import { openAthenaWarehouse } from '../../src/warehouse/warehouse.athena.js';
import type { AnswerValue, QuestionValue, Warehouse, WarehouseAnswer } from '../../src/warehouse/warehouse.js';
import { type Call, refusal, useFaultProxy } from '../emulators/fault-proxy.js';
import { useMiniStack } from '../emulators/ministack.js';

const emulator = useMiniStack({ stacks: false });
const proxy = useFaultProxy(emulator);
const BUCKET = 'answers';
const WORK_GROUP = 'orders';

beforeAll(async () => {
  const requestHandler = new NodeHttpHandler();
  await new S3Client({ requestHandler }).send(
    new CreateBucketCommand({ Bucket: BUCKET, CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }),
  );
  await new AthenaClient({ requestHandler }).send(
    new CreateWorkGroupCommand({
      Name: WORK_GROUP,
      Configuration: {
        BytesScannedCutoffPerQuery: 10_737_418_240,
        ResultConfiguration: { OutputLocation: `s3://${BUCKET}/` },
      },
    }),
  );
});

function open({ fileBytesMin, isFresh }: { fileBytesMin?: number; isFresh?: boolean } = {}): Warehouse {
  const session = openSession('alakazam');
  onTestFinished(() => session.close());
  return openAthenaWarehouse({
    session,
    workGroup: WORK_GROUP,
    database: 'alakazam',
    price: { perUnit: 5, region: 'us-east-1', asOf: '2025-06-01' },
    ...(fileBytesMin !== undefined && { fileBytesMin }),
    ...(isFresh !== undefined && { isFresh }),
  });
}

const { signal } = new AbortController();
const ask = (sql: string, values: readonly QuestionValue[] = [], warehouse = open()) =>
  warehouse.ask({ sql, values }, { signal });

async function rowsOf({ rows }: WarehouseAnswer): Promise<(readonly AnswerValue[])[]> {
  const found: (readonly AnswerValue[])[] = [];
  for await (const some of rows) found.push(...some);
  return found;
}

/** What Athena would say of the state of every query. */
const saying =
  (status: object, statistics: object = {}) =>
  async (call: Call) => {
    if (call.action !== 'GetQueryExecution') return undefined;
    const { status: code, body } = await call.forward();
    const found = body.QueryExecution;
    const changed = {
      ...found,
      Status: { ...found.Status, ...status },
      Statistics: { ...found.Statistics, ...statistics },
    };
    return { status: code, body: { QueryExecution: changed } };
  };

describe('an answer', () => {
  test('has types and values, with NULL apart from an empty text', async () => {
    const answer = await ask(`
      SELECT 'x' AS word, '' AS empty, CAST(NULL AS varchar) AS nothing, CAST(5 AS bigint) AS n,
        CAST(2.50 AS decimal(18, 6)) AS price, CAST(0.5 AS double) AS share, true AS yes, DATE '2011-12-09' AS day,
        TIMESTAMP '2010-12-01 08:26:00' AS at`);
    expect(answer.columns).toEqual([
      { name: 'word', type: 'text' },
      { name: 'empty', type: 'text' },
      { name: 'nothing', type: 'text' },
      { name: 'n', type: 'integer' },
      { name: 'price', type: 'decimal' },
      { name: 'share', type: 'number' },
      { name: 'yes', type: 'boolean' },
      { name: 'day', type: 'date' },
      { name: 'at', type: 'timestamp' },
    ]);
    expect(await rowsOf(answer)).toEqual([['x', '', null, 5, '2.5', 0.5, true, '2011-12-09', '2010-12-01T08:26:00']]);
  });

  test('of the very names of its columns keeps that row', async () => {
    expect(await rowsOf(await ask("SELECT 'a' AS a, 'b' AS b"))).toEqual([['a', 'b']]);
  });

  test('may be one that Athena gave before, unless it has to be of the lake as it is now', async () => {
    const reused: unknown[] = [];
    proxy.fault(({ action, body }) => {
      if (action === 'StartQueryExecution') reused.push(body.ResultReuseConfiguration?.ResultReuseByAgeConfiguration);
      return undefined;
    });
    await ask('SELECT 1 AS n');
    await ask('SELECT 1 AS n', [], open({ isFresh: true }));
    expect(reused).toEqual([{ Enabled: true, MaxAgeInMinutes: 5 }, undefined]);
  });

  test('of no row has its columns', async () => {
    const answer = await ask('SELECT 1 AS n WHERE false');
    expect(answer.columns).toEqual([{ name: 'n', type: 'integer' }]);
    expect(await rowsOf(answer)).toEqual([]);
  });

  test('of several pages comes whole and in its order', async () => {
    const rows = await rowsOf(await ask('SELECT range AS n FROM range(3500) ORDER BY 1'));
    expect(rows.map(([n]) => n)).toEqual(Array.from({ length: 3500 }, (_, i) => i));
    expect(proxy.calls.get('GetQueryResults')).toBe(4);
  });

  test('that gives the same page for ever is an error', async () => {
    proxy.fault(async ({ action, forward }) => {
      if (action !== 'GetQueryResults') return undefined;
      const { status, body } = await forward();
      return { status, body: { ...body, NextToken: '1000' } };
    });
    await expect(rowsOf(await ask('SELECT range AS n FROM range(10)'))).rejects.toThrow('the same page');
  });

  test('costs at least what 10 MB cost, and nothing when it was there already', async () => {
    proxy.fault(saying({}, { DataScannedInBytes: 2_500_000 }));
    expect((await ask('SELECT 1 AS n')).cost()).toBe('2.5 MB read, $0.00005 (list price of us-east-1 on 2025-06-01)');
    proxy.fault(saying({}, { DataScannedInBytes: 3_000_000_000_000 }));
    expect((await ask('SELECT 1 AS n')).cost()).toBe('3.0 TB read, $15.00 (list price of us-east-1 on 2025-06-01)');
    proxy.fault(saying({}, { ResultReuseInformation: { ReusedPreviousResult: true } }));
    expect((await ask('SELECT 1 AS n')).cost()).toMatch(/again, at no cost$/);
  });
});

describe('the file of a large answer', () => {
  const SQL =
    "SELECT range AS n, CASE WHEN range % 3 = 0 THEN '' WHEN range % 3 = 1 THEN 'a \"b\"' END AS t FROM range(2500) ORDER BY 1";
  const expected = Array.from({ length: 2500 }, (_, n) => [n, n % 3 === 0 ? '' : n % 3 === 1 ? 'a "b"' : null]);
  const asAthenaWrites = (rows: readonly (readonly AnswerValue[])[]) =>
    `"n","t"\n${rows
      .map((row) => row.map((cell) => (cell === null ? '' : `"${String(cell).replaceAll('"', '""')}"`)).join(','))
      .map((line) => `${line}\n`)
      .join('')}`;
  const isFile = (action: string) => /^GET .*\.csv/.test(action);
  const filesRead = () => [...proxy.calls].filter(([action]) => isFile(action)).length;

  test('is read instead of further pages', async () => {
    proxy.fault(({ action }) => (isFile(action) ? { status: 200, body: asAthenaWrites(expected) } : undefined));
    expect(await rowsOf(await ask(SQL, [], open({ fileBytesMin: 1000 })))).toEqual(expected);
    expect([proxy.calls.get('GetQueryResults'), filesRead()]).toEqual([1, 1]);
  });

  test.each([
    // NULL and an empty text look the same in it.
    ['without quotes', { status: 200, body: asAthenaWrites(expected).replaceAll('"', '') }],
    ['that does not begin as the first page does', { status: 200, body: asAthenaWrites(expected.slice(1)) }],
    ['that ends before the first page does', { status: 200, body: asAthenaWrites(expected.slice(0, 500)) }],
    ['that nobody may read', { status: 403, body: '<Error><Code>AccessDenied</Code><Message>x</Message></Error>' }],
    ['that is gone', { status: 404, body: '<Error><Code>NoSuchKey</Code><Message>x</Message></Error>' }],
  ])('is left alone: one %s', async (_, file) => {
    proxy.fault(({ action }) => (isFile(action) ? file : undefined));
    expect(await rowsOf(await ask(SQL, [], open({ fileBytesMin: 1000 })))).toEqual(expected);
    expect([proxy.calls.get('GetQueryResults'), filesRead()]).toEqual([3, 1]);
  });

  test('is left alone if it is small', async () => {
    expect(await rowsOf(await ask(SQL))).toEqual(expected);
    expect(proxy.calls.get('GetQueryResults')).toBe(3);
  });
});

describe('a query', () => {
  test('is started with its literals, its work group and its database', async () => {
    let started: unknown;
    proxy.fault(({ action, body, forward }) => {
      if (action !== 'StartQueryExecution') return undefined;
      started = body;
      return forward({ ...body, QueryString: 'SELECT 1 AS n' });
    });
    await ask('SELECT :name, :since;', [
      { name: 'name', type: 'text', value: "O'Brien; DROP" },
      { name: 'since', type: 'date', value: null },
    ]);
    expect(started).toMatchObject({
      QueryString: 'SELECT CAST(? AS varchar), CAST(? AS date)',
      ExecutionParameters: ["'O''Brien; DROP'", 'NULL'],
      WorkGroup: WORK_GROUP,
      QueryExecutionContext: { Database: 'alakazam' },
      ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: true, MaxAgeInMinutes: 5 } },
    });
  });

  test('is waited for through all its states', async () => {
    proxy.fault((call) => {
      if (call.action !== 'GetQueryExecution' || call.number > 4) return undefined;
      return saying({ State: call.number < 3 ? 'QUEUED' : 'RUNNING' })(call);
    });
    expect(await rowsOf(await ask('SELECT 7 AS n'))).toEqual([[7]]);
    expect(proxy.calls.get('GetQueryExecution')).toBeGreaterThanOrEqual(5);
  });

  test('is started once though the answer was lost, and waited for through throttling', async () => {
    const tokens: string[] = [];
    proxy.fault(({ action, body, number }) => {
      if (action === 'StartQueryExecution') {
        tokens.push(body.ClientRequestToken);
        if (number === 1) return 'cut answer';
        if (number === 2) return refusal('TooManyRequestsException', 'Rate exceeded');
      }
      if (action === 'GetQueryExecution' && number === 1) return refusal('ThrottlingException', 'Rate exceeded');
      if (action === 'GetQueryResults' && number === 1) return refusal('InternalServerException', 'internal', 500);
      return undefined;
    });
    expect(await rowsOf(await ask('SELECT 7 AS n'))).toEqual([[7]]);
    // By the token Athena knows that the second and third call ask for the same query.
    expect(tokens).toHaveLength(3);
    expect(new Set(tokens).size).toBe(1);
  });

  test.each([
    [
      { State: 'FAILED', StateChangeReason: "COLUMN_NOT_FOUND: line 1:8: Column 'foo' cannot be resolved" },
      { code: 'usage', message: "Column 'foo' cannot be resolved", hint: 'SELECT foo\n       ^' },
    ],
    [
      { State: 'CANCELLED', StateChangeReason: 'Query cancelled! : Bytes scanned limit was exceeded' },
      { code: 'failed', message: 'Query cancelled! : Bytes scanned limit was exceeded' },
    ],
    [
      { State: 'CANCELLED', StateChangeReason: '' },
      { code: 'failed', message: 'the query is CANCELLED' },
    ],
    [
      { State: 'FAILED', StateChangeReason: '', AthenaError: { ErrorMessage: 'Amazon Athena experienced an error' } },
      { code: 'failed', message: 'Amazon Athena experienced an error' },
    ],
  ])('that ends with %j says why', async (status, expected) => {
    proxy.fault(saying(status));
    await expect(ask('SELECT foo')).rejects.toMatchObject(expected);
  });

  test('that Athena does not take says why', async () => {
    proxy.fault(({ action }) =>
      action === 'StartQueryExecution'
        ? refusal('InvalidRequestException', "line 1:8: mismatched input 'FROM'. Expecting: '*', <expression>")
        : undefined,
    );
    await expect(ask('SELECT FROM orders')).rejects.toMatchObject({
      code: 'usage',
      message: "mismatched input 'FROM'. Expecting: '*', <expression>",
      hint: 'SELECT FROM orders\n       ^',
    });
  });

  test('that one may not start says which permission is missing', async () => {
    const said = 'User: arn:aws:iam::1:user/a is not authorized to perform: athena:StartQueryExecution on resource: x';
    proxy.fault(({ action }) =>
      action === 'StartQueryExecution' ? refusal('AccessDeniedException', said) : undefined,
    );
    await expect(ask('SELECT 1')).rejects.toMatchObject({ code: 'access', message: /athena:StartQueryExecution/ });
  });

  test('that can no longer be followed is stopped', async () => {
    proxy.fault(({ action }) =>
      action === 'GetQueryExecution' ? refusal('AccessDeniedException', 'not allowed') : undefined,
    );
    await expect(ask('SELECT 1')).rejects.toMatchObject({ code: 'access' });
    expect(proxy.calls.get('StopQueryExecution')).toBe(1);
  });

  test('is not even started for a statement that changes something', async () => {
    await expect(ask('DELETE FROM orders')).rejects.toMatchObject({ code: 'usage', message: /begins with DELETE/ });
    expect(proxy.calls.size).toBe(0);
    proxy.fault(({ action, body, forward }) =>
      action === 'StartQueryExecution'
        ? forward({ ...body, QueryString: `SELECT '${body.QueryString}' AS sent` })
        : undefined,
    );
    const answer = await open().ask({ sql: 'DELETE FROM orders', values: [] }, { signal, isUnsafe: true });
    expect(await rowsOf(answer)).toEqual([['DELETE FROM orders']]);
  });
});

describe('the signal', () => {
  test('stops the query on Athena', async () => {
    const controller = new AbortController();
    let [started, stopped]: (string | undefined)[] = [];
    proxy.fault(async (call) => {
      if (call.action === 'StopQueryExecution') stopped = call.body.QueryExecutionId;
      if (call.action !== 'GetQueryExecution') return undefined;
      started = call.body.QueryExecutionId;
      if (call.number === 3) controller.abort();
      return saying({ State: 'RUNNING' })(call);
    });
    const answer = await open().ask({ sql: 'SELECT 1 AS n', values: [] }, { signal: controller.signal });
    expect(await rowsOf(answer)).toEqual([]);
    expect(started).toBeDefined();
    expect(stopped).toBe(started);
    expect(proxy.calls.get('GetQueryResults')).toBeUndefined();
  });

  test('ends an answer between two pages', async () => {
    const controller = new AbortController();
    const { rows } = await open().ask(
      { sql: 'SELECT range AS n FROM range(5000)', values: [] },
      { signal: controller.signal },
    );
    let count = 0;
    for await (const some of rows) {
      count += some.length;
      controller.abort();
    }
    expect(count).toBe(1000);
  });
});

test('the plan of a question ends with what it may cost at most', async () => {
  const plan = await open().explain(
    { sql: 'SELECT :n AS n', values: [{ name: 'n', type: 'integer', value: '1' }] },
    { signal },
  );
  expect(plan).toMatch(/physical_plan/);
  expect(plan).toMatch(
    /\n\nIt may cost \$0\.05 \(list price of us-east-1 on 2025-06-01\) at most: Athena stops a query that reads over 10\.7 GB\.\n$/,
  );
});
