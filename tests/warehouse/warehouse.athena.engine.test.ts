/** The driver of Athena on the engine inside Athena: its API is a stand-in, tables and views are those of the template. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import { openAthenaWarehouse } from '../../src/warehouse/warehouse.athena.js';
import { type AthenaServer, startAthena } from '../emulators/athena.js';
import { emulatorEnvironment } from '../emulators/environment.js';
import { type AthenaTables, startAthenaTables } from '../engines/trino/athena-tables.js';
import { type TrinoEnvironment, trinoEnvironment } from '../engines/trino/environment.js';
import type { Line } from '../fixtures/orders.js';
import { describeUnless } from '../missing.js';
import { runCli, temporaryDirectory } from '../run-cli.js';
import { deliveredRecords } from './delivered.js';
import { testWarehouse } from './warehouse.contract.js';

const trino = await trinoEnvironment().catch((error: Error) => error.message);

describeUnless(typeof trino === 'string' ? trino : undefined, 'Athena with Trino', () => {
  let tables: AthenaTables;
  let server: AthenaServer;

  beforeAll(async () => {
    tables = await startAthenaTables(trino as TrinoEnvironment);
    server = await startAthena(tables.ask);
    Object.assign(process.env, environment());
  }, 300_000);
  afterAll(async () => {
    await server?.close();
    await tables?.close();
  });

  /** Nothing but Athena answers. */
  const environment = () => ({
    ...emulatorEnvironment('http://127.0.0.1:9'),
    AWS_ENDPOINT_URL_ATHENA: server.url,
  });

  async function start(lines: readonly Line[]) {
    const session = openSession('alakazam');
    onTestFinished(() => session.close());
    const price = { perUnit: 5, region: 'us-east-1', asOf: '2025-06-01' };
    return openAthenaWarehouse({
      session,
      workGroup: 'alakazam',
      database: await tables.deliver(deliveredRecords(lines)),
      price,
    });
  }

  testWarehouse('athena', start);

  test('shows the line and the place of what Trino does not know', async () => {
    const warehouse = await start([]);
    const values = [{ name: 'country', type: 'text', value: 'France' }] as const;
    const sql = 'SELECT order_id\nFROM orders\nWHERE country = :country AND stok_code IS NULL';
    const { signal } = new AbortController();
    await expect(warehouse.ask({ sql, values }, { signal })).rejects.toMatchObject({
      code: 'usage',
      message: "Column 'stok_code' cannot be resolved",
      hint: `WHERE country = :country AND stok_code IS NULL\n${' '.repeat(29)}^`,
    });
    await expect(warehouse.ask({ sql: 'SELECT * FROM order_lines', values: [] }, { signal })).rejects.toMatchObject({
      code: 'usage',
      message: /Table '.*order_lines' does not exist/,
      hint: expect.stringMatching(/^SELECT \* FROM order_lines\n {14}\^\nthe tables are orders and order_arrivals/),
    });
  });

  test('explains a question with parameters', async () => {
    const warehouse = await start([]);
    const plan = await warehouse.explain(
      { sql: 'SELECT order_id FROM orders WHERE quantity > :n', values: [{ name: 'n', type: 'integer', value: '1' }] },
      new AbortController(),
    );
    expect(plan).toMatch(/TableScan|Filter/);
    expect(plan).toMatch(/It may cost \$0\.05 /);
  });

  const LINES: readonly Line[] = [
    { stockCode: '85123A', description: 'HEART', quantity: 6, unitPrice: '2.55' },
    { stockCode: '22138', description: 'BAKING SET', quantity: 2, unitPrice: '10.10' },
    { stockCode: 'POST', description: 'POSTAGE', quantity: 1, unitPrice: '18.00' },
  ];

  const cli = async (args: readonly string[]) =>
    runCli(['query', ...args, '--target', 'aws'], {
      home: temporaryDirectory(),
      env: {
        ...environment(),
        ALAKAZAM_ATHENA_WORK_GROUP: 'alakazam',
        ALAKAZAM_GLUE_DATABASE: await tables.deliver(deliveredRecords(LINES)),
      },
    });

  test('answers alakazam query top-products --target aws', async () => {
    const { code, stdout, stderr } = await cli(['top-products', '-o', 'json']);
    expect([stderr, code]).toEqual(['', 0]);
    // 20.2 of 35.5, and 15.3 of it; postage is no product.
    const rest = { orders: 1 };
    expect(JSON.parse(stdout)).toEqual([
      { stock_code: '22138', description: 'BAKING SET', ...rest, units: 2, revenue: '20.2', share: '0.569' },
      { stock_code: '85123A', description: 'HEART', ...rest, units: 6, revenue: '15.3', share: '0.431' },
    ]);
  });

  test('has no other engine', async () => {
    const { code, stderr } = await cli(['top-products', '--engine', 'spark']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/engine is "spark"; valid on the aws target: athena/)]);
  });
});
