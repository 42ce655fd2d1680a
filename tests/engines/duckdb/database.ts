/** DuckDB in this process: makes the files of the tables from the real file, and answers SQL over them. */
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { splitParameters } from '../../../src/warehouse/statement.js';
import { columnDefinitions, type OrderFiles, type SqlEngine, TABLES } from '../sql-engine.js';

/** An invoice whose lines arrive a second time, so that the two tables differ. */
const ARRIVES_AGAIN = '536365';

/** Writes the tables of `OnlineRetail.csv.gz` into a directory. */
export async function writeOrderFiles(gz: string, directory: string): Promise<OrderFiles> {
  // DuckDB reads latin-1 only with an extension that it would download.
  const csv = join(directory, 'source.csv');
  const decode = new Transform({
    transform: (chunk: Buffer, _, done) => done(null, Buffer.from(chunk.toString('latin1'))),
  });
  await pipeline(createReadStream(gz), createGunzip(), decode, createWriteStream(csv));

  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(`
      CREATE TABLE lines AS
      SELECT row_number() OVER () AS line, * FROM read_csv('${csv}', header = true, all_varchar = true, quote = '"');
      CREATE TABLE orders (${columnDefinitions('timestamp')});
      INSERT INTO orders
      SELECT InvoiceNo || '-' || StockCode || CASE occurrence WHEN 1 THEN '' ELSE '-' || occurrence END,
        InvoiceNo, StockCode, COALESCE(Description, ''), Quantity, strptime(InvoiceDate, '%-m/%-d/%Y %-H:%M'), UnitPrice,
        CustomerID, Country, TIMESTAMP '2026-11-01 09:00:00' + to_milliseconds(line), line - 1
      FROM (SELECT *, row_number() OVER (PARTITION BY InvoiceNo, StockCode ORDER BY line) AS occurrence FROM lines)
      ORDER BY line;
      CREATE TABLE order_arrivals AS
      FROM orders UNION ALL
      SELECT * REPLACE (arrived_at + INTERVAL 1 DAY AS arrived_at, sequence + 1000000 AS sequence)
      FROM orders WHERE invoice_no = '${ARRIVES_AGAIN}'`);
    for (const table of TABLES) {
      mkdirSync(join(directory, table));
      await connection.run(`COPY ${table} TO '${join(directory, table, 'rows.parquet')}' (FORMAT parquet)`);
      await connection.run(`COPY ${table} TO '${join(directory, `${table}.csv`)}' (HEADER, NULLSTR '\\N')`);
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
  return { directory };
}

/** Opens a database over the Parquet files, which it reads for each query. */
export async function openDuckdb({ directory }: OrderFiles): Promise<SqlEngine> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  for (const table of TABLES) {
    const path = join(directory, table, 'rows.parquet');
    await connection.run(`CREATE SCHEMA IF NOT EXISTS real; CREATE VIEW real.${table} AS FROM '${path}'`);
    await connection.run(
      `CREATE SCHEMA IF NOT EXISTS empty; CREATE TABLE empty.${table} (${columnDefinitions('timestamp')})`,
    );
  }
  return {
    async query(sql, values, schema) {
      await connection.run(`USE ${schema}`);
      return answer(connection, sql, values);
    },
    async close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function answer(connection: DuckDBConnection, sql: string, values: Parameters<SqlEngine['query']>[1]) {
  const { text, names } = splitParameters(sql, (name) => `$${name}`);
  const used = Object.fromEntries(names.map((name) => [name, values[name] ?? null]));
  const reader = await connection.runAndReadAll(text, used);
  // A sum that went through floating point would be right to the eye, and wrong.
  const floating = reader.columnTypes().filter((type) => /DOUBLE|FLOAT/.test(type.toString()));
  if (floating.length > 0) throw new Error(`a column is ${floating.join(', ')}, which is not exact`);
  return {
    columns: reader.columnNames(),
    rows: reader.getRows().map((row) => row.map((cell) => (cell === null ? null : String(cell)))),
  };
}
