/** Rows of checks for a person. A finding is never cut, and its hint is on the line beneath. */

import { fit } from './cells.js';
import type { Check } from './check.js';
import type { Terminal } from './terminal.js';
import { printable, styled, type Text } from './text.js';

const VERDICTS = {
  true: { word: 'ok', style: 'green' },
  false: { word: 'FAILED', style: 'red' },
  null: { word: '?', style: 'yellow' },
} as const;

const VERDICT_COLUMNS = 'FAILED'.length;
const GAP = 2;
const TEXT_COLUMNS_MIN = 20;

export function checkRows({ columns, typed }: Terminal, checks: readonly Check[]): Text {
  const nameColumns = Math.max(...checks.map(({ name }) => name.length)) + GAP;
  const indent = nameColumns + VERDICT_COLUMNS + GAP;
  const room = Math.max(columns - indent, TEXT_COLUMNS_MIN);
  return checks.map(({ name, isGood, finding, hint }) => {
    const { word, style } = VERDICTS[`${isGood}`];
    const gap = ' '.repeat(VERDICT_COLUMNS + GAP - word.length);
    const [first, ...others] = wrapped(finding, room);
    const advice = hint === undefined ? [] : wrapped(typed(hint), room).map((line) => styled('dim', line));
    const below = [...others, ...advice].map((line) => [' '.repeat(indent), line, '\n']);
    return [fit(name, nameColumns), styled(style, word), `${gap}${first}\n`, below];
  });
}

/** Breaks a text into lines between words, and within a word that is longer than a line. */
function wrapped(text: string, columns: number): string[] {
  const lines = [''];
  for (const word of printable(text).split(' ')) {
    const line = lines.at(-1) as string;
    if (line !== '' && line.length + 1 + word.length <= columns) lines[lines.length - 1] = `${line} ${word}`;
    else {
      const parts = word.match(new RegExp(`.{1,${columns}}`, 'gsu')) ?? [''];
      lines.splice(line === '' ? -1 : lines.length, line === '' ? 1 : 0, ...parts);
    }
  }
  return lines;
}
