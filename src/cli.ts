/** Argv in, exit code out: the one file that touches `process`. */
import { Command as Commander, CommanderError, Option as Flag } from 'commander';
import { COMMON_OPTIONS, type Command, type Context, type Option, type Options, type Values } from './command.js';
import { COMMANDS } from './commands/index.js';
import { type Config, KEYS, type Key, readConfig } from './config.js';
import { AlakazamError, EXIT_CODES } from './errors.js';
import { TARGETS } from './targets/index.js';
import { openTerminal } from './terminal/terminal.js';

declare const VERSION: string;

const HELP_COLUMNS = Math.min(Number(process.env['COLUMNS']) || process.stdout.columns || 80, 100);

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
const interrupt = new AbortController();

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
  commander.exitOverride().configureHelp({ helpWidth: HELP_COLUMNS }).helpOption('-h, --help', 'show this');
  commander.addHelpText('before', `Examples:\n${examples(command)}\n`);
  const { argument } = command;
  if (argument) {
    const shown = argument.isOptional ? `[${argument.name}]` : `<${argument.name}>`;
    commander.argument(shown, argument.about);
  }
  for (const option of [...Object.values(command.options), ...COMMON_OPTIONS]) commander.addOption(flagOf(option));
  commander.action(async (...typed: unknown[]) => {
    const flags = commander.optsWithGlobals() as Record<string, unknown>;
    const word = argument ? typed[0] : undefined;
    if (argument && word !== undefined && !argument.choices.includes(word as string)) {
      throw new AlakazamError(
        'usage',
        `${argument.name} is ${JSON.stringify(word)}; valid: ${argument.choices.join(', ')}`,
      );
    }
    const outcome = await run(command, flags, (word as string) ?? '');
    if (outcome) exitCode = EXIT_CODES[outcome].code;
  });
}

async function run(command: Command<Options>, flags: Record<string, unknown>, argument: string) {
  const terminal = openTerminal(process, { environment: process.env, isQuiet: flags['quiet'] === true });
  const config = await readConfig({
    flags: {
      target: command.target,
      ...Object.fromEntries(KEYS.filter((key) => flags[key] !== undefined).map((key) => [key, String(flags[key])])),
    },
    environment: process.env,
    directory: process.cwd(),
    targets: Object.keys(TARGETS),
  });
  const pipeline = await openTarget(config);
  const context: Context = {
    pipeline,
    terminal,
    config,
    clock: Date.now,
    signal: interrupt.signal,
    stdin: process.stdin,
    directory: process.cwd(),
    nodeVersion: process.version,
  };
  try {
    return (
      (await command.run(context, valuesOf(command, flags, config), argument)) ??
      (interrupt.signal.aborted ? 'interrupted' : undefined)
    );
  } finally {
    await pipeline.close();
  }
}

async function openTarget(config: Config) {
  const name = config.get('target') as keyof typeof TARGETS;
  return (await TARGETS[name]())(config, Date.now);
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

function fail(error: unknown): void {
  if (error instanceof CommanderError) {
    if (error.exitCode !== 0 && error.code !== 'commander.help') exitCode = EXIT_CODES.usage.code;
    return;
  }
  const isVerbose = process.argv.includes('--verbose');
  if (error instanceof AlakazamError) {
    exitCode = EXIT_CODES[error.code].code;
    process.stderr.write(`error: ${error.message}\n${error.hint ? `  ${error.hint}\n` : ''}`);
    if (isVerbose)
      process.stderr.write(`${error.stack}\n${error.cause instanceof Error ? `${error.cause.stack}\n` : ''}`);
    return;
  }
  exitCode = EXIT_CODES.failed.code;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`error: ${message.split('\n', 1)[0]}\n  this is a bug in alakazam; --verbose shows where\n`);
  if (isVerbose && error instanceof Error) process.stderr.write(`${error.stack}\n`);
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever read the answer has seen enough.
  if (error.code === 'EPIPE') process.exit(EXIT_CODES.done.code);
  throw error;
});
// Nobody reads the conversation: no reason to stop.
process.stderr.on('error', () => {});
process.on('SIGINT', () => {
  if (interrupt.signal.aborted) process.exit(EXIT_CODES.interrupted.code);
  interrupt.abort();
});
process.on('SIGTERM', () => interrupt.abort());

export type { Key };

try {
  if (process.argv.length <= 2) program.outputHelp();
  else await program.parseAsync();
} catch (error) {
  fail(error);
}
process.exitCode = exitCode;
// Once all is said: the look-up of a host that no name server answers can't be called off, and would hold up the end for long.
if (exitCode !== EXIT_CODES.done.code) process.stdout.write('', () => process.stderr.write('', () => process.exit()));
