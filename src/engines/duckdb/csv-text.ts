/** SQL with which DuckDB writes the very CSV of `csvLine`: a test compares both. */
import type { Prepared } from './database.js';

type Type = Prepared['columns'][number]['type'];

const plain = (column: string) => `CAST(${column} AS VARCHAR)`;

/** Zeros at the end say nothing. A whole number has no point, so its zeros stay. One that is all places has no 0 before its point. */
function decimal(column: string): string {
  const all = plain(column);
  const short = `rtrim(rtrim(${all}, '0'), '.')`;
  return `CASE WHEN NOT contains(${all}, '.') THEN ${all}
    WHEN starts_with(${all}, '.') THEN '0' || ${short}
    WHEN starts_with(${all}, '-.') THEN '-0' || substr(${short}, 2)
    ELSE ${short} END`;
}

/** How a column becomes text; null stays null. */
const TEXTS: Partial<Record<Type, (column: string) => string>> = {
  VARCHAR: (column) => column,
  TINYINT: plain,
  SMALLINT: plain,
  INTEGER: plain,
  BIGINT: plain,
  HUGEINT: plain,
  UTINYINT: plain,
  USMALLINT: plain,
  UINTEGER: plain,
  UBIGINT: plain,
  UHUGEINT: plain,
  BOOLEAN: plain,
  DATE: plain,
  DECIMAL: decimal,
  TIMESTAMP: (column) => `replace(${plain(column)}, ' ', 'T')`,
};

/** The text of a column, or undefined if DuckDB would write another one than JavaScript. */
export function csvText(type: Type, column: string): string | undefined {
  return TEXTS[type]?.(column);
}
