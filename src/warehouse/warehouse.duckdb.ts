/** The warehouse on this machine: DuckDB over the lake. */
import type { Database } from '../engines/duckdb/database.js';
import { AlakazamError, reasonOf } from '../errors.js';
import type { CurrentTables } from '../lake/lake.js';
import { bytes } from '../terminal/numbers.js';
import type { KeptAnswers } from './kept-answers.duckdb.js';
import { checkNotEmpty, checkParameterSigns } from './one-question.js';
import { SQL_TYPES, writeQuestion } from './question-values.js';
import { sqlError } from './sql-error.duckdb.js';
import { answerColumns, answerRows } from './values.duckdb.js';
import type { AnswerValue, Question, QuestionOptions, Warehouse } from './warehouse.js';
import { writingStatement } from './write-answer.duckdb.js';

export interface DuckDbWarehouseOptions {
  readonly currentTables: CurrentTables;
  /** The version of the lake if it is known to hold the whole stream, found without opening it. */
  readonly knownVersion: () => string | undefined;
  readonly answers: KeptAnswers;
  /** Gives a new path for what memory does not hold of one question. DuckDB makes the directory when it needs one. */
  readonly spillTo: () => string;
}

/** Neither the lake nor DuckDB is loaded for a question that was answered before. */
export function openDuckDbWarehouse({
  currentTables,
  knownVersion,
  answers,
  spillTo,
}: DuckDbWarehouseOptions): Warehouse {
  const open = (question: Question, options: QuestionOptions) =>
    openQuestion(currentTables, spillTo(), question, options);

  return {
    engine: 'duckdb',
    async ask(question, { writeTo, ...others }) {
      // What may be kept goes through our hands. Parquet does not.
      const isKept = question.isStable === true && writeTo?.format !== 'parquet';
      const options = isKept ? others : { ...others, writeTo };
      const known = isKept ? knownVersion() : undefined;
      const kept = known === undefined ? undefined : answers.find(known, question);
      if (kept) return { columns: kept.columns, rows: once(kept.rows), cost: () => 'asked before' };
      const opened = await open(question, options);
      const columns = answerColumns(opened.prepared);
      const keep = (rows: readonly AnswerValue[][]) =>
        question.isStable && answers.keep(opened.tables.version, question, { columns, rows });
      const { prepared } = opened;
      const statement =
        !isKept && writeTo && prepared.isSelect
          ? writingStatement(textOf(question), prepared.columns, columns, writeTo)
          : undefined;
      return {
        columns,
        rows: rowsOf(opened, options.signal, keep),
        ...(statement && { write: () => write(opened, statement, question, options.signal) }),
        cost: () => `${bytes(opened.tables.bytes)} in the lake`,
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

/** To write an answer takes little more than the rows on their way, and DuckDB's buffers for files come on top. */
const WRITING_MEMORY_MIB = 192;

/** Prepares a question over the lake as it is now, on a database of its own that can do nothing else. */
async function openQuestion(
  currentTables: CurrentTables,
  spillTo: string,
  question: Question,
  { signal, onProgress, writeTo, isUnsafe }: QuestionOptions,
) {
  checkNotEmpty(question.sql);
  checkParameterSigns(question.sql);
  const tables = await currentTables({ signal, ...(onProgress && { onProgress }) });
  const { openDatabase } = await import('../engines/duckdb/database.js');
  const database = await openDatabase({ spillTo, ...(writeTo && { memoryMib: WRITING_MEMORY_MIB }) });
  const close = () => {
    database.close();
    tables.release();
  };
  try {
    await database.run(tables.views);
    if (!isUnsafe) await database.seal([...tables.paths, ...(writeTo ? [writeTo.path] : [])]);
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

type OpenQuestion = Awaited<ReturnType<typeof openQuestion>>;

/** An answer of more rows is not kept. */
const KEPT_ROWS_MAX = 5000;

async function* rowsOf(
  { prepared, close }: OpenQuestion,
  signal: AbortSignal,
  keep: (rows: readonly AnswerValue[][]) => void,
): AsyncGenerator<AnswerValue[][]> {
  const all: AnswerValue[][] = [];
  try {
    for await (const rows of answerRows(prepared, signal)) {
      if (all.length <= KEPT_ROWS_MAX) all.push(...rows);
      yield rows;
    }
    if (all.length <= KEPT_ROWS_MAX && !signal.aborted) keep(all);
  } catch (error) {
    throw sqlError(error);
  } finally {
    close();
  }
}

async function write(
  { prepared, database, close }: OpenQuestion,
  statement: string,
  question: Question,
  signal: AbortSignal,
) {
  try {
    prepared.close();
    const { rows } = await database.prepare(statement, valuesOf(question));
    for await (const _ of rows(signal));
  } catch (error) {
    // Whoever reads the answer has seen enough.
    if (!/Broken pipe/.test(reasonOf(error))) throw sqlError(error);
  } finally {
    close();
  }
}

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

function textOf(question: Question): string {
  return writeQuestion(question, ({ name, type }) => `CAST($${name} AS ${SQL_TYPES[type]})`).text;
}

function valuesOf({ values }: Question): Record<string, string | null> {
  return Object.fromEntries(values.map(({ name, value }) => [name, value]));
}

function notAQuestion(): AlakazamError {
  return new AlakazamError('usage', 'that is no question: it would change something', {
    hint: 'valid: one SELECT; --unsafe runs any statement',
  });
}
