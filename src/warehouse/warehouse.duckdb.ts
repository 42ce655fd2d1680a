/** The warehouse on this machine: DuckDB over the lake. */
import type { Database } from '../engines/duckdb/database.js';
import { AlakazamError, reasonOf } from '../errors.js';
import type { Lake } from '../lake/lake.js';
import { plainDecimal } from '../orders/money.js';
import { bytes } from '../terminal/numbers.js';
import { csvStatement } from './csv.duckdb.js';
import { distinct } from './distinct.js';
import type { KeptAnswers } from './kept-answers.duckdb.js';
import type { ParameterType } from './named-queries.js';
import { splitParameters } from './statement.js';
import type { AnswerColumn, AnswerValue, Question, QuestionOptions, Warehouse } from './warehouse.js';

export interface DuckDbWarehouseOptions {
  readonly lake: () => Promise<Lake>;
  /** The version of the lake if it is known to hold the whole stream, found without opening it. */
  readonly knownVersion: () => string | undefined;
  readonly answers: KeptAnswers;
  /** Gives a new path for what memory does not hold of one question. DuckDB makes the directory when it needs one. */
  readonly spillTo: () => string;
}

/** Neither the lake nor DuckDB is loaded for a question that was answered before. */
export function openDuckDbWarehouse({ lake, knownVersion, answers, spillTo }: DuckDbWarehouseOptions): Warehouse {
  const open = (question: Question, options: QuestionOptions) => openQuestion(lake, spillTo(), question, options);

  return {
    engine: 'duckdb',
    async ask(question, options) {
      const known = question.isStable ? knownVersion() : undefined;
      const kept = known === undefined ? undefined : answers.find(known, question);
      if (kept) return { columns: kept.columns, rows: once(kept.rows), cost: () => 'asked before' };
      const { prepared, tables, database, close } = await open(question, options);
      const columns = distinct(
        prepared.columns.map(({ name, type }): AnswerColumn => ({ name, type: TYPES[type] ?? 'other' })),
      );
      const toValue = prepared.columns.map(({ type }) => VALUES[type] ?? otherValue);
      async function* rows() {
        const all: AnswerValue[][] = [];
        try {
          for await (const some of prepared.rows(options.signal)) {
            const values = some.map((row) =>
              row.map((value, i) => (value === null ? null : (toValue[i] as ValueOf)(value))),
            );
            if (all.length <= KEPT_ROWS_MAX) all.push(...values);
            yield values;
          }
          const isWhole = all.length <= KEPT_ROWS_MAX && !options.signal.aborted;
          if (question.isStable && isWhole) answers.keep(tables.version, question, { columns, rows: all });
        } catch (error) {
          throw sqlError(error);
        } finally {
          close();
        }
      }
      const { csvPath } = options;
      const statement =
        csvPath &&
        csvStatement(
          textOf(question),
          prepared.columns,
          columns.map(({ name }) => name),
          csvPath,
        );
      async function writeCsv() {
        try {
          prepared.close();
          for await (const _ of (await database.prepare(statement as string, valuesOf(question))).rows(options.signal));
        } catch (error) {
          // Who reads the answer has seen enough.
          if (!/Broken pipe/.test(reasonOf(error))) throw sqlError(error);
        } finally {
          close();
        }
      }
      return {
        columns,
        rows: rows(),
        ...(statement && { writeCsv }),
        cost: () => `${bytes(tables.bytes)} in the lake`,
      };
    },
    async explain(question, options) {
      const { prepared, database, close } = await open(question, options);
      try {
        prepared.close();
        return await planOf(database, 'EXPLAIN', textOf(question), valuesOf(question), options.signal);
      } catch (error) {
        throw sqlError(error);
      } finally {
        close();
      }
    },
    async close() {},
  };
}

/** Prepares a question over the lake as it is now, on a database of its own that can do nothing else. */
async function openQuestion(
  lake: () => Promise<Lake>,
  spillTo: string,
  question: Question,
  { signal, onProgress, csvPath, isUnsafe }: QuestionOptions,
) {
  const open = await lake();
  await open.update({ signal, ...(onProgress && { onProgress }) });
  const tables = open.tables();
  const { openDatabase } = await import('../engines/duckdb/database.js');
  const database = await openDatabase({ spillTo });
  const close = () => {
    database.close();
    tables.release();
  };
  try {
    await database.run(tables.views);
    if (!isUnsafe) await database.seal([...tables.paths, ...(csvPath ? [csvPath] : [])]);
    const [text, values] = [textOf(question), valuesOf(question)];
    const prepared = await database.prepare(text, values);
    if (!isUnsafe && (!prepared.isSelect || (await isActing(database, text, values)))) {
      prepared.close();
      throw notAQuestion();
    }
    return { prepared, tables, database, close };
  } catch (error) {
    close();
    throw sqlError(error);
  }
}

