/**
 * Has DuckDB itself write an answer, on all cores: to make each value in JavaScript takes over ten times as long. CSV is the same
 * text as that of `csvLine`.
 */
import type { Prepared } from '../engines/duckdb/database.js';
import { sqlName, sqlText } from '../engines/duckdb/sql-text.js';
import type { AnswerColumn, WriteTo } from './warehouse.js';

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

/** A statement that writes the answer of `sql` to a file, or undefined if DuckDB would write other text than `csvLine`. */
export function writingStatement(
  sql: string,
  columns: Prepared['columns'],
  named: readonly AnswerColumn[],
  { path, format, isDefused, limit }: WriteTo,
): string | undefined {
  const isCsv = format === 'csv';
  if (isCsv && columns.some(({ type }) => !TEXTS[type])) return undefined;
  const values = columns.map(({ type }, i) => {
    const text = isCsv ? TEXTS[type]?.(`c${i}`) : `c${i}`;
    return `${isDefused && type === 'VARCHAR' ? defused(`c${i}`) : text} AS ${sqlName(named[i]?.name as string)}`;
  });
  const names = columns.map((_, i) => `c${i}`).join(', ');
  // A line feed ends a comment at the end of the statement.
  const answer = `SELECT ${values.join(', ')} FROM (${sql}\n) AS answer(${names}) ${limit === undefined ? '' : `LIMIT ${limit}`}`;
  return `COPY (${answer}) TO ${sqlText(path)} (${isCsv ? 'FORMAT csv, HEADER' : 'FORMAT parquet, COMPRESSION zstd'})`;
}

/** As `defusedText`. */
function defused(column: string): string {
  return `CASE WHEN regexp_matches(${column}, '^[=+@\\t\\r-]') THEN '''' || ${column} ELSE ${column} END`;
}
