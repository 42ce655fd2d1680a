/** What DuckDB says of a statement, as an error for people. */
import { AlakazamError, reasonOf } from '../errors.js';

/** Kinds of DuckDB's errors that are mistakes in the SQL. */
const MISTAKES = ['Parser', 'Binder', 'Catalog', 'Syntax', 'Conversion'];

/** DuckDB's own words, which show the place and the nearest names, as an error and its hint. */
export function sqlError(error: unknown): unknown {
  if (error instanceof AlakazamError || !(error instanceof Error)) return error;
  const [, ...rest] = error.message.split('\n');
  const [, kind = '', message = reasonOf(error)] = /(?:^|: )([A-Z][\w ]+) Error: (.*)/.exec(reasonOf(error)) ?? [];
  if (/file system operations are disabled/.test(message)) {
    const hint = 'a question reads the lake alone; --unsafe lets it read and write other files';
    return new AlakazamError('usage', message, { hint, cause: error });
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
