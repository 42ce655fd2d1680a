/** The warehouse of a deployed stack: orders go from the stream into the lake, and are asked for by the names that the stack gives. */
import { beforeAll, expect, test } from 'vitest';
import { emulatorEnvironment } from '../emulators/environment.js';
import { type Call, useFaultProxy } from '../emulators/fault-proxy.js';
import { useMiniStack } from '../emulators/ministack.js';
import { runCli, temporaryDirectory } from '../run-cli.js';

const emulator = useMiniStack();
const proxy = useFaultProxy(emulator);
const home = temporaryDirectory();
const STACK = 'shop';
/** The name that `deploy` gives the database of a stack of this name. */
const DATABASE = 'shop';

/** The proxy takes text alone, and `deploy` uploads zips: only Athena is asked through it. */
const cli = (...args: string[]) =>
  runCli(args, {
    home,
    env: {
      ...emulatorEnvironment(emulator.url),
      AWS_ENDPOINT_URL_ATHENA: proxy.url,
      ALAKAZAM_TARGET: 'aws',
      ALAKAZAM_STACK: STACK,
    },
  });

interface StoredView {
  readonly originalSql: string;
  readonly catalog: string;
  readonly schema: string;
}

/** The view as Glue has it. */
async function storedView(name: string): Promise<StoredView> {
  const response = await fetch(emulator.url, {
    method: 'POST',
    headers: {
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20261123/eu-central-1/glue/aws4_request, SignedHeaders=host, Signature=none',
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSGlue.GetTable',
    },
    body: JSON.stringify({ DatabaseName: DATABASE, Name: name }),
  });
  const { Table } = (await response.json()) as { Table: { ViewOriginalText: string; TableType: string } };
  expect(Table.TableType).toBe('VIRTUAL_VIEW');
  const [, encoded = ''] = /^\/\* Presto View: (\S+) \*\/$/.exec(Table.ViewOriginalText) ?? [];
  return JSON.parse(Buffer.from(encoded, 'base64').toString());
}

/** What Athena does and MiniStack doesn't: reads views from Glue, and puts the literals where the parameters are. */
async function asAthena({ action, body, forward }: Call) {
  if (action !== 'StartQueryExecution') return undefined;
  const literals = [...(body.ExecutionParameters ?? [])];
  let sql = String(body.QueryString).replaceAll('?', () => literals.shift());
  for (const name of ['orders', 'order_arrivals']) {
    const { originalSql } = await storedView(name);
    sql = sql.replaceAll(new RegExp(`\\bFROM ${name}\\b`, 'g'), () => `FROM (${originalSql}) AS ${name}`);
  }
  return forward({ ...body, QueryString: sql });
}

beforeAll(async () => {
  const { code, stderr } = await cli('deploy', '--yes');
  expect([code, stderr]).toEqual([0, expect.stringContaining('is deployed')]);
}, 120_000);

test('has views that name the database of the stack', async () => {
  for (const name of ['orders', 'order_arrivals']) {
    expect(await storedView(name)).toMatchObject({ catalog: 'awsdatacatalog', schema: DATABASE });
  }
});

test('answers about the orders that were streamed', async () => {
  const streamed = await cli('generate', '--count', '40', '--seed', '7', '-o', 'json');
  expect([JSON.parse(streamed.stdout).streamed, streamed.code]).toEqual([40, 0]);
  proxy.fault(asAthena);
  const sql = `SELECT count(*) AS orders, count(DISTINCT order_id) AS ids, count(arrived_at) AS stamped,
    sum(quantity * unit_price) AS revenue FROM orders`;
  await expect
    .poll(async () => JSON.parse((await cli('query', '--sql', sql, '-o', 'json')).stdout)[0].orders, {
      timeout: 30_000,
    })
    .toBe(40);
  // The same orders on this machine, by another way.
  const local = { home, env: { ALAKAZAM_TARGET: 'local' } };
  await runCli(['generate', '--count', '40', '--seed', '7'], local);
  const here = await runCli(['query', '--sql', sql, '-o', 'json'], local);
  const there = await cli('query', '--sql', sql, '-o', 'json');
  expect(JSON.parse(there.stdout)).toEqual(JSON.parse(here.stdout));

  const named = ['query', 'top-products', '-p', 'by=units', '-p', 'country=United Kingdom', '-o', 'json'];
  const [onAws, onDuckDb] = [await cli(...named), await runCli(named, local)];
  expect([onAws.stderr, onAws.code]).toEqual(['', 0]);
  expect(JSON.parse(onAws.stdout)).toEqual(JSON.parse(onDuckDb.stdout));
  expect(JSON.parse(onAws.stdout).length).toBeGreaterThan(3);
}, 180_000);
