/** Whether an SQL text is one question, which changes nothing. */
import { AlakazamError } from '../errors.js';
import { outlineOf, withoutEnd } from './statement.js';

/** Throws an `AlakazamError` for a text of comments, blanks and semicolons alone. */
export function checkNotEmpty(sql: string): void {
  if (/^[;\s]*$/.test(outlineOf(sql))) throw new AlakazamError('usage', 'there is no SQL');
}

/**
 * Throws an `AlakazamError` for a parameter as DuckDB and PostgreSQL write them. Not for Trino, where a `?` may be a part of a
 * pattern of rows.
 */
export function checkParameterSigns(sql: string): void {
  const found = /(?<![\p{L}\p{N}_$])\$\w+|\?\d*/u.exec(outlineOf(sql))?.[0];
  if (found === undefined) return;
  throw new AlakazamError('usage', `the SQL has a parameter ${found}; valid: a colon and a name, such as :country`, {
    hint: '-p country=France gives it a value',
  });
}

/** Throws an `AlakazamError` for anything but one statement that begins with one of these words, in capital letters. */
export function checkOneQuestion(sql: string, beginnings: readonly string[]): void {
  checkNotEmpty(sql);
  const outline = outlineOf(withoutEnd(sql)).trim();
  if (outline.includes(';')) throw new AlakazamError('usage', 'several statements; valid: one');
  const word = /^[(\s]*(\w*)/.exec(outline)?.[1]?.toUpperCase() ?? '';
  if (beginnings.includes(word)) return;
  if (word === 'EXPLAIN') {
    throw new AlakazamError('usage', 'that is no question, but EXPLAIN', { hint: 'alakazam query --explain' });
  }
  throw new AlakazamError('usage', `that is no question: it begins with ${word || JSON.stringify(outline[0])}`, {
    hint: 'valid: one SELECT; --unsafe runs any statement',
  });
}
