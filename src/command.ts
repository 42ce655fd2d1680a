/** What a command is: data, and one function that runs it. */
import type { Config } from './config.js';
import type { ErrorCode } from './errors.js';
import type { Pipeline } from './pipeline.js';
import { type Key, SETTINGS } from './settings.js';
import type { Terminal } from './terminal/terminal.js';

export interface Context {
  /** Opens what a command asks for, when it asks. */
  readonly pipeline: Pipeline;
  readonly terminal: Terminal;
  readonly config: Config;
  readonly clock: () => number;
  /** Says stop when the person does. */
  readonly signal: AbortSignal;
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Where it was typed. */
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `v20.19.0`. */
  readonly nodeVersion: string;
}

/** Turns what was typed into a value, or throws an `AlakazamError` that says what is valid. */
export type Parse<T> = (typed: string, flag: string) => T;

export interface Option<T = unknown> {
  /** As commander takes it: `-n, --lines <n>`. */
  readonly flags: string;
  readonly about: string;
  readonly parse?: Parse<T>;
  readonly fallback?: T;
  /** The setting this flag overrides. */
  readonly setting?: Key;
  /** The heading under which help lists it; none for the options of the command's own. */
  readonly group?: string;
  /** Values that complete it in a shell. */
  readonly choices?: readonly string[];
  /** What completes it is what the command `offers`. */
  readonly isOffered?: true;
  /** Given more than once, it has more than one value. */
  readonly isRepeatable?: true;
}

export type Options = Record<string, Option>;

/** What every command takes. */
export const COMMON_OPTIONS: readonly Option[] = [
  { flags: '--target <name>', about: SETTINGS.target.about, setting: 'target' },
  { flags: '--home <directory>', about: SETTINGS.home.about, setting: 'home' },
  { flags: '--stack <name>', about: SETTINGS.stack.about, setting: 'stack' },
  { flags: '--quiet', about: 'say nothing but the answer and what went wrong' },
  { flags: '--verbose', about: 'show the stack of an error' },
];

/** Of every command that answers. */
export const DEFUSE: Option = { flags: '--defuse', about: "with -o csv: ' before a text that a spreadsheet would run" };

/** The flags that a command takes. */
export function optionsOf({ options }: Pick<Command, 'options'>): readonly Option[] {
  return [...Object.values(options), ...(options['output'] ? [DEFUSE] : []), ...COMMON_OPTIONS];
}

/** What `run` gets: what was parsed or else the fallback; a flag without a value is a boolean. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends { parse: Parse<infer T> }
    ? O[K] extends { isRepeatable: true }
      ? readonly T[]
      : O[K] extends { fallback: unknown }
        ? T
        : T | undefined
    : boolean;
};

export interface Command<O extends Options = Options> {
  readonly name: string;
  readonly summary: string;
  /** Shown first in its help: a command line, and what it does. */
  readonly examples: readonly (readonly [line: string, about: string])[];
  readonly argument?: {
    readonly name: string;
    readonly about: string;
    readonly choices: readonly string[];
    readonly isOptional?: true;
    /** Other words than the choices are valid too: the command knows which. */
    readonly isOpen?: true;
  };
  readonly options: O;
  /** It explains the program, and does so too where the configuration is wrong. */
  readonly explains?: true;
  /** The target it is about, unless --target says otherwise. */
  readonly target?: string;
  /**
   * How many milliseconds it may take to end once the signal says stop, if it then has to say how far it came or to clear
   * up. Any other is ended after a moment, whatever it waits for.
   */
  readonly graceMs?: number;
  /** What a shell offers after these words, for its argument and options, where that depends on the place: each word, and what it is. */
  offers?(context: Context, typed: readonly string[]): readonly (readonly [word: string, about: string])[];
  /** Returns the exit code's name if it isn't `done`. */
  run(context: Context, values: Values<O>, argument: string): Promise<ErrorCode | undefined>;
}

export function defineCommand<const O extends Options>(command: Command<O>): Command<O> {
  return command;
}
