/** The driver of Redshift on the engine that Redshift descends from: its API is a stand-in, the views are those of its set-up. */
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import { REDSHIFT_DATABASE } from '../../src/warehouse/resources.js';
import type { AnswerValue, QuestionValue, Warehouse, WarehouseAnswer } from '../../src/warehouse/warehouse.js';
import { openRedshiftWarehouse } from '../../src/warehouse/warehouse.redshift.js';
import { emulatorEnvironment } from '../emulators/environment.js';
import { type RedshiftDataServer, refused, startRedshiftData } from '../emulators/redshift-data.js';
import { type RedshiftTables, startRedshiftTables } from '../engines/postgresql/redshift-tables.js';
import { postgresBinaries } from '../engines/postgresql/server.js';
import type { Line } from '../fixtures/orders.js';
import { describeUnless } from '../missing.js';
import { runCli, temporaryDirectory } from '../run-cli.js';
import { deliveredRecords } from './delivered.js';
import { testWarehouse } from './warehouse.contract.js';

const postgres = await postgresBinaries();
const why = postgres ? undefined : 'there is no package with PostgreSQL for this platform';

const PRICE = { perUnit: 0.36, region: 'us-east-1', asOf: '2025-06-01' };

describeUnless(why, 'Redshift with PostgreSQL', () => {
  let tables: RedshiftTables;
  let server: RedshiftDataServer;

  beforeAll(async () => {
    tables = await startRedshiftTables(postgres as NonNullable<typeof postgres>, temporaryDirectory());
    server = await startRedshiftData(tables.ask);
    Object.assign(process.env, environment());
  }, 300_000);
  afterEach(() => {
    server.instead(() => undefined);
    server.calls.clear();
  });
  afterAll(async () => {
    await server?.close();
    await tables?.close();
  });

  /** Nothing but Redshift answers. */
  const environment = () => ({
    ...emulatorEnvironment('http://127.0.0.1:9'),
    AWS_ENDPOINT_URL_REDSHIFT_DATA: server.url,
    AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS: server.url,
  });

  const deliver = (lines: readonly Line[], database?: string) => tables.deliver(deliveredRecords(lines), database);

  const { signal } = new AbortController();

  function open(database: string): Warehouse {
    const session = openSession('alakazam');
    onTestFinished(() => session.close());
    const names = { workgroup: 'alakazam', namespace: 'alakazam', database, glueDatabase: 'alakazam', price: PRICE };
    return openRedshiftWarehouse({ session, ...names });
  }

  async function start(lines: readonly Line[]): Promise<Warehouse> {
    const warehouse = open(await deliver(lines));
    await warehouse.setup?.run(signal);
    server.calls.clear();
    return warehouse;
  }

  async function rowsOf({ rows }: WarehouseAnswer): Promise<(readonly AnswerValue[])[]> {
    const found: (readonly AnswerValue[])[] = [];
    for await (const some of rows) found.push(...some);
    return found;
  }

  const ask = (warehouse: Warehouse, sql: string, values: readonly QuestionValue[] = []) =>
    warehouse.ask({ sql, values }, { signal });

  testWarehouse('redshift', start);

  describe('the set-up', () => {
    test('may be run again, and is the administrator’s alone', async () => {
      const warehouse = open(await deliver([{}]));
      await expect(ask(warehouse, 'SELECT count(*) FROM orders')).rejects.toMatchObject({
        code: 'usage',
        message: 'relation "orders" does not exist',
        hint: expect.stringMatching(/ {21}\^\nalakazam query --engine redshift --setup/),
      });
      await warehouse.setup?.run(signal);
      await warehouse.setup?.run(signal);
      expect(await rowsOf(await ask(warehouse, 'SELECT count(*) AS n FROM orders'))).toEqual([[1]]);
      const secrets = server.calls.get('ExecuteStatement')?.map(({ SecretArn }) => SecretArn !== undefined);
      expect(secrets).toEqual([false, ...Array(12).fill(true), false]);
    });

    test('says what the namespace lacks', async () => {
      const warehouse = open('stack_none');
      server.instead((action) => (action === 'GetNamespace' ? { namespace: {} } : undefined));
      await expect(warehouse.setup?.run(signal)).rejects.toMatchObject({ message: /has no secret/ });
    });

    test('is for a Glue database, and not for SQL in its place', () => {
      const session = openSession('alakazam');
      onTestFinished(() => session.close());
      const names = { workgroup: 'a', namespace: 'a', database: 'a', price: PRICE };
      expect(() => openRedshiftWarehouse({ session, ...names, glueDatabase: "x' IAM_ROLE 'y" })).toThrow(TypeError);
    });
  });

  describe('an answer', () => {
    test('has types and values, with NULL apart from an empty text', async () => {
      const answer = await ask(
        await start([]),
        `SELECT CAST('x' AS varchar) AS word, CAST('' AS varchar) AS empty, CAST(NULL AS varchar) AS nothing,
          CAST(5 AS bigint) AS n, CAST(2.50 AS decimal(18, 6)) AS price, CAST(0.5 AS float) AS share, true AS yes,
          DATE '2011-12-09' AS day, TIMESTAMP '2010-12-01 08:26:00.120' AS at, 1 AS n`,
      );
      expect(answer.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
        ...['word text', 'empty text', 'nothing text', 'n integer', 'price decimal', 'share number', 'yes boolean'],
        ...['day date', 'at timestamp', 'n_2 integer'],
      ]);
      const values = ['x', '', null, 5, '2.5', 0.5, true, '2011-12-09', '2010-12-01T08:26:00.12', 1];
      expect(await rowsOf(answer)).toEqual([values]);
      expect(answer.cost()).toBe(
        // 8 RPUs: 1.235 s are 0.00274 RPU-hours, and a minute 0.1333.
        '1.2 s in Redshift, from $0.00099 on, or $0.05 if it slept (8 RPUs, list price of us-east-1 on 2025-06-01)',
      );
    });

    test('has no number that lost digits on its way', async () => {
      const warehouse = await start([]);
      const sql = 'SELECT CAST(9007199254740993 AS bigint) AS n';
      await expect(ask(warehouse, sql).then(rowsOf)).rejects.toMatchObject({ hint: /CAST\(n AS varchar\)/ });
      const asText = await ask(warehouse, 'SELECT CAST(CAST(9007199254740993 AS bigint) AS varchar) AS n');
      expect(await rowsOf(asText)).toEqual([['9007199254740993']]);
    });

    test('of several pages comes whole and in its order', async () => {
      const warehouse = await start([]);
      const rows = await rowsOf(await ask(warehouse, 'SELECT n FROM generate_series(0, 3499) AS t(n) ORDER BY 1'));
      expect(rows.map(([n]) => n)).toEqual(Array.from({ length: 3500 }, (_, i) => i));
      expect(server.calls.get('GetStatementResult')?.map(({ NextToken }) => NextToken)).toEqual([
        ...[undefined, '1000', '2000', '3000'],
      ]);
    });

    // https://github.com/boto/boto3/issues/4125, https://github.com/awslabs/mcp/pull/4552
    test.each([
      ['whose last token comes again ends there', 2, 2, undefined],
      ['that lacks rows is an error', 2, 3, 'Redshift gave 2 rows of an answer of 3'],
      ['that has a page twice is an error', 2, 1, 'Redshift gave 2 rows of an answer of 1'],
    ])('%s', async (_, count, TotalNumRows, message) => {
      const warehouse = await start([]);
      const ColumnMetadata = [{ name: 'n', typeName: 'int4' }];
      server.instead((action) =>
        action === 'GetStatementResult'
          ? { ColumnMetadata, Records: [[{ longValue: 7 }]], TotalNumRows, NextToken: 'again' }
          : undefined,
      );
      const rows = ask(warehouse, 'SELECT 7 AS n').then(rowsOf);
      if (message) await expect(rows).rejects.toMatchObject({ code: 'failed', message });
      else expect(await rows).toEqual(Array(count).fill([7]));
      expect(server.calls.get('GetStatementResult')).toHaveLength(2);
    });

    test('has rows of 64 KB, and says why there is no longer one', async () => {
      const warehouse = await start([]);
      const rows = await rowsOf(await ask(warehouse, "SELECT repeat('£', 32768) AS t FROM generate_series(1, 3)"));
      expect(rows).toEqual(Array(3).fill(['£'.repeat(32_768)]));
      await expect(ask(warehouse, "SELECT repeat('£', 32769) AS t")).rejects.toMatchObject({
        message: 'The row size exceeds the maximum of 64 KB',
      });
    });
  });

  describe('a statement', () => {
    const failing = (Status: string, reason?: string) => (action: string) =>
      action === 'DescribeStatement' ? { Status, ...(reason && { Error: reason }) } : undefined;

    test.each([
      ['FAILED', 'ERROR: column "foo" does not exist', { code: 'usage', message: 'column "foo" does not exist' }],
      [
        'FAILED',
        'ERROR: syntax error at or near "FROM"\n  Position: 8',
        { code: 'usage', message: 'syntax error at or near "FROM"', hint: 'SELECT foo\n       ^' },
      ],
      [
        'FAILED',
        'ERROR: permission denied for relation orders',
        { code: 'access', hint: expect.stringMatching(/--setup/) },
      ],
      [
        'FAILED',
        'ERROR: Spectrum Scan Error: S3ServiceException:Access Denied,Status 403',
        { code: 'access', hint: expect.stringMatching(/role of Redshift/) },
      ],
      ['ABORTED', undefined, { code: 'failed', message: 'the statement is ABORTED' }],
    ])('that ends as %s with %j says why', async (state, error, expected) => {
      const warehouse = await start([]);
      server.instead(failing(state, error));
      await expect(ask(warehouse, 'SELECT foo')).rejects.toMatchObject(expected);
    });

    test('that Redshift does not take says why', async () => {
      const warehouse = await start([]);
      server.instead((action) =>
        action === 'ExecuteStatement' ? refused('ValidationException', 'The SQL is longer than 100 KB') : undefined,
      );
      await expect(ask(warehouse, 'SELECT 1')).rejects.toMatchObject({ message: /longer than 100 KB/ });
    });

    test('that can no longer be followed is cancelled', async () => {
      const warehouse = await start([]);
      server.instead((action) =>
        action === 'DescribeStatement' ? refused('AccessDeniedException', 'not allowed') : undefined,
      );
      await expect(ask(warehouse, 'SELECT 1')).rejects.toMatchObject({ code: 'access' });
      expect(server.calls.get('CancelStatement')).toHaveLength(1);
    });

    test('is followed also where the account has too many that wait', async () => {
      const warehouse = await start([]);
      server.instead((action, { WaitTimeSeconds }) =>
        action === 'DescribeStatement' && WaitTimeSeconds !== undefined
          ? refused('ActiveWaitingRequestsExceededException', 'too many')
          : undefined,
      );
      expect(await rowsOf(await ask(warehouse, 'SELECT 1 AS n'))).toEqual([[1]]);
    });

    test('has a token, by which one whose call is repeated runs once', async () => {
      const warehouse = await start([]);
      let isFirst = true;
      server.instead((action) => {
        if (action !== 'ExecuteStatement' || !isFirst) return undefined;
        isFirst = false;
        return refused('ThrottlingException', 'slower');
      });
      await ask(warehouse, 'SELECT 1');
      const tokens = server.calls.get('ExecuteStatement')?.map(({ ClientToken }) => ClientToken);
      expect(tokens).toEqual([expect.stringMatching(/^[\w-]{36}$/), tokens?.[0]]);
    });

    test.each([
      ['SELECT 1 INTO t', /SELECT INTO/],
      ["SELECT 'a\\''; DROP TABLE t --'", /backslash/],
      ["SELECT $$'$$; DROP TABLE t --'", /dollar/],
      ["SELECT 1 /* /* */ ' */; DROP TABLE t --'", /comment within/],
      ['VALUES (1)', /begins with VALUES/],
    ])('like %s is not even started', async (sql, message) => {
      const warehouse = await start([]);
      await expect(ask(warehouse, sql)).rejects.toMatchObject({ code: 'usage', message });
      expect(server.calls.size).toBe(0);
    });

    test('that changes something runs if it is asked for', async () => {
      const warehouse = await start([]);
      const answer = await warehouse.ask(
        { sql: 'CREATE TEMPORARY TABLE t (n int)', values: [] },
        { signal, isUnsafe: true },
      );
      expect([answer.columns, await rowsOf(answer)]).toEqual([[], []]);
    });

    test('is cancelled on Redshift by the signal', async () => {
      const warehouse = await start([]);
      const controller = new AbortController();
      server.instead((action) => {
        if (action === 'DescribeStatement' && server.calls.get(action)?.length === 2) controller.abort();
        return undefined;
      });
      const answer = await warehouse.ask({ sql: 'SELECT pg_sleep(30)', values: [] }, { signal: controller.signal });
      expect(await rowsOf(answer)).toEqual([]);
      const [{ Id }] = server.calls.get('CancelStatement') as [{ Id: string }];
      expect(server.calls.get('DescribeStatement')?.map((each) => each.Id)).toEqual([Id, Id]);
      expect(server.calls.get('GetStatementResult')).toBeUndefined();
      // The engine has let go of it: the same connection answers.
      expect(await rowsOf(await ask(warehouse, 'SELECT 1 AS n'))).toEqual([[1]]);
    });

    test('ends between two pages by the signal', async () => {
      const warehouse = await start([]);
      const controller = new AbortController();
      const sql = 'SELECT n FROM generate_series(1, 5000) AS t(n)';
      const { rows } = await warehouse.ask({ sql, values: [] }, { signal: controller.signal });
      let count = 0;
      for await (const some of rows) {
        count += some.length;
        controller.abort();
      }
      expect(count).toBe(1000);
    });
  });

  test('parameters are texts with a cast each; NULL and an empty text stand in the SQL', async () => {
    const warehouse = await start([]);
    const values: QuestionValue[] = [
      { name: 'a', type: 'text', value: `it’s ${'long'.repeat(1000)}` },
      { name: 'b', type: 'text', value: '' },
      { name: 'c', type: 'date', value: null },
      { name: 'd', type: 'integer', value: '12' },
    ];
    const answer = await ask(warehouse, "SELECT :a AS a, :b AS b, :c AS c, :d + :d AS d, ':a' AS e -- :d", values);
    expect(await rowsOf(answer)).toEqual([[values[0]?.value, '', null, 24, ':a']]);
    expect(server.calls.get('ExecuteStatement')).toMatchObject([
      {
        Sql: "SELECT CAST(:a_ AS varchar(65535)) AS a, CAST('' AS varchar(65535)) AS b, CAST(NULL AS date) AS c, CAST(:d_ AS bigint) + CAST(:d_ AS bigint) AS d, ':a' AS e -- :d",
        Parameters: [
          { name: 'a_', value: values[0]?.value },
          { name: 'd_', value: '12' },
        ],
      },
    ]);
  });

  test('alakazam query --engine redshift is set up, and answers', async () => {
    await deliver(
      [
        { stockCode: '85123A', description: 'HEART', quantity: 6, unitPrice: '2.55' },
        { stockCode: '22138', description: 'BAKING SET', quantity: 2, unitPrice: '10.10' },
        { stockCode: 'POST', description: 'POSTAGE', quantity: 1, unitPrice: '18.00' },
      ],
      REDSHIFT_DATABASE,
    );
    const cli = async (args: readonly string[]) =>
      runCli(['query', ...args, '--engine', 'redshift', '--target', 'aws'], {
        home: temporaryDirectory(),
        env: {
          ...environment(),
          ALAKAZAM_REDSHIFT_WORKGROUP: 'alakazam',
          ALAKAZAM_REDSHIFT_NAMESPACE: 'alakazam',
          ALAKAZAM_GLUE_DATABASE: 'alakazam',
        },
      });
    expect(await cli(['top-products'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--engine redshift --setup/),
    });
    const unasked = await cli(['--setup']);
    expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringMatching(/add --yes if you mean it/)]);
    expect(server.calls.get('GetNamespace')).toBeUndefined();
    const made = await cli(['--setup', '--yes']);
    expect([made.code, made.stdout]).toEqual([0, '']);
    expect(made.stderr).toMatch(
      /CREATE EXTERNAL SCHEMA [\s\S]* TO PUBLIC;\norders and order_arrivals are on redshift\n/,
    );
    const { code, stdout, stderr } = await cli(['top-products', '-o', 'json']);
    expect([stderr, code]).toEqual(['', 0]);
    // 20.2 of 35.5, and 15.3 of it; postage is no product.
    const rest = { orders: 1 };
    expect(JSON.parse(stdout)).toEqual([
      { stock_code: '22138', description: 'BAKING SET', ...rest, units: 2, revenue: '20.2', share: '0.569' },
      { stock_code: '85123A', description: 'HEART', ...rest, units: 6, revenue: '15.3', share: '0.431' },
    ]);
  });
});
