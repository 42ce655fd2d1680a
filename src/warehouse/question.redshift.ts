/** A question as the Data API of Redshift takes it: named parameters, each with a text. */
import type { SqlParameter } from '@aws-sdk/client-redshift-data';
import { AlakazamError } from '../errors.js';
import { checkOneQuestion, checkParameterSigns } from './one-question.js';
import { SQL_TYPES, writeQuestion } from './question-values.js';
import { outlineOf, splitParameters } from './statement.js';
import type { Question, QuestionValue } from './warehouse.js';

export interface RedshiftStatement {
  readonly sql: string;
  /** Undefined where there are none: the API refuses an empty list. */
  readonly parameters: readonly SqlParameter[] | undefined;
  /** The line of the question at a place of `sql`, counted from 1, and how many characters stand before the place in it. */
  placeOf(position: number): { readonly line: string; readonly before: number } | undefined;
}

/** A varchar without a length is one of 256 bytes, and a cast to it cuts a longer text. */
const REDSHIFT_TYPES = { ...SQL_TYPES, text: 'varchar(65535)' };

/**
 * `before` is put in front of the question. Redshift makes of a text what the cast around it says. NULL and an empty text are no
 * values for the API, so they stand in the SQL.
 * https://docs.aws.amazon.com/redshift/latest/mgmt/data-api.html#data-api-calling-considerations
 */
export function redshiftStatement(question: Question, before = ''): RedshiftStatement {
  const sent = new Map<string, SqlParameter>();
  const { text, names } = writeQuestion(
    question,
    (value) => `CAST(${standIn(value, question.sql, sent)} AS ${REDSHIFT_TYPES[value.type]})`,
  );
  return {
    sql: before + text,
    parameters: sent.size > 0 ? [...sent.values()] : undefined,
    placeOf(position) {
      const at = position - 1 - before.length;
      // Redshift counts in its own form of a statement with parameters, which nobody sees.
      if (names.length > 0 || !(at >= 0 && at <= text.length)) return undefined;
      const start = text.lastIndexOf('\n', at - 1) + 1;
      return { line: text.slice(start).split('\n', 1)[0] as string, before: [...text.slice(start, at)].length };
    },
  };
}

/** What is written for a value. A name that is in a text or comment of the SQL, too, is made longer until it is not. */
function standIn({ name, value }: QuestionValue, sql: string, sent: Map<string, SqlParameter>): string {
  if (value === null) return 'NULL';
  if (value === '') return "''";
  const known = sent.get(name)?.name;
  if (known) return `:${known}`;
  const outline = splitParameters(sql, () => '').text;
  let own = name;
  while (outline.includes(`:${own}`) || [...sent.values()].some((each) => each.name === own)) own += '_';
  sent.set(name, { name: own, value });
  return `:${own}`;
}

const BEGINNINGS = ['SELECT', 'WITH'];

/** Where Redshift may see the end of a text or comment at another place than `statement.ts`. */
const AMBIGUOUS = [
  { pattern: /\\'/, what: "a backslash before a quote, which Redshift takes for a part of the text; write ''" },
  { pattern: /\$\w*\$/, what: 'a text between dollar signs; write it between quotes' },
  { pattern: /\/\*(?:(?!\*\/)[\s\S])*\/\*/, what: 'a comment within a comment' },
] as const;

/** Throws an `AlakazamError` for anything but one question. */
export function checkRedshiftQuestion(sql: string): void {
  checkOneQuestion(sql, BEGINNINGS);
  checkParameterSigns(sql);
  const found = AMBIGUOUS.find(({ pattern }) => pattern.test(sql));
  if (found) throw new AlakazamError('usage', `the SQL has ${found.what}`, { hint: UNSAFE });
  // https://docs.aws.amazon.com/redshift/latest/dg/r_SELECT_INTO.html
  if (/\binto\b/i.test(outlineOf(sql))) {
    throw new AlakazamError('usage', 'that is no question: SELECT INTO makes a table', { hint: UNSAFE });
  }
}

const UNSAFE = '--unsafe runs any statement';
