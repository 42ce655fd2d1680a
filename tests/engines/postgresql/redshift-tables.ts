/**
 * The tables of the warehouse as they are in Redshift, on PostgreSQL: rows as Firehose delivers them, with the columns that the
 * template's table for other engines has, and the views of `query --engine redshift --setup`.
 */
import type pg from 'pg';
import { stampArrivals, type TransformationEvent } from '../../../src/lake/stamp-arrivals.lambda.js';
import { ADMIN_SECRET, type RedshiftAnswer, type RedshiftQuestion } from '../../emulators/redshift-data.js';
import { MODEL } from '../../fixtures/built-stack.js';
import { AS_TEXT, connectPostgres, type postgresBinaries, runPostgres } from './server.js';

export interface RedshiftTables {
  /** Makes a database of its own with the lake in it, and gives its name. Records come as Firehose gets them from the stream. */
  deliver(records: TransformationEvent['records'], database?: string): Promise<string>;
  /** Of the administrator who has the secret, or of a user who may do nothing but what was granted. */
  ask(question: RedshiftQuestion): Promise<RedshiftAnswer>;
  close(): Promise<void>;
}

interface TableInput {
  readonly Name: string;
  readonly StorageDescriptor: { readonly Columns: readonly { readonly Name: string; readonly Type: string }[] };
}

const TABLE = MODEL.template.Resources['LakeTableForOthers']?.Properties?.['TableInput'] as TableInput;
const COLUMNS = TABLE.StorageDescriptor.Columns.map(({ Name, Type }) => [Name, Type] as const);
const CALLER = 'caller';

type Binaries = NonNullable<Awaited<ReturnType<typeof postgresBinaries>>>;

export async function startRedshiftTables(binaries: Binaries, directory: string): Promise<RedshiftTables> {
  const server = await runPostgres(binaries, directory);
  const admin = await connectPostgres(server);
  const { rows: types } = await admin.query<{ oid: number; typname: string }>('SELECT oid, typname FROM pg_type');
  const typeNames = new Map(types.map(({ oid, typname }) => [Number(oid), typname]));
  await admin.query(`CREATE ROLE ${CALLER} LOGIN`);
  const clients = new Map<string, Promise<pg.Client>>();
  let made = 0;

  function clientOf(database: string, user: string): Promise<pg.Client> {
    const key = `${database} ${user}`;
    const known = clients.get(key) ?? connectPostgres(server, { database, user });
    clients.set(key, known);
    return known;
  }

  return {
    async deliver(records, database = `stack_${++made}`) {
      await admin.query(`CREATE DATABASE ${database}`);
      const client = await clientOf(database, 'tests');
      const hive = (type: string) => (type === 'string' ? 'varchar' : type);
      await client.query('CREATE SCHEMA lake');
      await client.query(`CREATE TABLE lake.${TABLE.Name} (${COLUMNS.map(([n, t]) => `${n} ${hive(t)}`).join(', ')})`);
      const { records: stamped } = await stampArrivals({ records });
      for (const { data } of stamped.filter(({ result }) => result === 'Ok')) {
        const order = JSON.parse(Buffer.from(data, 'base64').toString()) as Record<string, unknown>;
        const row = new Map(Object.entries(order).map(([name, value]) => [snakeCase(name), value]));
        const places = COLUMNS.map((_, i) => `$${i + 1}`).join(', ');
        await client.query(
          `INSERT INTO lake.${TABLE.Name} VALUES (${places})`,
          COLUMNS.map(([name]) => row.get(name)),
        );
      }
      return database;
    },
    async ask({ sql, values, database, secret, signal }) {
      // The schema is there, with a table in it; PostgreSQL has no other schema than its own.
      if (/^CREATE EXTERNAL SCHEMA /.test(sql)) return { columns: [], rows: [] };
      const client = await clientOf(database, secret === ADMIN_SECRET ? 'tests' : CALLER);
      const text = sql.replace(/\nWITH NO SCHEMA BINDING$/, '');
      const cancel = () => void admin.query('SELECT pg_cancel_backend($1)', [processOf(client)]);
      signal.addEventListener('abort', cancel);
      try {
        const result = await client.query({ text, values: [...values], rowMode: 'array', types: AS_TEXT });
        return {
          columns: result.fields.map(({ name, dataTypeID }) => ({ name, type: typeNames.get(dataTypeID) ?? '' })),
          rows: result.rows as (string | null)[][],
        };
      } catch (error) {
        const { message, position } = error as pg.DatabaseError;
        throw new Error(`ERROR: ${message}${position ? `\n  Position: ${position}` : ''}`, { cause: error });
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    },
    async close() {
      for (const client of clients.values()) await (await client).end();
      await admin.end();
      await server.close();
    },
  };
}

const processOf = (client: pg.Client) => (client as unknown as { readonly processID: number }).processID;

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