/** An answer of more rows is not kept. */
const KEPT_ROWS_MAX = 5000;

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

/** The plan of a statement, which is not run. */
async function planOf(
  database: Database,
  explain: string,
  sql: string,
  values: Record<string, string | null>,
  signal = new AbortController().signal,
): Promise<string> {
  let text = '';
  const { rows } = await database.prepare(`${explain} ${sql}`, values);
  for await (const some of rows(signal)) for (const row of some) text += row[1];
  return text;
}

/**
 * Functions of DuckDB that change something when a SELECT calls them: they write logs and profiles, also past the terminal. The
 * last runs a statement that the plan does not show.
 */
const ACTING = /"name":\s*"((EN|DIS)ABLE_\w+|(FORCE_)?CHECKPOINT|TRUNCATE_\w+|JSON_EXECUTE_SERIALIZED_SQL)"/;
/** A statement without these words calls none of them. `query` runs a text that may be put together from parts. */
const MAY_ACT = /able_|checkpoint|truncate|serialized|query/i;

async function isActing(database: Database, sql: string, values: Record<string, string | null>): Promise<boolean> {
  return MAY_ACT.test(sql) && ACTING.test(await planOf(database, 'EXPLAIN (FORMAT json)', sql, values));
}

const SQL_TYPES: Readonly<Record<ParameterType, string>> = {
  text: 'VARCHAR',
  integer: 'BIGINT',
  decimal: 'DECIMAL(18,6)',
  boolean: 'BOOLEAN',
  date: 'DATE',
};

function textOf({ sql, values }: Question): string {
  const types = new Map(values.map(({ name, type }) => [name, SQL_TYPES[type]]));
  return splitParameters(sql, (name) => {
    const type = types.get(name);
    if (!type)
      throw new AlakazamError('usage', `the SQL has a parameter :${name}, and it has no value`, {
        hint: `--param ${name}=…`,
      });
    return `CAST($${name} AS ${type})`;
  }).text;
}

function valuesOf({ values }: Question): Record<string, string | null> {
  return Object.fromEntries(values.map(({ name, value }) => [name, value]));
}

const TYPES: Readonly<Record<string, AnswerColumn['type']>> = {
  VARCHAR: 'text',
  TINYINT: 'integer',
  SMALLINT: 'integer',
  INTEGER: 'integer',
  BIGINT: 'integer',
  HUGEINT: 'integer',
  DECIMAL: 'decimal',
  DOUBLE: 'number',
  FLOAT: 'number',
  BOOLEAN: 'boolean',
  DATE: 'date',
  TIMESTAMP: 'timestamp',
};

/** Makes a cell of a value that is not null, as the bindings give it for JSON. */
type ValueOf = (value: unknown) => AnswerValue;

const asItIs: ValueOf = (value) => value as AnswerValue;
const otherValue: ValueOf = (value) => (typeof value === 'object' ? JSON.stringify(value) : (value as AnswerValue));
/** The bindings give large whole numbers as text. */
const wholeValue: ValueOf = (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : (value as string));

const VALUES: Readonly<Record<string, ValueOf>> = {
  VARCHAR: asItIs,
  DECIMAL: (value) => plainDecimal(value as string),
  BIGINT: wholeValue,
  HUGEINT: wholeValue,
  // Those that JSON lacks come as text: NaN, Infinity.
  DOUBLE: Number,
  FLOAT: Number,
  TIMESTAMP: (value) => (value as string).replace(' ', 'T'),
};

/** Kinds of DuckDB's errors that are mistakes in the SQL. */
const MISTAKES = ['Parser', 'Binder', 'Catalog', 'Syntax', 'Conversion'];

/** DuckDB's own words, which show the place and the nearest names, as an error and its hint. */
function sqlError(error: unknown): unknown {
  if (error instanceof AlakazamError || !(error instanceof Error)) return error;
  const [, ...rest] = error.message.split('\n');
  const [, kind = '', message = reasonOf(error)] = /(?:^|: )([A-Z][\w ]+) Error: (.*)/.exec(reasonOf(error)) ?? [];
  if (/file system operations are disabled/.test(message)) {
    const hint = 'a question reads the lake alone; --unsafe lets it read and write other files';
    return new AlakazamError('access', message, { hint, cause: error });
  }
  const hint = rest
    .join('\n')
    .replace(/^\n+|\n+$/g, '')
    .replaceAll('\n\n', '\n');
  return new AlakazamError(MISTAKES.includes(kind) ? 'usage' : 'failed', message, {
    hint: hint || undefined,
    cause: error,
  });
}

function notAQuestion(): AlakazamError {
  return new AlakazamError('usage', 'that is no question: it would change something', {
    hint: 'alakazam query takes one SELECT; --unsafe runs any statement',
  });
}
