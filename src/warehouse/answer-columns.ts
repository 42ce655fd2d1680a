/** The columns of an answer, as a person, a file or a chart shows them. */
import type { Column } from '../terminal/answer.js';
import { type ChartPoint, drawArea, drawBars } from '../terminal/chart.js';
import { decimal, pounds, whole } from '../terminal/numbers.js';
import type { Text } from '../terminal/text.js';
import type { AnswerColumn, AnswerValue } from './warehouse.js';

/** A row of an answer by the name of its column. */
export type AnswerRow = Readonly<Record<string, AnswerValue>>;

export function rowOf(columns: readonly AnswerColumn[], values: readonly AnswerValue[]): AnswerRow {
  return Object.fromEntries(columns.map(({ name }, i) => [name, values[i] as AnswerValue]));
}

const NUMBERS = ['integer', 'decimal', 'number'];
const isNumber = ({ type }: AnswerColumn) => NUMBERS.includes(type);
/** Numbers that name something, and are not counted with. */
const IDENTIFIER = /(^|_)(id|no|code|year|month|hour|weekday|sequence)$/i;
const MONEY = /revenue|price|value|spent|turnover/i;

/** `isDefused`: a text that a spreadsheet would run as a formula gets an apostrophe before it. */
export function columnsOf(columns: readonly AnswerColumn[], isDefused = false): Column<AnswerRow>[] {
  return columns.map((column) => ({
    name: column.name,
    isNumber: isNumber(column),
    isWhole: column.type !== 'text' || IDENTIFIER.test(column.name),
    value: (row) => {
      const value = plainOf(row[column.name] as AnswerValue);
      return isDefused && column.type === 'text' && typeof value === 'string'
        ? value.replace(/^(?=[=+@\t\r-])/, "'")
        : value;
    },
    show: (row) => shownOf(column, row[column.name] as AnswerValue),
  }));
}

function plainOf(value: AnswerValue): string | number | null {
  return typeof value === 'boolean' ? String(value) : value;
}

function shownOf({ name, type }: AnswerColumn, value: AnswerValue): string {
  if (value === null) return '';
  if (IDENTIFIER.test(name)) return String(value);
  if (type === 'integer') return typeof value === 'number' ? whole(value) : decimal(String(value));
  if (type === 'decimal') return MONEY.test(name) ? pounds(String(value)) : decimal(String(value));
  if (type === 'timestamp') return String(value).replace('T', ' ').replace(/:00$/, '');
  return String(value);
}

/**
 * Draws the last column of numbers over the first column; over time if that is a date or a month. Undefined if there is no column
 * of numbers.
 */
export function chartOf(columns: readonly AnswerColumn[], rows: readonly AnswerRow[], width: number): Text | undefined {
  const measure =
    columns.find((column) => isNumber(column) && MONEY.test(column.name)) ??
    columns.slice(1).find((column) => isNumber(column) && !IDENTIFIER.test(column.name));
  const labels = columns
    .slice(0, measure ? Math.max(1, columns.indexOf(measure)) : 0)
    .filter((column) => column !== measure && !isNumber(column));
  const [first = columns[0]] = labels;
  if (!measure || !first) return undefined;
  const points = rows.flatMap((row): ChartPoint[] => {
    const value = row[measure.name] as AnswerValue;
    const label = (labels.length > 0 ? labels : [first])
      .map((column) => shownOf(column, row[column.name] as AnswerValue))
      .join(' ');
    return value === null ? [] : [{ label, value: Number(value), shown: shownOf(measure, value) }];
  });
  const isTime =
    ['date', 'timestamp'].includes(first.type) || points.every(({ label }) => /^\d{4}-\d{2}(-\d{2})?\b/.test(label));
  return isTime && points.length > 1 ? drawArea(points, width) : drawBars(points, width);
}
