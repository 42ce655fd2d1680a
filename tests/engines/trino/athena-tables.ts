/**
 * The tables of the warehouse as they are on AWS, on Trino: Parquet as Firehose writes it, by the columns of the template, and
 * the views of the template in the form in which Glue keeps them.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../../src/engines/duckdb/database.js';
import { sqlText } from '../../../src/engines/duckdb/sql-text.js';
import { stampArrivals, type TransformationEvent } from '../../../src/lake/stamp-arrivals.lambda.js';
import { MODEL } from '../../fixtures/built-stack.js';
import { temporaryDirectory } from '../../run-cli.js';
import type { TrinoEnvironment } from './environment.js';
import { askTrino, startTrino } from './server.js';

export interface AthenaTables {
  /** Makes the tables in a schema of their own, and gives its name. Records come as Firehose gets them from the stream. */
  deliver(records: TransformationEvent['records']): Promise<string>;
  ask(sql: string, schema: string): ReturnType<typeof askTrino>;
  close(): Promise<void>;
}

export async function startAthenaTables(environment: TrinoEnvironment): Promise<AthenaTables> {
  const directory = temporaryDirectory();
  for (const table of ['orders', 'order_arrivals']) mkdirSync(join(directory, table));
  const { url, close } = await startTrino(environment, temporaryDirectory(), { directory });
  let made = 0;
  return {
    async deliver(records) {
      const schema = `lake_${++made}`;
      const run = (sql: string) => askTrino(url, sql, schema);
      await writeParquet(join(directory, schema), records);
      const hive = (type: string) => (type === 'string' ? 'varchar' : type);
      const columns = COLUMNS.map(([name, type]) => `${name} ${hive(type)}`).join(', ');
      await run(`CREATE SCHEMA hive.${schema}`);
      await run(
        `CREATE TABLE ${TABLE.Name} (${columns}, month varchar) WITH (external_location = 'local:///${schema}',
          format = 'PARQUET', partitioned_by = ARRAY['month'])`,
      );
      await run(`CALL hive.system.sync_partition_metadata('${schema}', '${TABLE.Name}', 'FULL')`);
      for (const view of ['OrderArrivalsView', 'OrdersView'].map(tableInput)) {
        await run(`CREATE VIEW ${view.Name} AS SELECT 1 AS x`);
        replaceView(join(directory, 'metastore', schema, view.Name, '.trinoSchema'), view, schema);
      }
      return schema;
    },
    ask: (sql, schema) => askTrino(url, sql, schema),
    close,
  };
}

interface TableInput {
  readonly Name: string;
  readonly TableType: string;
  readonly Parameters: Readonly<Record<string, string>>;
  readonly ViewOriginalText: { readonly 'Fn::Sub': readonly [text: string, { readonly view: EncodedView }] };
  readonly ViewExpandedText: string;
  readonly StorageDescriptor: { readonly Columns: readonly { readonly Name: string; readonly Type: string }[] };
}

interface EncodedView {
  readonly 'Fn::Base64': { readonly 'Fn::Sub': string };
}

function tableInput(resource: string): TableInput {
  return MODEL.template.Resources[resource]?.Properties?.['TableInput'] as TableInput;
}

const TABLE = tableInput('LakeTable');
const COLUMNS = TABLE.StorageDescriptor.Columns.map(({ Name, Type }) => [Name, Type] as const);

/** By month: the values of what the function hands over, under the names of the table. */
async function writeParquet(directory: string, records: TransformationEvent['records']): Promise<void> {
  mkdirSync(directory);
  const { records: stamped } = await stampArrivals({ records });
  const months = new Map<string, Record<string, unknown>[]>();
  for (const { data } of stamped.filter(({ result }) => result === 'Ok')) {
    const order = JSON.parse(Buffer.from(data, 'base64').toString()) as Record<string, unknown>;
    const row = Object.fromEntries(Object.entries(order).map(([name, value]) => [snakeCase(name), value]));
    const month = String(order['orderDate']).slice(0, 7);
    months.set(month, [...(months.get(month) ?? []), row]);
  }
  const database = await openDatabase({ spillTo: join(directory, 'spill') });
  for (const [month, rows] of months) {
    const folder = join(directory, `month=${month}`);
    mkdirSync(folder);
    const cell = (value: unknown) =>
      value === null ? 'NULL' : typeof value === 'number' ? `${value}` : sqlText(`${value}`);
    const values = rows.map((row) => `(${COLUMNS.map(([name]) => cell(row[name])).join(', ')})`).join(', ');
    const typed = COLUMNS.map(([name, type]) => `CAST(${name} AS ${type}) AS ${name}`).join(', ');
    const names = COLUMNS.map(([name]) => name).join(', ');
    const path = sqlText(join(folder, 'rows.parquet'));
    await database.run(`COPY (SELECT ${typed} FROM (VALUES ${values}) AS t(${names})) TO ${path} (FORMAT parquet)`);
  }
  database.close();
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Puts what Glue would have of a view in place of what Trino's metastore of files has. */
function replaceView(file: string, view: TableInput, schema: string): void {
  const [text, { view: encoded }] = view.ViewOriginalText['Fn::Sub'];
  // As CloudFormation puts it together; the catalog of Glue is called `hive` here.
  const json = encoded['Fn::Base64']['Fn::Sub']
    .replace(/\$\{LakeDatabase\}/, schema)
    .replace('"awsdatacatalog"', '"hive"');
  const kept = JSON.parse(readFileSync(file, 'utf8'));
  const changed = {
    ...kept,
    tableType: view.TableType,
    parameters: view.Parameters,
    dataColumns: view.StorageDescriptor.Columns.map(({ Name, Type }) => ({ name: Name, type: Type, properties: {} })),
    viewOriginalText: text.replace(/\$\{view\}/, Buffer.from(json).toString('base64')),
    viewExpandedText: view.ViewExpandedText,
  };
  writeFileSync(file, JSON.stringify(changed));
}
