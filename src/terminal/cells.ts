/** Cells of a row on a terminal: text in exactly so many columns. */
import { printable } from './text.js';

export interface Cell {
  /** Harmless, and no wider than it may be. */
  readonly text: string;
  /** Blanks that fill it up. */
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

/** Columns a line takes on a terminal. */
export function widthOf(line: string): number {
  if (isPlain(line)) return line.length;
  let width = 0;
  for (const character of line) width += widthOfCharacter(character);
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

/** Two columns for East Asian wide characters and pictures, none for marks that join the one before. */
function widthOfCharacter(character: string): number {
  if (/\p{Mark}|\u200d/u.test(character)) return 0;
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u.test(
    character,
  )
    ? 2
    : 1;
}
