/** Names of columns. */
import type { AnswerColumn } from './warehouse.js';

/** Columns with names of their own: the second `n` is `n_2`, and so is an `N` after it: to Parquet and SQL both are one name. */
export function distinct(columns: readonly AnswerColumn[]): AnswerColumn[] {
  const names = new Set<string>();
  return columns.map((column) => {
    let name = column.name;
    for (let n = 2; names.has(name.toLowerCase()); n++) name = `${column.name}_${n}`;
    names.add(name.toLowerCase());
    return { ...column, name };
  });
}
