/** Argv in, exit code out: the one file that touches `process`. */
import { getSystemErrorMap } from 'node:util';
import { Command as Commander, CommanderError, Option as Flag } from 'commander';
import { type Command, type Context, type Option, type Options, optionsOf, type Values } from './command.js';
import { COMMANDS } from './commands/index.js';
import { type Config, readConfig } from './config.js';
import { AlakazamError, type ErrorCode, EXIT_CODES, reasonOf } from './errors.js';
import { limitError } from './limits.js';
import type { Key } from './settings.js';
import { TARGETS } from './targets/index.js';
import { programIn, spelled } from './terminal/invocation.js';
import { openTerminal, type Terminal, type TerminalSettings } from './terminal/terminal.js';
import type { Waiting } from './waiting.js';

declare const VERSION: string;

const HELP_COLUMNS = Math.min(Number(process.env['COLUMNS']) || process.stdout.columns || 80, 100);

/** Commander says nothing itself: `fail` prints its errors like every other. */
const SILENT = { outputError() {} };

const program = new Commander('alakazam')
  .description('One command line for a whole order pipeline.')
  .usage('<command> [options]')
  .version(typeof VERSION === 'string' ? VERSION : 'development', '-V, --version', 'print the version')
  .helpOption('-h, --help', 'show help; after a command, its own')
  .option('--quiet', 'say nothing but the answer and what went wrong')
  .option('--verbose', 'show the stack of an error')
  .enablePositionalOptions()
  .helpCommand(false)
  .exitOverride()
  .configureOutput(SILENT)
  .configureHelp({ helpWidth: HELP_COLUMNS });

program.addHelpText(
  'before',
  `Examples:
  alakazam demo                        see what it does, in twenty seconds
  alakazam generate --count 5000       stream 5,000 orders
  alakazam tail orders                 watch orders arrive
  alakazam history --customer 17850    one customer's orders
  alakazam verify                      prove that nothing was lost
`,
);
program.addHelpText('after', '\nExit codes: alakazam help exit-codes');

let exitCode: number = EXIT_CODES.done.code;
const stop = new AbortController();
/** What the first signal makes of the exit code. */
let stopped: ErrorCode | undefined;
/** How long the command may take to end after a signal. What is stored is whole whenever a process ends. */
const GRACE_MS = 400;
let graceMs = GRACE_MS;

for (const command of COMMANDS) {
  const { name, summary } = command;
  const commander = new Commander(name)
    .summary(summary)
    .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`);
  program.addCommand(commander);
  // Only the command that was typed needs its options.
  if (process.argv.slice(2).find((word) => !word.startsWith('-')) === name) build(commander, command);
}

function build(commander: Commander, command: Command<Options>): void {
  const { argument } = command;
  commander
    .exitOverride((error) => {
      throw argument && error.code === 'commander.missingArgument' ? wrongArgument(argument, command) : error;
    })
    .configureOutput(SILENT)
    .configureHelp({ helpWidth: HELP_COLUMNS })
    .helpOption('-h, --help', 'show this');
  commander.addHelpText('before', `Examples:\n${examples(command)}\n`);
  if (argument) {
    const shown = argument.isOptional ? `[${argument.name}]` : `<${argument.name}>`;
    commander.argument(shown, argument.about);
  }
  for (const option of optionsOf(command)) commander.addOption(flagOf(option));
  commander.action(async (...typed: unknown[]) => {
    const flags = commander.optsWithGlobals() as Record<string, unknown>;
    const word = argument ? typed[0] : undefined;
    if (argument && word === '') {
      throw new AlakazamError('usage', `${argument.name} is ""; give it a value, or leave it out`);
    }
    if (argument && !argument.isOpen && word !== undefined && !argument.choices.includes(word as string)) {
      throw wrongArgument(argument, command, word as string);
    }
    const outcome = await run(command, flags, (word as string) ?? '');
    if (outcome) exitCode = EXIT_CODES[outcome].code;
  });
}

/** Of an argument that was not typed, or is none of the valid ones; with a line that can be typed. */
function wrongArgument(
  { name, choices }: NonNullable<Command['argument']>,
  { examples: [first] }: Command<Options>,
  typed?: string,
): AlakazamError {
  const wrong = typed === undefined ? 'is missing' : `is ${JSON.stringify(typed)}`;
  return new AlakazamError('usage', `${name} ${wrong}; valid: ${choices.join(', ')}`, { hint: first?.[0] });
}

async function run(command: Command<Options>, flags: Record<string, unknown>, argument: string) {
  graceMs = command.graceMs ?? GRACE_MS;
  const directory = currentDirectory();
  const config = await configFor(command, flags, directory);
  const values = valuesOf(command, flags, config);
  const isDefused = flags['defuse'] === true;
  if (isDefused && flags['output'] !== 'csv') throw new AlakazamError('usage', '--defuse is for -o csv');
  const terminal = terminalOf({ isQuiet: flags['quiet'] === true, isDefused });
  const pipeline = await openTarget(config, { signal: stop.signal, warn: terminal.warn });
  const context: Context = {
    pipeline,
    terminal,
    config,
    clock: Date.now,
    signal: stop.signal,
    // Opened by a command that reads it: for a file, Node loads its streams and its promises of files.
    get stdin() {
      return process.stdin;
    },
    directory,
    environment: process.env,
    nodeVersion: process.version,
  };
  try {
    return (await command.run(context, values, argument)) ?? stopped;
  } finally {
    await pipeline.close();
  }
}

async function configFor(
  command: Command<Options>,
  flags: Record<string, unknown>,
  directory: string,
): Promise<Config> {
  const targets = Object.keys(TARGETS);
  const user = process.geteuid?.();
  try {
    const given = { target: command.target, ...settingsIn(command, flags) };
    return await readConfig({ flags: given, environment: process.env, directory, targets, user });
  } catch (error) {
    if (!command.explains || !(error instanceof AlakazamError)) throw error;
    return readConfig({ flags: {}, environment: {}, directory, targets, user, isWithoutFiles: true });
  }
}

function terminalOf(settings: Pick<TerminalSettings, 'isQuiet' | 'isDefused'> = {}): Terminal {
  const { env: environment, argv } = process;
  const names = COMMANDS.map(({ name }) => name);
  return openTerminal(process, {
    environment,
    ...settings,
    signal: stop.signal,
    typed: (message, directory) =>
      spelled(message, names, () =>
        programIn(directory ?? currentDirectory(), { script: argv[1] as string, environment }),
      ),
  });
}

function currentDirectory(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new AlakazamError('failed', 'the current directory is not there any more', {
      hint: 'change to one that is',
      cause: error,
    });
  }
}

async function openTarget(config: Config, waiting: Waiting) {
  const name = config.get('target') as keyof typeof TARGETS;
  return (await TARGETS[name]())(config, Date.now, waiting);
}

/** The settings that were given as flags. */
function settingsIn(command: Command<Options>, flags: Record<string, unknown>): Partial<Record<Key, string>> {
  const given = optionsOf(command).flatMap((option) => {
    const typed = option.setting && flags[flagOf(option).attributeName()];
    return typed === undefined ? [] : [[option.setting, String(typed)] as const];
  });
  return Object.fromEntries(given);
}

function valuesOf(command: Command<Options>, flags: Record<string, unknown>, config: Config): Values<Options> {
  const entries = Object.entries(command.options).map(([name, option]) => {
    const typed = option.setting ? config.get(option.setting) : flags[flagOf(option).attributeName()];
    if (!option.parse) return [name, typed === true || (option.flags.includes('--no-') && typed !== false)];
    const flag = option.flags.split(/[ ,]+/).find((part) => part.startsWith('--')) as string;
    if (option.isRepeatable) return [name, ((typed ?? []) as string[]).map((each) => option.parse?.(each, flag))];
    return [name, typed === undefined ? option.fallback : option.parse(String(typed), flag)];
  });
  return Object.fromEntries(entries);
}

function flagOf(option: Option): Flag {
  const fallback = option.fallback === undefined ? '' : ` (default: ${option.fallback})`;
  const flag = new Flag(option.flags, `${option.about}${fallback}`);
  if (option.group) flag.helpGroup(`${option.group}:`);
  return option.isRepeatable ? flag.argParser((typed, before: string[] = []) => [...before, typed]) : flag;
}

/** A line each where they fit, else two: what it does, and the line. */
function examples({ examples: lines }: Command<Options>): string {
  const width = Math.max(...lines.map(([line]) => line.length));
  const isWide = lines.some(([, about]) => 2 + width + 2 + about.length > HELP_COLUMNS);
  return lines
    .map(([line, about]) => (isWide ? `  # ${about}\n  ${line}` : `  ${line.padEnd(width)}  ${about}`))
    .join('\n');
}

