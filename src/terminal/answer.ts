/** The answer on stdout: a table for a person, plain rows in a pipe, or the format that was asked for. */
import { openTable } from './table.js';
import type { Terminal } from './terminal.js';
import { printable, printableJson, type Style, type Text } from './text.js';

export interface Column<Row> {
  /** Name in a file; a terminal shows `title`, or the name. */
  readonly name: string;
  readonly title?: string;
  /** Stands at the right of its column on a terminal, and is never cut. */
  readonly isNumber?: boolean;
  /** A date or a code, which is not cut where a terminal is narrow. */
  readonly isWhole?: boolean;
  /** Width on a terminal, in characters. Without it, the first rows and the width of the terminal decide. */
  readonly width?: number;
  /** Plain: ISO dates, decimals, no thousands separators. Null is shown as nothing. */
  readonly value: (row: Row) => string | number | null;
  /** The value for a person. */
  readonly show?: (row: Row) => string;
  /** The style of the value where colours are wanted. */
  readonly style?: (row: Row) => Style | undefined;
}

export const FORMATS = ['table', 'json', 'ndjson', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

export interface AnswerOptions<Row> {
  /** The value for JSON, where that is not the array of the rows. */
  readonly json?: unknown;
  /** For a person, instead of a table of the same columns: other columns, or a drawing of all rows. */
  readonly table?: readonly Column<Row>[] | ((rows: readonly Row[]) => Text);
  /** The format for a pipe if nobody chose one. */
  readonly piped?: 'plain' | 'ndjson';
}

/** An answer that is written as its rows come. */
export interface OpenAnswer<Row> {
  /** The chosen format, or else the one that suits the reader: a terminal or a pipe. */
  readonly format: Format | 'plain';
  /** True for a table and for plain rows: rows of another kind may stand before these. */
  readonly isForPeople: boolean;
  /** Writes rows with one system call. The first rows decide the width of each column that has no `width`. */
  write(rows: Iterable<Row>): Promise<void>;
  /** Writes the end of the format, such as the bracket of a JSON array, and the header of a CSV without rows. */
  end(): Promise<void>;
}

/** Writes all rows of an answer. */
export async function answer<Row>(
  terminal: Terminal,
  format: Format | undefined,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: AnswerOptions<Row> = {},
): Promise<void> {
  const open = openAnswer(terminal, format, columns, options);
  if (rows.length > 0) await open.write(rows);
  await open.end();
}

export function openAnswer<Row>(
  terminal: Terminal,
  asked: Format | undefined,
  columns: readonly Column<Row>[],
  { json, table = columns, piped = 'plain' }: AnswerOptions<Row> = {},
): OpenAnswer<Row> {
  const format = asked ?? (terminal.isInteractive ? 'table' : piped);
  const { head = '', rowsOf, end = '' } = writers(terminal, columns, json, table)[format]();
  let isFirst = true;

  return {
    format,
    isForPeople: format === 'table' || format === 'plain',
    async write(rows) {
      const text = rowsOf(rows);
      if (text.length === 0) return;
      await terminal.write(isFirst ? [head, text] : text);
      isFirst = false;
    },
    end: () => terminal.write(isFirst ? head + end : end),
  };
}

/** How a format is written: what comes before the first row, rows, and what comes after the last. */
interface Writer<Row> {
  readonly head?: string;
  rowsOf(rows: Iterable<Row>): string | readonly Text[];
  readonly end?: string;
}

function writers<Row>(
  terminal: Terminal,
  columns: readonly Column<Row>[],
  json: unknown,
  table: NonNullable<AnswerOptions<Row>['table']>,
): Record<Format | 'plain', () => Writer<Row>> {
  const { isInteractive, isDefused } = terminal;
  const jsonOf = (value: unknown) => (isInteractive ? printableJson(JSON.stringify(value)) : JSON.stringify(value));
  const valuesOf = (row: Row) => columns.map(({ value }) => textOf(value(row)));
  const shownOf = (value: string | null) => (value === null ? null : printable(value));
  const printableOf = (row: Row) => valuesOf(row).map(shownOf);
  const bare = isInteractive ? printableOf : valuesOf;
  const csvOf = isDefused
    ? (row: Row) => bare(row).map((value, i) => (columns[i]?.isNumber || value === null ? value : defusedText(value)))
    : bare;
  const names = columns.map(({ name }) => (isInteractive ? printable(name) : name));

  return {
    plain: () => ({ rowsOf: each((row) => `${printableOf(row).join('\t')}\n`) }),
    ndjson: () => ({ rowsOf: each((row) => `${jsonOf(row)}\n`) }),
    csv: () => ({ head: csvLine(names), rowsOf: each((row) => csvLine(csvOf(row))) }),
    json: () => (json === undefined ? jsonArray(jsonOf) : { rowsOf: () => '', end: `${jsonOf(json)}\n` }),
    table: () => ({
      rowsOf: typeof table === 'function' ? (rows) => [table([...rows])] : openTable(table, terminal.columns),
    }),
  };
}

/** A format of one line a row. The rows need not be in memory at once. */
function each<Row>(lineOf: (row: Row) => string): (rows: Iterable<Row>) => string {
  return (rows) => {
    let text = '';
    for (const row of rows) text += lineOf(row);
    return text;
  };
}

function jsonArray<Row>(jsonOf: (value: unknown) => string): Writer<Row> {
  let separator = '';
  const rowsOf = each((row: Row) => {
    const text = separator + jsonOf(row);
    separator = ',';
    return text;
  });
  return { head: '[', rowsOf, end: ']\n' };
}

/** RFC 4180. Null is nothing, and a text without characters is `""`. A # is quoted: for some readers it begins a comment. */
export function csvLine(values: readonly (string | null)[]): string {
  const fieldOf = (value: string | null) => {
    if (value === null) return '';
    return value === '' || /[",\r\n#]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  };
  return `${values.map(fieldOf).join(',')}\n`;
}

/** Text with an apostrophe before what spreadsheets run: https://owasp.org/www-community/attacks/CSV_Injection */
export function defusedText(text: string): string {
  return text.replace(/^(?=[=+@\t\r\n-])/, "'");
}

function textOf(value: string | number | null): string | null {
  return value === null ? null : String(value);
}
