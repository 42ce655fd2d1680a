/** The columns of an answer, as a person, a file or a chart shows them. */
import type { Column } from '../terminal/answer.js';
import { decimal, percent, pounds, whole } from '../terminal/numbers.js';
import type { AnswerColumn, AnswerValue } from './warehouse.js';

/** A row of an answer by the name of its column. */
export type AnswerRow = Readonly<Record<string, AnswerValue>>;

export function rowOf(columns: readonly AnswerColumn[], values: readonly AnswerValue[]): AnswerRow {
  return Object.fromEntries(columns.map(({ name }, i) => [name, values[i] as AnswerValue]));
}

const NUMBERS = ['integer', 'decimal', 'number'];
const isNumber = ({ type }: AnswerColumn) => NUMBERS.includes(type);
/** Numbers that name something, and are not counted with. */
const IDENTIFIER = /(^|_)(id|no|code|year|month|hour|weekday|sequence|later)$/i;
const MONEY = /revenue|price|value|spent|turnover/i;
/** Part of a whole, `revenue_share`: no money, whatever it is the part of. */
const PART = /(^|_)(share|growth|retention|support|confidence)(_|$)/i;
/** Money in the queries that come with the program. In somebody's own SQL it may be the mean of anything. */
const BUILT_IN_MONEY = /^(mean|median|p90|largest)$/;

export interface AnswerDisplay {
  /** The SQL came with the program, so the names of its columns are known to say what they are. */
  readonly isBuiltIn?: boolean;
}

export interface ShownColumn extends Column<AnswerRow> {
  readonly show: (row: AnswerRow) => string;
  /** A name says which row it is: a text, a date, or a number that is not counted with. */
  readonly role: 'name' | 'number' | 'money';
  readonly isDate: boolean;
}

export function columnsOf(columns: readonly AnswerColumn[], display: AnswerDisplay = {}): ShownColumn[] {
  return columns.map((column) => ({
    name: column.name,
    role: roleOf(column, display),
    isDate: column.type === 'date' || column.type === 'timestamp',
    isNumber: isNumber(column),
    isWhole: column.type !== 'text' || IDENTIFIER.test(column.name),
    value: (row) => plainOf(row[column.name] as AnswerValue),
    show: (row) => shownOf(column, row[column.name] as AnswerValue, display),
  }));
}

function roleOf(column: AnswerColumn, { isBuiltIn = false }: AnswerDisplay): ShownColumn['role'] {
  if (!isNumber(column) || IDENTIFIER.test(column.name)) return 'name';
  return isMoney(column, isBuiltIn) ? 'money' : 'number';
}

function plainOf(value: AnswerValue): string | number | null {
  return typeof value === 'boolean' ? String(value) : value;
}

function shownOf(column: AnswerColumn, value: AnswerValue, { isBuiltIn = false }: AnswerDisplay): string {
  const { name, type } = column;
  if (value === null) return '';
  if (IDENTIFIER.test(name)) return String(value);
  if (type === 'integer') return typeof value === 'number' ? whole(value) : decimal(String(value));
  if (type === 'timestamp') return String(value).replace('T', ' ').replace(/:00$/, '');
  if (type !== 'decimal') return String(value);
  // Somebody's own share may be a percentage already.
  if (isBuiltIn && PART.test(name)) return percent(String(value));
  return isMoney(column, isBuiltIn) ? pounds(String(value)) : decimal(String(value));
}

function isMoney({ name }: AnswerColumn, isBuiltIn: boolean): boolean {
  return !PART.test(name) && (MONEY.test(name) || (isBuiltIn && BUILT_IN_MONEY.test(name)));
}
