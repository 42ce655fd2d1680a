/** Trino as a server of its own for the tests of a file, with the tables as external Parquet tables, as Athena has them. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { splitParameters } from '../../../src/warehouse/statement.js';
import { freePort } from '../../emulators/server.js';
import { finish } from '../../run-cli.js';
import { columnDefinitions, type OrderFiles, type SqlAnswer, type SqlEngine, TABLES } from '../sql-engine.js';
import type { TrinoEnvironment } from './environment.js';

const SCHEMAS = ['real', 'empty'] as const;

const JAVA_OPTIONS = [
  ...['-Xmx2G', '-XX:+UseSerialGC', '-XX:-UsePerfData', '-Djdk.attach.allowAttachSelf=true', '-Dfile.encoding=UTF-8'],
  ...['--enable-native-access=ALL-UNNAMED', '--sun-misc-unsafe-memory-access=allow'],
];

export interface Trino extends SqlEngine {
  readonly url: string;
}

/** Starts a server with its files in `directory`, which is new, and declares the tables. */
export async function startTrino(
  { java, libraries, plugins }: TrinoEnvironment,
  directory: string,
  files: OrderFiles,
): Promise<Trino> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = configure(directory, plugins, files, url);
  const child = spawn(
    java,
    [
      ...JAVA_OPTIONS,
      ...[
        `-Djava.io.tmpdir=${directory}`,
        `-Dconfig=${config}`,
        `-Dlog.levels-file=${join(directory, 'log.properties')}`,
      ],
      ...['-Dnode.environment=tests', '-Dnode.id=tests', `-Dnode.data-dir=${directory}`],
      ...['-cp', join(libraries, '*'), 'io.trino.server.TrinoServer'],
    ],
    { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = finish(child);
  const close = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  try {
    await untilReady(url, ended);
    await declare(url);
  } catch (cause) {
    await close();
    throw cause;
  }
  return {
    url,
    async query(sql, values, schema) {
      const { text, names } = splitParameters(sql, () => '?');
      const using = names.map((name) => literal(values[name] ?? null)).join(', ');
      // As Athena does with the parameters of an execution.
      return run(url, names.length === 0 ? text : `EXECUTE IMMEDIATE ${literal(text)} USING ${using}`, schema);
    },
    close,
  };
}

const literal = (value: string | null) => (value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`);

/** Writes what the server reads, and returns the path of its configuration. */
function configure(directory: string, plugins: string, files: OrderFiles, url: string): string {
  const write = (name: string, settings: Record<string, string>) => {
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(join(directory, name), lines.join(''));
  };
  mkdirSync(join(directory, 'catalog'));
  write('catalog/hive.properties', {
    'connector.name': 'hive',
    'hive.metastore': 'file',
    'hive.metastore.catalog.dir': 'local:///metastore',
    'fs.native-local.enabled': 'true',
    'local.location': files.directory,
    'hive.non-managed-table-writes-enabled': 'true',
    'hive.security': 'allow-all',
  });
  write('log.properties', { 'io.trino': 'WARN' });
  write('config.properties', {
    coordinator: 'true',
    'node-scheduler.include-coordinator': 'true',
    'http-server.http.port': new URL(url).port,
    'discovery.uri': url,
    'node.internal-address': '127.0.0.1',
    'node.bind-ip': '127.0.0.1',
    'query.max-memory': '1GB',
    'query.max-memory-per-node': '1GB',
    'memory.heap-headroom-per-node': '300MB',
    'catalog.config-dir': join(directory, 'catalog'),
    'plugin.dir': plugins,
  });
  return join(directory, 'config.properties');
}

async function untilReady(url: string, ended: Promise<{ stdout: string; stderr: string }>): Promise<void> {
  let end: string | undefined;
  void ended.then(({ stdout, stderr }) => {
    end = `${stderr}${stdout}`.slice(-2000);
  });
  while (end === undefined) {
    const info = await fetch(`${url}/v1/info`).then(
      (response) => response.json() as Promise<{ starting?: boolean }>,
      () => undefined,
    );
    if (info?.starting === false) return;
    await delay(100);
  }
  throw new Error(`Trino ended: ${end}`);
}

async function declare(url: string): Promise<void> {
  for (const schema of SCHEMAS) {
    await run(url, `CREATE SCHEMA hive.${schema}`, schema);
  }
  for (const table of TABLES) {
    // Hive's timestamps count milliseconds, as Athena's do.
    const columns = columnDefinitions('timestamp(3)');
    await run(
      url,
      `CREATE TABLE real.${table} (${columns}) WITH (external_location = 'local:///${table}', format = 'PARQUET')`,
      'real',
    );
    await run(url, `CREATE TABLE empty.${table} (${columns})`, 'empty');
  }
}

interface Page {
  readonly columns?: readonly TrinoColumn[];
  readonly data?: readonly (readonly (string | number | boolean | null)[])[];
  readonly nextUri?: string;
  readonly error?: { readonly errorName: string; readonly message: string };
}

export interface TrinoColumn {
  readonly name: string;
  /** `decimal(18,6)` */
  readonly type: string;
}

async function run(url: string, sql: string, schema: string): Promise<SqlAnswer> {
  const { columns, rows } = await askTrino(url, sql, schema);
  return { columns: columns.map(({ name }) => name), rows };
}

/** For some seconds after its start, Trino takes statements and has no node yet that would run them. */
const NODES_WAIT_MS = 60_000;

export async function askTrino(url: string, sql: string, schema: string): ReturnType<typeof askOnce> {
  for (const endMs = performance.now() + NODES_WAIT_MS; ; ) {
    try {
      return await askOnce(url, sql, schema);
    } catch (error) {
      if (!/^NO_NODES_AVAILABLE/.test((error as Error).message) || performance.now() > endMs) throw error;
      await delay(250);
    }
  }
}

/** Trino's protocol for clients: https://trino.io/docs/476/develop/client-protocol.html */
async function askOnce(url: string, sql: string, schema: string) {
  const headers = { 'X-Trino-User': 'tests', 'X-Trino-Catalog': 'hive', 'X-Trino-Schema': schema };
  let columns: readonly TrinoColumn[] = [];
  const rows: (string | null)[][] = [];
  let next: string | undefined = `${url}/v1/statement`;
  for (let isFirst = true; next !== undefined; isFirst = false) {
    const response: Response = await fetch(next, isFirst ? { method: 'POST', body: sql, headers } : { headers });
    const page = (await response.json()) as Page;
    if (page.error) throw new Error(`${page.error.errorName}: ${page.error.message}`);
    if (page.columns) columns = page.columns;
    for (const row of page.data ?? []) rows.push(row.map((cell) => (cell === null ? null : String(cell))));
    next = page.nextUri;
  }
  return { columns, rows };
}