function fail(thrown: unknown): void {
  const terminal = terminalOf();
  const error = limitError(thrown) ?? thrown;
  if (error instanceof CommanderError) {
    // Help and the version were shown.
    if (error.exitCode === 0 || error.code === 'commander.help') return;
    exitCode = EXIT_CODES.usage.code;
    const [message = '', ...hints] = error.message.replace(/^error: /, '').split('\n');
    terminal.fail(message, hints.length > 0 ? hints.join('\n') : undefined);
    return;
  }
  if (stopped && error instanceof Error && (error.name === 'AbortError' || error.message === 'interrupted')) {
    exitCode = EXIT_CODES[stopped].code;
    return;
  }
  if (error instanceof AlakazamError) {
    // The signal decides, whatever an interrupted part makes of what it has.
    exitCode = EXIT_CODES[stopped ?? error.code].code;
    terminal.fail(error.message, error.hint);
  } else {
    exitCode = EXIT_CODES.failed.code;
    terminal.fail(reasonOf(error), 'this is a bug in alakazam; --verbose shows where');
  }
  if (process.argv.includes('--verbose') && error instanceof Error) terminal.trace(error);
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever read the answer has seen enough.
  if (error.code === 'EPIPE') process.exit(EXIT_CODES.done.code);
  const [, reason] = getSystemErrorMap().get(error.errno ?? 0) ?? ['', error.message];
  terminalOf().fail(`can't write the answer: ${reason}`);
  process.exit(EXIT_CODES.failed.code);
});
// Nobody reads the conversation: no reason to stop.
process.stderr.on('error', () => {});

// What nobody waited for, such as a stream that failed: said as everything else is.
process.on('uncaughtException', (error) => {
  fail(error);
  process.exit(exitCode);
});

for (const [signal, code] of [
  ['SIGINT', 'interrupted'],
  ['SIGTERM', 'terminated'],
] as const) {
  process.on(signal, () => {
    const end = () => process.exit(EXIT_CODES[code].code);
    if (stopped) end();
    stopped = code;
    stop.abort();
    setTimeout(end, graceMs).unref();
  });
}

try {
  if (process.argv.length <= 2) program.outputHelp();
  else await program.parseAsync();
} catch (error) {
  fail(error);
}
process.exitCode = exitCode;
// Once all is said: the look-up of a host that no name server answers can't be called off, and would hold up the end for long.
if (exitCode !== EXIT_CODES.done.code) process.stdout.write('', () => process.stderr.write('', () => process.exit()));
