/** The terminal: stdout is the answer, stderr the conversation. */
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';
import { AlakazamError } from '../errors.js';
import { openProgress, type Progress } from './progress.js';

export type Style = Parameters<typeof styleText>[0];

export interface Terminal {
  /** True if a person looks at the answer. */
  readonly isInteractive: boolean;
  /** Width of the answer, in characters. */
  readonly columns: number;
  /** Writes a part of the answer; resolves when there is room for more. */
  write(text: string): Promise<void>;
  /** Says something beside the answer; silent with --quiet. */
  say(message: string): void;
  /** Says what went wrong and was survived. */
  warn(message: string): void;
  /** Shows how long work on so many of a thing goes on, to a person who watches. */
  progress(thing?: string): Progress;
  /** Asks before something that can't be undone. Throws if there is nobody to ask. */
  confirm(question: string): Promise<boolean>;
  /** What is answered to a question. Throws if there is nobody to ask. */
  ask(question: string): Promise<string>;
  /** Colours a part of the answer, where colours are wanted. */
  style(style: Style, text: string): string;
}

export interface TerminalStreams {
  readonly stdin: Readable & { isTTY?: boolean };
  readonly stdout: Writable & { isTTY?: boolean; columns?: number };
  readonly stderr: Writable & { isTTY?: boolean };
}

export interface TerminalSettings {
  readonly environment: Record<string, string | undefined>;
  readonly isQuiet: boolean;
}

export function openTerminal({ stdin, stdout, stderr }: TerminalStreams, settings: TerminalSettings): Terminal {
  const { environment, isQuiet } = settings;
  const isInteractive = stdout.isTTY === true;
  const isWatched = stderr.isTTY === true && !isQuiet;
  const wantsColor = (isTTY: boolean | undefined) =>
    !environment['NO_COLOR'] &&
    (environment['FORCE_COLOR']
      ? environment['FORCE_COLOR'] !== '0'
      : isTTY === true && environment['TERM'] !== 'dumb');
  const paint = (isTTY: boolean | undefined) => (style: Style, text: string) =>
    wantsColor(isTTY) ? styleText(style, text, { validateStream: false }) : text;
  const style = paint(stdout.isTTY);
  const aside = paint(stderr.isTTY);

  return {
    isInteractive,
    columns: Number(environment['COLUMNS']) || stdout.columns || 80,
    async write(text) {
      if (!stdout.write(text)) await new Promise<void>((resolve) => stdout.once('drain', resolve));
    },
    say(message) {
      if (!isQuiet) stderr.write(`${message}\n`);
    },
    warn(message) {
      stderr.write(`${aside('yellow', 'warning:')} ${message}\n`);
    },
    progress: (thing = 'order') => openProgress(isWatched ? stderr : undefined, thing),
    confirm: async (question) => /^y(es)?$/i.test(await ask(`${question} [y/N]`)),
    ask,
    style,
  };

  async function ask(question: string): Promise<string> {
    if (stdin.isTTY !== true) {
      throw new AlakazamError('usage', `${question.replace(' [y/N]', '')} There is no terminal to answer on`, {
        hint: 'add --yes if you mean it',
      });
    }
    const { createInterface } = await import('node:readline/promises');
    const lines = createInterface({ input: stdin, output: stderr });
    try {
      return (await lines.question(`${question} `)).trim();
    } finally {
      lines.close();
    }
  }
}
