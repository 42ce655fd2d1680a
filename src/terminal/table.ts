/**
 * A table on a terminal. Its columns get the room that there is: long titles take two lines, then texts are cut. Numbers, dates and
 * codes are never cut, since a part of one looks like another one. Where they don't fit, each value gets a line of its own.
 */
import type { Column } from './answer.js';
import { cellOf, widthOf, widthOfAll } from './cells.js';
import { printable, type Style, styled, type Text } from './text.js';

const GAP = 2;
/** A text is not cut to less than this. */
const TEXT_MIN = 8;
/** A longer text is no code that somebody would type. */
const CODE_MAX = 24;

type Cells = readonly string[];
/** Draws one row. Undefined where a cell has no style. */
type DrawRow = (cells: Cells, styles: readonly (Style | undefined)[]) => Text;

/** Draws rows, some at a time. The first rows decide how all are drawn. */
export function openTable<Row>(
  columns: readonly Column<Row>[],
  room: number,
): (rows: Iterable<Row>) => readonly Text[] {
  const cellsOf = (row: Row) => columns.map(({ show, value }) => printable(show?.(row) ?? String(value(row) ?? '')));
  let draw: DrawRow | undefined;

  return (rows) => {
    const all = [...rows];
    const shown = all.map(cellsOf);
    if (all.length === 0) return [];
    const head: Text[] = [];
    if (!draw) {
      const layout = layoutOf(columns, shown, room);
      draw = layout ? rowDrawer(layout, room) : recordDrawer(columns, room);
      for (const line of layout?.head ?? []) head.push(draw(line, Array(columns.length).fill('bold')));
    }
    return [
      ...head,
      ...shown.map(
        (cells, i) =>
          draw?.(
            cells,
            columns.map(({ style }) => style?.(all[i] as Row)),
          ) ?? '',
      ),
    ];
  };
}

interface Layout {
  readonly widths: readonly number[];
  readonly kinds: readonly Kind[];
  /** The lines of the titles. */
  readonly head: readonly Cells[];
}

/** Of a column. Only a text may be cut; `word` is a column without blanks in its first rows. */
type Kind = 'number' | 'code' | 'word' | 'text';

/** Undefined if the columns don't fit, however much the texts are cut. */
function layoutOf<Row>(columns: readonly Column<Row>[], rows: readonly Cells[], room: number): Layout | undefined {
  const kinds = columns.map((column, i) => kindOf(column, rows, i));
  const widest = columns.map((_, i) => widthOfAll(rows.map((cells) => cells[i] as string)));
  const titles = columns.map(titleOf);
  const folded = titles.map((title, i) => fold(title, widest[i] as number));
  const wantedFor = (head: readonly Cells[]) =>
    columns.map(({ width }, i) => width ?? Math.max(widest[i] as number, widthOfAll(head[i] as Cells)));
  const whole = titles.map((title) => [title]);
  const lines = sum(wantedFor(whole)) <= room ? whole : folded;
  const wanted = wantedFor(lines);
  const least = wanted.map((width, i) => (kinds[i] === 'text' ? Math.min(width, TEXT_MIN) : width));
  const widths = shrunk(wanted, least, room);
  if (!widths) return undefined;
  const height = Math.max(...lines.map(({ length }) => length));
  const head = Array.from({ length: height }, (_, line) => lines.map((of) => of[of.length - height + line] ?? ''));
  return { widths, kinds, head };
}

function kindOf<Row>({ isNumber, isWhole, width }: Column<Row>, rows: readonly Cells[], i: number): Kind {
  if (isNumber) return 'number';
  if (isWhole) return 'code';
  return width === undefined && rows.every((cells) => isKept('word', cells[i] as string)) ? 'word' : 'text';
}

/** Whether this cell is never cut. */
function isKept(kind: Kind, text: string): boolean {
  if (kind === 'number' || kind === 'text') return kind === 'number';
  return widthOf(text) <= CODE_MAX && (kind === 'code' || !text.trim().includes(' '));
}

function titleOf({ title, name }: Pick<Column<never>, 'title' | 'name'>): string {
  return printable(title ?? name);
}

/** A title on as many lines as it takes to be no wider than this, or than its longest word. */
function fold(title: string, width: number): string[] {
  const words = title.split(/(?<=[_ ])/);
  const bare = (text: string) => text.replace(/[_ ]$/, '');
  const room = Math.max(width, widthOfAll(words.map(bare)));
  const lines = [''];
  for (const word of words) {
    const line = `${lines.at(-1)}${word}`;
    if (widthOf(bare(line)) <= room) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines.map(bare);
}

function sum(widths: readonly number[]): number {
  return widths.reduce((all, width) => all + width + GAP, -GAP);
}

/** Widths that fit into `room` together, taken from the widest first. Undefined if these least widths don't fit. */
export function shrunk(widths: readonly number[], least: readonly number[], room: number): number[] | undefined {
  if (sum(least) > room) return undefined;
  const fit = [...widths];
  for (let over = sum(fit) - room; over > 0; over--) {
    const spare = fit.map((width, i) => (width > (least[i] as number) ? width : 0));
    const widest = spare.indexOf(Math.max(...spare));
    (fit[widest] as number)--;
  }
  return fit;
}

/** A line a row. Where a number or a code is wider than its column, the texts of that row have less room. */
function rowDrawer({ widths, kinds }: Layout, room: number): DrawRow {
  function widthsFor(cells: Cells): readonly number[] {
    const isWhole = (i: number) => isKept(kinds[i] as Kind, cells[i] as string);
    const needed = widths.map((width, i) => (isWhole(i) ? Math.max(width, widthOf(cells[i] as string)) : width));
    const least = needed.map((width, i) => (isWhole(i) ? width : Math.min(width, TEXT_MIN)));
    return shrunk(needed, least, room) ?? needed;
  }

  return (cells, styles) => {
    const drawn = widthsFor(cells);
    const last = cells.findLastIndex((text) => text.trim() !== '');
    const parts: Text[] = [];
    for (const [i, whole] of cells.slice(0, last + 1).entries()) {
      const { text, padding } = cellOf(whole, drawn[i] as number);
      const shown = styledAs(styles[i], i === last ? text.trimEnd() : text);
      const gap = i === last ? '' : ' '.repeat(GAP);
      parts.push(...(kinds[i] === 'number' ? [padding, shown, gap] : [shown, i === last ? '' : padding + gap]));
    }
    return [...parts, '\n'];
  };
}

/** A line a value, with an empty line between two rows. */
function recordDrawer<Row>(columns: readonly Column<Row>[], room: number): DrawRow {
  const titles = columns.map(titleOf);
  const titleWidth = widthOfAll(titles);
  const textWidth = Math.max(TEXT_MIN, room - titleWidth - GAP);
  let between = '';

  return (cells, styles) => {
    const lines = cells.map((whole, i): Text => {
      const { isNumber, isWhole } = columns[i] as Column<Row>;
      const isText = !isNumber && !isWhole && whole.includes(' ');
      const value = (isText ? cellOf(whole, textWidth).text : whole).trim();
      const title = titles[i] as string;
      const padding = ' '.repeat(value === '' ? 0 : titleWidth - widthOf(title) + GAP);
      return [styled('bold', title), padding, styledAs(styles[i], value), '\n'];
    });
    const text = [between, ...lines];
    between = '\n';
    return text;
  };
}

function styledAs(style: Style | undefined, text: string): Text {
  return style ? styled(style, text) : text;
}
