/** The answer on stdout: a table for a person, plain rows in a pipe, or the format that was asked for. */
import type { FORMATS } from '../options.js';
import type { Style, Terminal } from './terminal.js';

export interface Column<Row> {
  /** Name in a file; a terminal shows `title`, or the name. */
  readonly name: string;
  readonly title?: string;
  readonly isNumber?: boolean;
  /** Plain: ISO dates, decimals, no thousands separators. Null is shown as nothing. */
  readonly value: (row: Row) => string | number | null;
  /** As a person reads it. */
  readonly show?: (row: Row) => string;
  /** How it stands out where colours are wanted. */
  readonly style?: (row: Row) => Style | undefined;
}

export type Format = (typeof FORMATS)[number];

/** Writes rows. `json` is the value for JSON where it isn't just the rows. */
export async function answer<Row>(
  terminal: Terminal,
  format: Format | undefined,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  json: unknown = rows,
): Promise<void> {
  const chosen = format ?? (terminal.isInteractive ? 'table' : 'plain');
  if (chosen === 'json') return terminal.write(`${JSON.stringify(json)}\n`);
  if (chosen === 'table') return rows.length === 0 ? undefined : terminal.write(await table(terminal, columns, rows));
  if (chosen === 'csv') await terminal.write(csvLine(columns.map(({ name }) => name)));
  for (const row of rows) await terminal.write(line(chosen, columns, row));
}

/** One row as a line of this format, its line feed included. */
export function line<Row>(format: 'ndjson' | 'csv' | 'plain', columns: readonly Column<Row>[], row: Row): string {
  if (format === 'ndjson') return `${JSON.stringify(row)}\n`;
  const values = columns.map(({ value }) => String(value(row) ?? ''));
  return format === 'csv' ? csvLine(values) : `${values.map((value) => printable(value)).join('\t')}\n`;
}

export function csvLine(values: readonly string[]): string {
  return `${values.map((value) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)).join(',')}\n`;
}

/** Text from outside without what could move the cursor or break the row. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}

async function table<Row>(terminal: Terminal, columns: readonly Column<Row>[], rows: readonly Row[]): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const cells = rows.map((row) => columns.map(({ show, value }) => printable(show?.(row) ?? String(value(row) ?? ''))));
  const natural = columns.map(({ name, title }, i) =>
    Math.max((title ?? name).length, ...cells.map((row) => row[i]?.length ?? 0)),
  );
  const drawn = new Table({
    chars: BORDERLESS,
    colWidths: fitted(natural, terminal.columns).map((width) => width + GAP),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
    colAligns: columns.map(({ isNumber }) => (isNumber ? 'right' : 'left')),
  });
  drawn.push(columns.map(({ name, title }) => terminal.style('bold', title ?? name)));
  for (const [i, row] of rows.entries()) {
    drawn.push(
      columns.map(({ style }, j) => {
        const [cell, wanted] = [cells[i]?.[j] as string, style?.(row)];
        return wanted ? terminal.style(wanted, cell) : cell;
      }),
    );
  }
  return `${drawn
    .toString()
    .split('\n')
    .map((row) => row.trimEnd())
    .join('\n')}\n`;
}

const GAP = 2;
const COLUMN_MIN = 8;

/** Widths that fit into `room` together, taken from the widest first. */
function fitted(widths: readonly number[], room: number): number[] {
  const fit = [...widths];
  for (let over = fit.reduce((sum, width) => sum + width + GAP, -GAP) - room; over > 0; over--) {
    const widest = fit.indexOf(Math.max(...fit));
    if ((fit[widest] as number) <= COLUMN_MIN) break;
    (fit[widest] as number)--;
  }
  return fit;
}

const BORDERLESS = Object.fromEntries(
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle'
    .split(' ')
    .map((part) => [part, '']),
);
