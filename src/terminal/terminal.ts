/** The terminal: stdout is the answer, stderr the conversation. No other file writes to either. */
import { existsSync, fstatSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { AlakazamError } from '../errors.js';
import { drawProgress, type Progress } from './progress.js';
import { printable, render, styled, type Text } from './text.js';

export interface Terminal {
  /** True if a person looks at the answer. */
  readonly isInteractive: boolean;
  /** Width of the answer, in characters. */
  readonly columns: number;
  /** Writes a part of the answer; resolves when there is room for more. On a terminal, text from outside is made harmless. */
  write(text: Text): Promise<void>;
  /** True if a text in CSV that a spreadsheet would run as a formula is to get an apostrophe before it. */
  readonly isDefused: boolean;
  /** A path to which others may write the answer: of a pipe, or of a file that is still empty. Undefined elsewhere. */
  readonly path: string | undefined;
  /** Says something beside the answer, in a line; silent with --quiet. */
  say(message: string): void;
  /** Warns, in one line, of a fault after which the command goes on. */
  warn(message: string): void;
  /** Prints an error on one line, and the hint on the lines after it. */
  fail(message: string, hint?: string): void;
  /** Shows where an error came from, to a developer. */
  trace(error: Error): void;
  /** Shows a person the progress of work on a number of things. */
  progress(thing?: string): Progress;
  /** Asks before something that can't be undone. Throws if there is nobody to ask. */
  confirm(question: string): Promise<boolean>;
  /** The answer of a person to a question; '' at the end of the input. Throws if there is no terminal, or if interrupted. */
  ask(question: string): Promise<string>;
  /** A message with its `alakazam …` as it has to be typed in a directory. All that is said beside the answer is as for this one. */
  typed(message: string, directory?: string): string;
}

export interface TerminalStreams {
  readonly stdin: Readable & { isTTY?: boolean };
  readonly stdout: Writable & { isTTY?: boolean; columns?: number };
  readonly stderr: Writable & { isTTY?: boolean; columns?: number };
}

export interface TerminalSettings {
  readonly environment: Record<string, string | undefined>;
  readonly isQuiet?: boolean;
  readonly isDefused?: boolean;
  /** Ends the wait for an answer, and for room to write. */
  readonly signal?: AbortSignal;
  readonly typed?: Terminal['typed'];
}

export function openTerminal(streams: TerminalStreams, settings: TerminalSettings): Terminal {
  const { stdout, stderr } = streams;
  const { environment, isQuiet = false, isDefused = false, signal, typed = (message) => message } = settings;
  const isInteractive = stdout.isTTY === true;
  // A terminal of 0 columns, as some programs open one, shows nothing, and the spinner would divide by its width.
  const isWatched = stderr.isTTY === true && stderr.columns !== 0 && !isQuiet;
  const hasColor = (isTTY: boolean) =>
    !environment['NO_COLOR'] &&
    (environment['FORCE_COLOR'] ? environment['FORCE_COLOR'] !== '0' : isTTY && environment['TERM'] !== 'dumb');
  const rendering = { isHarmless: isInteractive, hasColor: hasColor(isInteractive) };
  const aside = { isHarmless: true, hasColor: hasColor(stderr.isTTY === true) };

  /** A message is one line, whatever text it contains, so text from outside can't look like a message. */
  const lineOf = (message: string) => printable(typed(message));

  return {
    isInteractive,
    isDefused,
    columns: Number(environment['COLUMNS']) || stdout.columns || 80,
    get path() {
      return pathOf(stdout);
    },
    async write(text) {
      const characters = render(text, rendering);
      if (characters !== '' && !stdout.write(characters)) await drained(stdout, signal);
    },
    say(message) {
      if (!isQuiet) stderr.write(`${lineOf(message)}\n`);
    },
    warn(message) {
      stderr.write(render([styled('yellow', 'warning:'), ` ${lineOf(message)}\n`], aside));
    },
    fail(message, hint) {
      stderr.write(`error: ${lineOf(message)}\n`);
      for (const line of hint?.split('\n') ?? []) stderr.write(`  ${lineOf(line)}\n`);
    },
    trace({ stack = '', cause }) {
      const causes = cause instanceof Error ? `${cause.stack}\n` : '';
      stderr.write(render(`${stack}\n${causes}`, aside));
    },
    progress: (thing = 'order') => drawProgress(isWatched ? stderr : undefined, thing),
    confirm: async (question) => /^y(es)?$/i.test(await ask(question, ' [y/N]')),
    ask,
    typed,
  };

  async function ask(question: string, choices = ''): Promise<string> {
    // Standard input is opened only here, because opening it would slow the start of commands that ask nothing.
    const { stdin } = streams;
    if (stdin.isTTY !== true) {
      throw new AlakazamError('usage', `${question} There is no terminal to answer on`, {
        hint: 'add --yes if you mean it',
      });
    }
    const { createInterface } = await import('node:readline');
    const lines = createInterface({ input: stdin, output: stderr });
    const stop = () => lines.close();
    let isAnswered = false;
    try {
      return await new Promise<string>((resolve, reject) => {
        signal?.addEventListener('abort', stop);
        // readline reads single keys, and then Ctrl-C is a key and no signal.
        lines.once('SIGINT', () => reject(new AlakazamError('interrupted', 'interrupted; nothing was done')));
        lines.once('close', () => resolve(''));
        lines.question(`${printable(question + choices)} `, (answer) => {
          isAnswered = true;
          resolve(answer.trim());
        });
      });
    } finally {
      signal?.removeEventListener('abort', stop);
      lines.close();
      // The next message begins on a line of its own.
      if (!isAnswered) stderr.write('\n');
    }
  }
}

/** Whoever opens a file anew begins at its beginning, and would overwrite what is in it. */
function pathOf(stdout: Writable & { readonly fd?: number }): string | undefined {
  const { fd } = stdout;
  if (fd !== 1 || !existsSync('/dev/stdout')) return undefined;
  const stat = fstatSync(fd);
  return stat.isFIFO() || (stat.isFile() && stat.size === 0) ? '/dev/stdout' : undefined;
}

/** Resolves when there is room for more, or nobody waits for it any more. */
async function drained(stream: Writable, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return;
  await new Promise<void>((resolve) => {
    const go = () => {
      stream.off('drain', go);
      signal?.removeEventListener('abort', go);
      resolve();
    };
    stream.once('drain', go);
    signal?.addEventListener('abort', go);
  });
}
