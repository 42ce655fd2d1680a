/** Cells of a row on a terminal: text in exactly so many columns. */
import { eastAsianWidth } from 'get-east-asian-width';
import { printable } from './text.js';

export interface Cell {
  /** The text, harmless and cut to the width. */
  readonly text: string;
  /** Blanks that fill the cell up to its width. */
  readonly padding: string;
}

/** Text in exactly `width` columns of a terminal. */
export function fit(text: string, width: number, isRight = false): string {
  const { text: shown, padding } = cellOf(text, width);
  return isRight ? padding + shown : shown + padding;
}

/** Text cut to `width` columns of a terminal; … stands for the rest. */
export function cellOf(text: string, width: number): Cell {
  const line = printable(text);
  const shown = widthOf(line) <= width ? line : `${beginningOf(line, width - 1)}${width > 0 ? '…' : ''}`;
  return { text: shown, padding: ' '.repeat(Math.max(width - widthOf(shown), 0)) };
}

/** Text in lines of at most `width` columns, broken at its blanks; a longer word has a line of its own. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || widthOf(line) + 1 + widthOf(word) > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

/** Columns a line takes on a terminal. */
export function widthOf(line: string): number {
  if (isPlain(line)) return line.length;
  let width = 0;
  for (const character of line) width += widthOfCharacter(character);
  return width;
}

/** Columns that the widest of these lines takes. There may be more of them than a function takes arguments. */
export function widthOfAll(lines: Iterable<string>): number {
  let width = 0;
  for (const line of lines) width = Math.max(width, widthOf(line));
  return width;
}

function beginningOf(line: string, width: number): string {
  if (isPlain(line)) return line.slice(0, Math.max(width, 0));
  let used = 0;
  let beginning = '';
  for (const character of line) {
    used += widthOfCharacter(character);
    if (used > width) break;
    beginning += character;
  }
  return beginning;
}

function isPlain(line: string): boolean {
  return /^[ -~£…]*$/.test(line);
}

/** Unicode's East Asian Width (UAX #11); none for marks that join the character before them. */
function widthOfCharacter(character: string): number {
  return /\p{Mark}|\u200d/u.test(character) ? 0 : eastAsianWidth(character.codePointAt(0) as number);
}
