/** The values of an answer, from those of DuckDB's bindings. */
import type { Prepared } from '../engines/duckdb/database.js';
import { plainDecimal } from '../orders/money.js';
import { distinct } from './distinct.js';
import type { AnswerColumn, AnswerValue } from './warehouse.js';

export function answerColumns({ columns }: Prepared): AnswerColumn[] {
  return distinct(columns.map(({ name, type }) => ({ name, type: TYPES[type] ?? 'other' })));
}

/** Rows as they come. */
export async function* answerRows({ columns, rows }: Prepared, signal: AbortSignal): AsyncGenerator<AnswerValue[][]> {
  const toValue = columns.map(({ type }) => VALUES[type] ?? otherValue);
  for await (const some of rows(signal)) {
    yield some.map((row) => row.map((value, i) => (value === null ? null : (toValue[i] as ValueOf)(value))));
  }
}

const TYPES: Readonly<Record<string, AnswerColumn['type']>> = {
  VARCHAR: 'text',
  TINYINT: 'integer',
  SMALLINT: 'integer',
  INTEGER: 'integer',
  BIGINT: 'integer',
  HUGEINT: 'integer',
  UTINYINT: 'integer',
  USMALLINT: 'integer',
  UINTEGER: 'integer',
  UBIGINT: 'integer',
  UHUGEINT: 'integer',
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

/** The bindings give infinite dates as the days that stand for them, which no other date has. */
const INFINITE_DATES: Readonly<Record<string, string>> = {
  '5881580-07-11': 'infinity',
  '5877642-06-24 (BC)': '-infinity',
};

const VALUES: Readonly<Record<string, ValueOf>> = {
  VARCHAR: asItIs,
  DECIMAL: (value) => plainDecimal(value as string),
  BIGINT: wholeValue,
  HUGEINT: wholeValue,
  UBIGINT: wholeValue,
  UHUGEINT: wholeValue,
  // Those that JSON lacks come as text: NaN, Infinity.
  DOUBLE: Number,
  FLOAT: Number,
  DATE: (value) => INFINITE_DATES[value as string] ?? (value as string),
  TIMESTAMP: (value) => (value as string).replaceAll(' ', 'T'),
};
