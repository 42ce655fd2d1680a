/** A question as Athena takes it: `?` for each parameter, and a literal for each `?`. */
import { AlakazamError } from '../errors.js';
import { checkOneQuestion } from './one-question.js';
import { SQL_TYPES, writeQuestion } from './question-values.js';
import type { Question, QuestionValue } from './warehouse.js';

export interface AthenaStatement {
  readonly text: string;
  /** SQL literals in the order of the `?`. */
  readonly parameters: readonly string[];
  /**
   * The line of the question, as somebody typed it, at a line and column of `text`, both from 1, and how many characters stand
   * before the place. Undefined if there is no such place.
   */
  placeOf(line: number, column: number): { readonly line: string; readonly before: number } | undefined;
}

/** https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html: the longest of `ExecutionParameters`. */
const LITERAL_LENGTH_MAX = 1024;

/** Stands for one parameter while the statement is put together. */
const PARAMETER = '\0';

export function athenaStatement(question: Question): AthenaStatement {
  return written(question, '', () => '?');
}

/** Trino binds no parameters in EXPLAIN, so its literals stand in the text. */
export function explainStatement(question: Question): AthenaStatement {
  const { parameters, ...statement } = written(question, 'EXPLAIN ', (literal) => literal);
  const isOneLine = parameters.every((literal) => !literal.includes('\n'));
  return { text: statement.text, parameters: [], placeOf: isOneLine ? statement.placeOf : () => undefined };
}

/** `before` is put in front of the question, and what `stand` makes of a literal in its place. */
function written(question: Question, before: string, stand: (literal: string) => string): AthenaStatement {
  if (question.sql.includes(PARAMETER)) throw new AlakazamError('usage', 'the SQL has a character of code 0 in it');
  const asked: QuestionValue[] = [];
  const { text, names } = writeQuestion(question, (value) => {
    asked.push(value);
    return PARAMETER;
  });
  const parameters = asked.map(({ name, value }) => {
    const literal = literalOf(value);
    if (literal.length <= LITERAL_LENGTH_MAX) return literal;
    throw new AlakazamError('usage', `parameter ${name} is longer than Athena takes: ${LITERAL_LENGTH_MAX} characters`);
  });
  // Athena puts the literal where the `?` is. The cast makes a date of a text, and gives NULL a type.
  const sent = asked.map(({ type }, i) => `CAST(${stand(parameters[i] as string)} AS ${SQL_TYPES[type]})`);
  const typed = names.map((name) => `:${name}`);
  return {
    text: before + filled(text, sent),
    parameters,
    placeOf(line, column) {
      const found = text.split('\n')[line - 1];
      if (found === undefined) return undefined;
      const earlier =
        text
          .split('\n', line - 1)
          .join('')
          .split(PARAMETER).length - 1;
      const start = line === 1 ? [...before].length : 0;
      const position = placeIn(found, column - 1 - start, sent.slice(earlier), typed.slice(earlier));
      return position === undefined ? undefined : { line: filled(found, typed.slice(earlier)), before: position };
    },
  };
}

/** A text as SQL writes it; null is NULL. */
export function literalOf(value: string | null): string {
  return value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`;
}

function filled(marked: string, instead: readonly string[]): string {
  let n = 0;
  return marked.replaceAll(PARAMETER, () => instead[n++] as string);
}

/** How many characters stand before a place in the line with `typed`, if `before` stand before it in the line with `sent`. */
function placeIn(marked: string, before: number, sent: readonly string[], typed: readonly string[]) {
  let [passed, original, n] = [0, 0, 0];
  // Athena counts characters, not UTF-16 units.
  for (const character of marked) {
    const isParameter = character === PARAMETER;
    passed += isParameter ? [...(sent[n] as string)].length : 1;
    if (before < passed) return original;
    original += isParameter ? (typed[n++] as string).length : 1;
  }
  return before === passed ? original : undefined;
}

/** What asks and changes nothing. The others of Trino that begin so are none of Athena's. */
const QUESTIONS = ['SELECT', 'WITH', 'VALUES', 'TABLE'];

/** Throws an `AlakazamError` for anything but one question. */
export function checkQuestion(sql: string): void {
  checkOneQuestion(sql, QUESTIONS);
}
