/** Runs the built command line as a user does, in a home and a configuration of its own. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, onTestFinished } from 'vitest';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const PROGRAM = join(ROOT, 'bin', 'alakazam.js');

let directories: string | undefined;
afterAll(() => {
  // A process that was killed a moment ago may still write.
  if (directories) rmSync(directories, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

/** A new directory, gone when the tests of this file are done, whoever asks for it and when. */
export function temporaryDirectory(): string {
  directories ??= mkdtempSync(join(tmpdir(), 'alakazam-test-'));
  return mkdtempSync(join(directories, 'directory-'));
}

/** A new directory that every user of the machine may write. */
export function openDirectory(): string {
  const path = temporaryDirectory();
  chmodSync(path, 0o777);
  return path;
}

type Environment = Readonly<Record<string, string | undefined>>;

export interface CliOptions {
  /** Directory of the store. */
  readonly home: string;
  readonly cwd?: string;
  /** What comes in on standard input; nothing by default. */
  readonly input?: string | Buffer;
  /** Undefined unsets a variable. */
  readonly env?: Environment;
  /** Runs as one whom permissions bind, as they don't bind root. */
  readonly isBound?: boolean;
}

export interface Finished {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory of the PATH of somebody who has installed the program. */
const INSTALLED = join(ROOT, 'tests', 'installed');

/** The environment of a user who has installed the program, and set nothing but the home. */
export function environmentOf(home: string, env: Environment = {}): NodeJS.ProcessEnv {
  const set = /^(ALAKAZAM_|XDG_|NODE_OPTIONS|VITEST|FORCE_COLOR|NO_COLOR|COLUMNS|CI$)/;
  const kept = Object.entries(process.env).filter(([name]) => !set.test(name));
  const installed = { PATH: `${INSTALLED}:${process.env['PATH']}`, XDG_CONFIG_HOME: join(home, 'no-config') };
  return { ...Object.fromEntries(kept), ...installed, ALAKAZAM_HOME: home, ...env };
}

/** setpriv(1): root without the right to pass permissions over. Another user might not be let into this directory. */
const BOUND = ['setpriv', ...['bounding-set', 'inh-caps'].map((of) => `--${of}=-dac_override,-dac_read_search`)];

export function spawnCli(
  args: readonly string[],
  { home, cwd, env, isBound }: CliOptions,
  stdio: SpawnOptions['stdio'],
) {
  const words = [...(isBound ? BOUND : []), process.execPath, PROGRAM, ...args];
  return spawn(words[0] as string, words.slice(1), { cwd: cwd ?? tmpdir(), env: environmentOf(home, env), stdio });
}

/** Runs a command to its end. */
export async function runCli(args: readonly string[], options: CliOptions): Promise<Finished> {
  const child = spawnCli(args, options, ['pipe', 'pipe', 'pipe']);
  const finished = finish(child);
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input ?? '');
  return finished;
}

/** What a process wrote, when it has ended. */
export async function finish(child: ChildProcess): Promise<Finished> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}

export interface Running {
  readonly process: ChildProcess;
  /** Lines it has written so far. */
  readonly lines: string[];
  readonly stderr: () => string;
  /** Resolves when it has written this many lines; rejects if it ends before. */
  until(lines: number): Promise<string[]>;
  /** Interrupts it, as Ctrl-C does, and waits for its end. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts a command that goes on until it is stopped. */
export function startCli(args: readonly string[], options: CliOptions): Running {
  const child = spawnCli(args, options, ['ignore', 'pipe', 'pipe']);
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let rest = '';
  let stderr = '';
  let code: number | null | undefined;
  const wake = () => {
    for (const each of waiting) each();
  };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() as string;
    lines.push(...parts);
    wake();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const ended = new Promise<number | null>((resolve) =>
    child.once('close', (of) => {
      code = of;
      wake();
      resolve(of);
    }),
  );
  return {
    process: child,
    lines,
    stderr: () => stderr,
    until: (count) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (lines.length < count && code === undefined) return;
          waiting.delete(look);
          if (lines.length >= count) resolve(lines);
          else reject(new Error(`it ended with ${code} after ${lines.length} of ${count} lines: ${stderr}`));
        };
        waiting.add(look);
        look();
      }),
    async stop(signal = 'SIGINT') {
      child.kill(signal);
      return ended;
    },
  };
}
