/** An answer as a chart. */
import { AlakazamError } from '../errors.js';
import { fit, widthOfAll } from '../terminal/cells.js';
import { type ChartPoint, drawArea, drawBars, labelRoom } from '../terminal/chart.js';
import { shrunk } from '../terminal/table.js';
import type { Text } from '../terminal/text.js';
import type { AnswerRow, ShownColumn } from './answer-columns.js';

/** A name among several is not cut to less than this. */
const NAME_MIN = 4;

/**
 * Draws the first column of money, or else of other numbers, over the columns before it that name the row; over time if that is one
 * column of dates or months. Undefined if no row has a number. Throws an `AlakazamError` if there is no such column.
 */
export function chartOf(columns: readonly ShownColumn[], rows: readonly AnswerRow[], width: number): Text | undefined {
  const measure = columns.find(({ role }) => role === 'money') ?? measureOf(columns);
  if (!measure) throw notDrawn('no number to draw', columns, 'count(*)');
  const names = namesOf(columns, measure);
  if (names.length === 0) throw notDrawn('no column that says what each number is of', columns, 'country');
  const drawn = rows.filter((row) => row[measure.name] !== null);
  if (drawn.length === 0) return undefined;
  const labels = labelsOf(names, drawn, labelRoom(width));
  const points = drawn.map(
    (row, i): ChartPoint => ({
      label: labels[i] as string,
      value: Number(row[measure.name]),
      shown: measure.show(row),
    }),
  );
  return isTime(names, labels) ? drawArea(points, width) : drawBars(points, width);
}

/** A number that is not the first column; where nothing names the rows, the first number does. */
function measureOf(columns: readonly ShownColumn[]): ShownColumn | undefined {
  const numbers = columns.filter(({ role }) => role === 'number');
  return numbers.find((column) => column !== columns[0]) ?? numbers[0];
}

function namesOf(columns: readonly ShownColumn[], measure: ShownColumn): readonly ShownColumn[] {
  const before = columns.slice(0, columns.indexOf(measure));
  const names = before.filter(({ role }) => role === 'name');
  if (names.length > 0) return names;
  const other = before[0] ?? columns.find(({ role }) => role === 'name');
  return other ? [other] : [];
}

/** Labels of several columns stand under each other, each column with its part of the room. */
function labelsOf(names: readonly ShownColumn[], rows: readonly AnswerRow[], room: number): string[] {
  if (names.length === 1) return rows.map((row) => (names[0] as ShownColumn).show(row));
  const cells = rows.map((row) => names.map(({ show }) => show(row)));
  const widest = names.map((_, i) => widthOfAll(cells.map((row) => row[i] as string)));
  const least = names.map(({ isNumber, isWhole }, i) =>
    isNumber || isWhole ? (widest[i] as number) : Math.min(widest[i] as number, NAME_MIN),
  );
  // They stand one column apart, the columns of a table two.
  const widths = shrunk(widest, least, room + names.length - 1) ?? widest;
  return cells.map((row) =>
    row
      .map((text, i) => fit(text, widths[i] as number, names[i]?.isNumber))
      .join(' ')
      .trimEnd(),
  );
}

function isTime(names: readonly ShownColumn[], labels: readonly string[]): boolean {
  const isMonth = (label: string) => /^\d{4}-\d{2}(-\d{2})?$/.test(label);
  return names.length === 1 && labels.length > 1 && ((names[0] as ShownColumn).isDate || labels.every(isMonth));
}

function notDrawn(what: string, columns: readonly ShownColumn[], example: string): AlakazamError {
  return new AlakazamError(
    'usage',
    `the answer has ${what}; its columns: ${columns.map(({ name }) => name).join(', ')}`,
    {
      hint: `add one, such as ${example}, or leave out --chart`,
    },
  );
}
