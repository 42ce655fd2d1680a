/** Opens DuckDB, here alone, as a calculator: in memory, over files that others name. */
import { availableParallelism } from 'node:os';
import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBPreparedStatement,
  DuckDBTypeId,
  type Json,
  StatementType,
  VARCHAR,
} from '@duckdb/node-api';
import { textDecoder } from '@duckdb/node-api/lib/vectors/dataAccessors.js';
import { AlakazamError, reasonOf } from '../../errors.js';
import { diskError } from '../disk-errors.js';
import { patternOf, sqlText } from './sql-text.js';

// The bindings decode every text with this decoder, which takes U+FEFF at the beginning of a value for a mark and drops it.
const exact = new TextDecoder('utf-8', { ignoreBOM: true });
textDecoder.decode = (bytes: Uint8Array) => exact.decode(bytes);

export interface Database {
  /** Runs one or more statements. Gives how many rows the last one changed or copied. Several may run at once. */
  run(sql: string): Promise<number>;
  /** All rows of a small answer. Numbers beyond 32 bits and decimals are strings, and so are dates. */
  rows(sql: string): Promise<Json[][]>;
  /** Rows as they come, some at a time, and no more in memory than DuckDB needs. */
  stream(sql: string): AsyncIterable<Json[][]>;
  /** All rows of an answer whose columns are INTEGERs without NULL, by column: many rows fit into memory, and come fast. */
  integers(sql: string): Promise<Int32Array[]>;
  /**
   * Prepares one statement, which is not empty, with its parameters as `$name`, each of them a text or null. Throws what DuckDB says is wrong with it.
   * The connection is its own until its rows were read.
   */
  prepare(sql: string, values: Readonly<Record<string, string | null>>): Promise<Prepared>;
  /** From now on statements read these files alone, and change no setting. */
  seal(paths: readonly string[]): Promise<void>;
  /** From now on statements take less memory, and more time: one thread does all, and nothing is held back for its order. */
  spareMemory(): Promise<void>;
  /**
   * Ends what runs with an error, and begins nothing more. A process must not end while DuckDB works: its threads would use
   * memory that is gone, and crash.
   */
  interrupt(): void;
  close(): void;
}

export interface Prepared {
  readonly columns: readonly { readonly name: string; readonly type: keyof typeof DuckDBTypeId }[];
  /** True for a question: it changes nothing. */
  readonly isSelect: boolean;
  /** The signal interrupts DuckDB. */
  rows(signal: AbortSignal): AsyncIterable<Json[][]>;
  /** For one whose rows are not wanted. */
  close(): void;
}

export interface DatabaseOptions {
  /** Where an answer goes that memory does not hold. DuckDB makes the directory when it first needs it. */
  readonly spillTo: string;
  /** DuckDB's own buffers stay below; the process takes some more. */
  readonly memoryMib?: number;
}

const MEMORY_MIB = 384;
/** DuckDB forgets an interruption that comes before the statement has begun, so it is repeated until the statement has ended. */
const INTERRUPT_AGAIN_MS = 10;

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
  const busy = new Set<DuckDBConnection>();
  let interrupting: NodeJS.Timeout | undefined;

  /** A connection runs one statement at a time. */
  async function onConnection<T>(act: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const connection = idle.pop() ?? (await instance.connect());
    busy.add(connection);
    try {
      if (interrupting) throw new AlakazamError('interrupted', 'interrupted');
      return await guarded(() => act(connection));
    } finally {
      busy.delete(connection);
      idle.push(connection);
      if (busy.size === 0) clearInterval(interrupting);
    }
  }

  const prepare: Database['prepare'] = async (sql, values) => prepareOn(await instance.connect(), sql, values);

  return {
    run: (sql) => onConnection(async (connection) => (await connection.run(sql)).rowsChanged),
    rows: (sql) => onConnection(async (connection) => (await connection.runAndReadAll(sql)).getRowsJson()),
    async *stream(sql) {
      const { rows } = await prepare(sql, {});
      yield* rows(new AbortController().signal);
    },
    integers: (sql) => onConnection((connection) => integersOf(connection, sql)),
    prepare,
    async seal(paths) {
      const connection = await instance.connect();
      await connection.run(`
        SET allowed_paths = [${paths
          .flatMap((path) => [path, patternOf(path)])
          .map(sqlText)
          .join(', ')}];
        SET enable_external_access = false;
        SET lock_configuration = true`);
      connection.closeSync();
    },
    spareMemory: () =>
      onConnection(async (connection) => {
        await connection.run(
          'SET threads = 1; SET preserve_insertion_order = false; SET partitioned_write_flush_threshold = 128',
        );
      }),
    interrupt() {
      const interrupt = () => {
        for (const connection of busy) connection.interrupt();
      };
      interrupt();
      interrupting ??= setInterval(interrupt, INTERRUPT_AGAIN_MS).unref();
      if (busy.size === 0) clearInterval(interrupting);
    },
    close() {
      for (const connection of idle) connection.closeSync();
      instance.closeSync();
    },
  };
}

