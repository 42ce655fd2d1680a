/**
 * Has DuckDB itself write an answer, on all cores: to make each value in JavaScript takes over ten times as long. CSV is the same
 * text as that of `csvLine`.
 */
import { csvText } from '../engines/duckdb/csv-text.js';
import type { Prepared } from '../engines/duckdb/database.js';
import { sqlName, sqlText } from '../engines/duckdb/sql-text.js';
import type { AnswerColumn, WriteTo } from './warehouse.js';

/** A statement that writes the answer of `sql` to a file, or undefined if DuckDB would write other text than `csvLine`. */
export function writingStatement(
  sql: string,
  columns: Prepared['columns'],
  named: readonly AnswerColumn[],
  { path, format, isDefused, limit }: WriteTo,
): string | undefined {
  const isCsv = format === 'csv';
  if (isCsv && columns.some(({ type }, i) => csvText(type, `c${i}`) === undefined)) return undefined;
  const values = columns.map(({ type }, i) => {
    const text = isCsv ? (csvText(type, `c${i}`) as string) : `c${i}`;
    return `${isDefused && DEFUSED.includes(type) ? defused(text) : text} AS ${sqlName(named[i]?.name as string)}`;
  });
  const names = columns.map((_, i) => `c${i}`).join(', ');
  // A line feed ends a comment at the end of the statement.
  const answer = `SELECT ${values.join(', ')} FROM (${sql}\n) AS answer(${names}) ${limit === undefined ? '' : `LIMIT ${limit}`}`;
  return `COPY (${answer}) TO ${sqlText(path)} (${isCsv ? 'FORMAT csv, HEADER' : 'FORMAT parquet, COMPRESSION zstd'})`;
}

/** Of what is no number. A day may be `-infinity`. */
const DEFUSED: readonly string[] = ['VARCHAR', 'DATE', 'TIMESTAMP'];

/** As `defusedText`. */
function defused(column: string): string {
  return `CASE WHEN regexp_matches(${column}, '^[=+@\\t\\r\\n-]') THEN '''' || ${column} ELSE ${column} END`;
}
