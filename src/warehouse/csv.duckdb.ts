/**
 * Has DuckDB itself write an answer as CSV, on all cores: to make each value in JavaScript takes over ten times as long. The text
 * is the same as that of `csvLine`.
 */
import { type Prepared, sqlName, sqlText } from '../engines/duckdb/database.js';
import type { AnswerColumn } from './warehouse.js';

type Type = Prepared['columns'][number]['type'];

const plain = (column: string) => `CAST(${column} AS VARCHAR)`;

/** How a column becomes text; null stays null. */
const TEXTS: Partial<Record<Type, (column: string) => string>> = {
  VARCHAR: (column) => column,
  TINYINT: plain,
  SMALLINT: plain,
  INTEGER: plain,
  BIGINT: plain,
  HUGEINT: plain,
  BOOLEAN: plain,
  DATE: plain,
  // Zeros at the end say nothing. A whole number has no point, so its zeros stay.
  DECIMAL: (column) =>
    `CASE WHEN contains(${plain(column)}, '.') THEN rtrim(rtrim(${plain(column)}, '0'), '.') ELSE ${plain(column)} END`,
  TIMESTAMP: (column) => `replace(${plain(column)}, ' ', 'T')`,
};

/** A statement that writes the answer of `sql` to a path, under a header of the names of `named`, or undefined if a column has a type of which DuckDB writes other text. */
export function csvStatement(
  sql: string,
  columns: Prepared['columns'],
  named: readonly AnswerColumn[],
  path: string,
): string | undefined {
  if (columns.some(({ type }) => !TEXTS[type])) return undefined;
  const texts = columns.map(({ type }, i) => `${TEXTS[type]?.(`c${i}`)} AS ${sqlName(named[i]?.name as string)}`);
  // A line feed ends a comment at the end of the statement.
  const answer = `SELECT ${texts.join(', ')} FROM (${sql}\n) AS answer(${columns.map((_, i) => `c${i}`).join(', ')})`;
  return `COPY (${answer}) TO ${sqlText(path)} (FORMAT csv, HEADER)`;
}
