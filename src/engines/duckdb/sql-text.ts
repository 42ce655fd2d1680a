/** Names, texts and paths as DuckDB's SQL writes them. Apart from the database, for those who write SQL before DuckDB is loaded. */
import { AlakazamError } from '../../errors.js';

/** A name as SQL writes it. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string as SQL writes it. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * The pattern that only the file at `path` matches. Whatever DuckDB reads, it takes for a pattern: without this, `a*` reads the
 * files of each directory that begins with `a`. What DuckDB writes it takes as it is.
 */
export function patternOf(path: string): string {
  if (!/[*?[]/.test(path)) return path;
  // In a pattern a backslash separates directories, and nothing makes a character of it.
  if (path.includes('\\')) {
    throw new AlakazamError('usage', `DuckDB can't read ${path}: it has a backslash and one of * ? [`, {
      hint: 'set ALAKAZAM_HOME to a directory without them',
    });
  }
  return path.replace(/[*?[]/g, '[$&]');
}