async function integersOf(connection: DuckDBConnection, sql: string): Promise<Int32Array[]> {
  const result = await connection.run(sql);
  const columns = Array.from({ length: result.columnCount }, () => new Int32Array(result.rowCount));
  let at = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return columns;
    for (const [i, column] of columns.entries()) column.set(chunk.getColumnVector(i).toArray() as number[], at);
    at += chunk.rowCount;
  }
}

async function prepareOn(
  connection: DuckDBConnection,
  sql: string,
  values: Readonly<Record<string, string | null>>,
): Promise<Prepared> {
  try {
    const statements = await connection.extractStatements(sql);
    if (statements.count !== 1) throw new AlakazamError('usage', `${statements.count} statements; valid: one`);
    const statement = await statements.prepare(0);
    statement.bind({ ...values }, Object.fromEntries(Object.keys(values).map((name) => [name, VARCHAR])));
    const columns = Array.from({ length: statement.columnCount }, (_, i) => ({
      name: statement.columnName(i),
      type: DuckDBTypeId[statement.columnTypeId(i)] as keyof typeof DuckDBTypeId,
    }));
    const isSelect = statement.statementType === StatementType.SELECT;
    return {
      columns,
      isSelect,
      rows: (signal) => rowsOf(connection, statement, signal),
      close: () => connection.closeSync(),
    };
  } catch (error) {
    connection.closeSync();
    throw machineError(error) ?? error;
  }
}

async function* rowsOf(connection: DuckDBConnection, statement: DuckDBPreparedStatement, signal: AbortSignal) {
  let again: NodeJS.Timeout | undefined;
  const interrupt = () => {
    connection.interrupt();
    again = setInterval(() => connection.interrupt(), INTERRUPT_AGAIN_MS).unref();
  };
  signal.addEventListener('abort', interrupt);
  try {
    if (signal.aborted) return;
    const result = await statement.stream();
    for await (const rows of result.yieldRowsJson()) {
      yield rows;
      if (signal.aborted) return;
    }
  } catch (error) {
    if (!signal.aborted) throw machineError(error) ?? error;
  } finally {
    signal.removeEventListener('abort', interrupt);
    clearInterval(again);
    connection.closeSync();
  }
}

/** A full disk, missing permission and too little memory, said as everywhere; what DuckDB says of SQL is passed on as it is. */
async function guarded<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw machineError(error) ?? error;
  }
}

/** The error to show if DuckDB, or who works on its files, failed because of the disk or memory; else undefined. */
export function machineError(error: unknown): AlakazamError | undefined {
  if (error instanceof AlakazamError) return undefined;
  if (isOutOfMemory(error)) {
    return new AlakazamError(
      'failed',
      `DuckDB has not enough memory for this: ${reasonOf(error).replace(/^Out of Memory Error: /, '')}`,
      {
        hint: 'ask for fewer rows or columns at once',
        cause: error,
      },
    );
  }
  return diskError(error);
}

/** True if DuckDB had not enough memory, also where an error for people says so. */
export function isOutOfMemory(error: unknown): boolean {
  const { cause } = (error ?? {}) as { cause?: unknown };
  return /^Out of Memory Error/.test(reasonOf(error)) || (cause !== undefined && isOutOfMemory(cause));
}
