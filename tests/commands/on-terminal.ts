/** Runs the command line on a terminal, as a person sees it. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { environmentOf, PROGRAM } from '../run-cli.js';

const script = fileURLToPath(new URL('on_terminal.py', import.meta.url));

export interface Shown {
  readonly code: number | null;
  readonly lines: string[];
  readonly raw: string;
}

export interface ShowOptions {
  readonly columns?: number;
  readonly env?: Record<string, string>;
  /** Keys that are typed once it has shown a text. */
  readonly typed?: { readonly keys: string; readonly after: string };
}

/** Colours are taken off, and lines without anything left out. */
export function showOnTerminal(
  args: readonly string[],
  { home, cwd, columns = 80, env = {}, typed }: ShowOptions & { readonly home: string; readonly cwd: string },
): Shown {
  const keys = typed ? ['--type', typed.keys, '--after', typed.after] : [];
  const { status, stdout } = spawnSync(
    'python3',
    [script, String(columns), ...keys, process.execPath, PROGRAM, ...args],
    { env: environmentOf(home, { TERM: 'xterm-256color', ...env }), encoding: 'utf8', cwd, timeout: 30_000 },
  );
  // The spinner of slow work draws over its line: each frame counts as a line.
  const frames = stdout.replaceAll('\u001b[1G', '\n').replaceAll('\u001b[G', '\n');
  const lines = stripVTControlCharacters(frames).replaceAll('\r', '').split('\n');
  return { code: status, raw: stdout, lines: lines.filter((line) => line !== '') };
}

/** Columns that a line takes: wide characters count twice. */
export function widthOnTerminal(line: string): number {
  let width = 0;
  for (const character of line)
    width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uff00-\uff60]|\p{Extended_Pictographic}/u.test(character)
      ? 2
      : 1;
  return width;
}

export const tooWide = ({ lines }: Shown, columns = 80) => lines.filter((line) => widthOnTerminal(line) > columns);
