/** Writes a question as an engine takes it: each parameter as the engine reads it, with the value that it has. */
import { AlakazamError } from '../errors.js';
import type { ParameterType } from './named-queries.js';
import { type SplitStatement, splitParameters, withoutEnd } from './statement.js';
import type { Question, QuestionValue } from './warehouse.js';

/** Types of parameters, as all engines call them. */
export const SQL_TYPES: Readonly<Record<ParameterType, string>> = {
  text: 'varchar',
  integer: 'bigint',
  count: 'integer',
  decimal: 'decimal(18, 6)',
  boolean: 'boolean',
  date: 'date',
};

/** Without the semicolon at its end. Throws an `AlakazamError` for a parameter without a value, and for a value without one. */
export function writeQuestion({ sql, values }: Question, write: (value: QuestionValue) => string): SplitStatement {
  const byName = new Map(values.map((each) => [each.name, each]));
  const written = splitParameters(withoutEnd(sql), (name) => {
    const value = byName.get(name);
    if (value) return write(value);
    throw new AlakazamError('usage', `the SQL has a parameter :${name}, and it has no value`, {
      hint: `--param ${name}=…`,
    });
  });
  const names = [...new Set(written.names)].map((name) => `:${name}`);
  const unused = values.find(({ name }) => !written.names.includes(name));
  if (!unused) return written;
  throw new AlakazamError('usage', `the SQL has no parameter :${unused.name}; it has ${names.join(', ') || 'none'}`, {
    hint: 'a parameter is written as a colon and its name, not within quotes',
  });
}
