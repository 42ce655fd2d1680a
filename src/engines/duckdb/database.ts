/** Opens DuckDB, here alone, as a calculator: in memory, over files that others name. */
import { availableParallelism } from 'node:os';
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue, type Json } from '@duckdb/node-api';
import { AlakazamError, reasonOf } from '../../errors.js';

export type SqlValue = DuckDBValue;

export interface Database {
  /** Runs one or more statements. Gives how many rows the last one changed or copied. Several may run at once. */
  run(sql: string): Promise<number>;
  /** All rows of a small answer. Numbers beyond 32 bits and decimals are strings, and so are dates. */
  rows(sql: string, values?: readonly SqlValue[]): Promise<Json[][]>;
  /** Rows as they come, some at a time, and no more in memory than DuckDB needs. */
  stream(sql: string, values?: readonly SqlValue[]): AsyncIterable<Json[][]>;
  close(): void;
}

export interface DatabaseOptions {
  /** Where an answer goes that memory does not hold. DuckDB makes the directory when it first needs it. */
  readonly spillTo: string;
  /** DuckDB's own buffers stay below; the process takes some more. */
  readonly memoryMib?: number;
}

const MEMORY_MIB = 384;

export async function openDatabase({ spillTo, memoryMib = MEMORY_MIB }: DatabaseOptions): Promise<Database> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(availableParallelism()),
    memory_limit: `${memoryMib}MiB`,
    temp_directory: spillTo,
    // Nothing is fetched from anywhere.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const idle: DuckDBConnection[] = [];

  /** A connection runs one statement at a time. */
  async function onConnection<T>(act: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = idle.pop() ?? (await instance.connect());
    try {
      return await guarded(() => act(connection));
    } finally {
      idle.push(connection);
    }
  }

  return {
    run: (sql) => onConnection(async (connection) => (await connection.run(sql)).rowsChanged),
    rows: (sql, values = []) =>
      onConnection(async (connection) => (await connection.runAndReadAll(sql, [...values])).getRowsJson()),
    async *stream(sql, values = []) {
      const connection = await instance.connect();
      try {
        const result = await guarded(() => connection.stream(sql, [...values]));
        for await (const rows of result.yieldRowsJson()) yield rows;
      } catch (error) {
        throw diskError(error) ?? error;
      } finally {
        connection.closeSync();
      }
    },
    close() {
      for (const connection of idle) connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A full disk and missing permission, said as everywhere; what DuckDB says of SQL is passed on as it is. */
async function guarded<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw diskError(error) ?? error;
  }
}

/** The error to show if DuckDB failed because of the disk; else undefined. */
export function diskError(error: unknown): AlakazamError | undefined {
  const reason = reasonOf(error);
  if (/no space left|disk.*full|max_temp_directory_size/i.test(reason)) {
    return new AlakazamError('failed', `the disk is full: ${reason}`, {
      hint: 'make room, then run the same command again',
      cause: error,
    });
  }
  if (/permission denied|read-only file system/i.test(reason)) {
    return new AlakazamError('access', reason, {
      hint: 'give yourself write access to it, or set ALAKAZAM_HOME to a directory of your own',
      cause: error,
    });
  }
  return undefined;
}

/** A string as SQL writes it. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
