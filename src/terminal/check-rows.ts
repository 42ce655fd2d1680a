/** How checks are shown to a person: each whole, whatever the width, with what to do about it beneath. */

import { printable } from './answer.js';
import type { Check } from './check.js';
import type { Terminal } from './terminal.js';

const VERDICTS = {
  true: { word: 'ok', style: 'green' },
  false: { word: 'FAILED', style: 'red' },
  null: { word: '?', style: 'yellow' },
} as const;

const VERDICT_COLUMNS = 'FAILED'.length;
const GAP = 2;
const TEXT_COLUMNS_MIN = 20;

export function checkRows(terminal: Terminal, checks: readonly Check[]): string {
  const nameColumns = Math.max(...checks.map(({ name }) => name.length)) + GAP;
  const indent = nameColumns + VERDICT_COLUMNS + GAP;
  const room = Math.max(terminal.columns - indent, TEXT_COLUMNS_MIN);
  const lines = checks.flatMap(({ name, isGood, finding, hint }) => {
    const { word, style } = VERDICTS[`${isGood}`];
    const verdict = terminal.style(style, word) + ' '.repeat(VERDICT_COLUMNS + GAP - word.length);
    const [first, ...others] = wrapped(finding, room);
    const advice = hint === undefined ? [] : wrapped(hint, room).map((line) => terminal.style('dim', line));
    return [
      `${name.padEnd(nameColumns)}${verdict}${first}`,
      ...[...others, ...advice].map((line) => ' '.repeat(indent) + line),
    ];
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** Broken between words, and within one where it alone is too long. */
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
