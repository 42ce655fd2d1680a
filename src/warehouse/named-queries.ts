/**
 * A named query: a file `sql/<name>.sql` whose leading comment is its help.
 *
 *     -- Products by revenue or by units
 *     --
 *     -- What is counted, and what is left out.
 *     -- @param by revenue|units = revenue  what to rank by
 *     -- @param since date  only orders from this day on
 *     SELECT …
 */
import { AlakazamError } from '../errors.js';
import { isoDate } from '../orders/order-line.js';
import { splitParameters, withoutEnd } from './statement.js';

const SUMMARY_LENGTH_MAX = 60;

/** What a value of each type looks like, as somebody types it. */
const PATTERNS = {
  text: /^[\s\S]*$/,
  integer: /^-?\d{1,15}$/,
  count: /^\d{1,9}$/,
  decimal: /^-?\d{1,12}(\.\d{1,6})?$/,
  boolean: /^(true|false)$/,
  date: /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/,
} as const;

export type ParameterType = keyof typeof PATTERNS;
export const PARAMETER_TYPES = Object.keys(PATTERNS) as ParameterType[];

export interface QueryParameter {
  readonly name: string;
  /** A choice is a text. */
  readonly type: ParameterType;
  /** The only values that it may have. */
  readonly choices?: readonly string[];
  /** Its value where none is given, as somebody would type it. Without one it is null then. */
  readonly fallback?: string;
  readonly about: string;
}

export interface NamedQuery {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** What is counted and by which rule; may be empty. */
  readonly help: string;
  /** In the order of the file. */
  readonly parameters: readonly QueryParameter[];
  /** One statement, without a semicolon, with its parameters as `:name`. */
  readonly sql: string;
}

/** Reads the text of `sql/<name>.sql`. Throws if its comment is not as above, or if it does not name just the parameters of its SQL. */
export function parseQuery(name: string, text: string): NamedQuery {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('--'));
  const comment = (end < 0 ? lines : lines.slice(0, end)).map((line) => line.slice(2).trim());
  const refuse = (what: string) => new AlakazamError('usage', `sql/${name}.sql: ${what}`);

  const [summary = '', ...others] = comment;
  if (!summary || summary.startsWith('@')) throw refuse('its first line is not a comment that says what it answers');
  if (summary.length > SUMMARY_LENGTH_MAX) {
    throw refuse(`its first line has ${summary.length} characters; valid: at most ${SUMMARY_LENGTH_MAX}`);
  }
  const parameters = others.filter((line) => line.startsWith('@')).map((line) => parameterOf(line, refuse));
  const help = others.filter((line) => !line.startsWith('@'));
  const sql = withoutEnd((end < 0 ? [] : lines.slice(end)).join('\n')).trim();
  if (sql === '') throw refuse('there is no SQL after its comment');

  const listed = parameters.map((each) => each.name);
  const used = splitParameters(sql, (each) => each).names;
  for (const each of used) if (!listed.includes(each)) throw refuse(`:${each} has no line -- @param ${each}`);
  for (const [at, each] of listed.entries()) {
    if (!used.includes(each)) throw refuse(`its SQL has no :${each}`);
    if (listed.indexOf(each) !== at) throw refuse(`it has @param ${each} twice`);
  }
  return { name, summary, help: help.join('\n').trim(), parameters, sql };
}

/** `@param name type = fallback  about`; two spaces end what is typed. */
function parameterOf(line: string, refuse: (what: string) => AlakazamError): QueryParameter {
  const match = /^@param ([a-z]\w*) ([a-z_|-]+)(?: = (\S+))? {2,}(\S.*)$/.exec(line);
  if (!match) throw refuse(`${JSON.stringify(line)}; valid: @param name type = default  what it does`);
  const [, name, kind, fallback, about] = match as unknown as [string, string, string, string | undefined, string];
  const choices = kind.includes('|') ? kind.split('|') : undefined;
  if (!choices && !Object.hasOwn(PATTERNS, kind)) {
    throw refuse(`the type of ${name} is ${kind}; valid: ${PARAMETER_TYPES.join(', ')}, or a choice as revenue|units`);
  }
  const type = choices ? 'text' : (kind as ParameterType);
  const parameter: QueryParameter = { name, type, ...(choices && { choices }), about };
  if (fallback === undefined) return parameter;
  if (!isValueOf(parameter, fallback)) throw refuse(`the default of ${name} is ${fallback}, which is no ${kind}`);
  return { ...parameter, fallback };
}

/** Whether what somebody typed can be the value of a parameter. */
export function isValueOf({ type, choices }: QueryParameter, typed: string): boolean {
  if (choices) return choices.includes(typed);
  return PATTERNS[type].test(typed) && (type !== 'date' || isoDate(`${typed} 00:00`) !== undefined);
}
