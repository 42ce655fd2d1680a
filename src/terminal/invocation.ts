/** The way in which the program was started, so that hints show a command that starts it again. */
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join, relative, sep } from 'node:path';

export interface Invocation {
  /** The program as it was started, an absolute path: `process.argv[1]`. */
  readonly script: string;
  readonly environment: Record<string, string | undefined>;
}

const NAME = 'alakazam';

/** The command that starts the program in this directory: `alakazam`, `npx alakazam` or `node ../bin/alakazam.js`. */
export function programIn(directory: string, { script, environment }: Invocation): string {
  if (isOnPath(script, environment)) return NAME;
  if (isFromNpx(environment) || isPackageOf(directory, script)) return `npx ${NAME}`;
  const near = relative(directory, script);
  return `node ${shellWord(near.length < script.length ? near : script)}`;
}

/** A message in which `program` replaces the `alakazam` of each command, such as `alakazam verify`. Idempotent. */
export function spelled(message: string, commands: readonly string[], program: () => string): string {
  const pattern = new RegExp(`(?<![\\w./@-]|npx |node )${NAME} (?=(?:${commands.join('|')})\\b)`, 'g');
  return message.replaceAll(pattern, () => `${program()} `);
}

/** Whether the name alone starts this very program, and not another version. */
function isOnPath(script: string, environment: Invocation['environment']): boolean {
  const directories = (environment['PATH'] ?? '').split(delimiter).filter((directory) => directory !== '');
  // npm puts these directories before the PATH of a script. The PATH of the user's shell does not have them.
  const isNpms = (directory: string) =>
    environment['npm_lifecycle_event'] !== undefined && directory.endsWith(join('node_modules', '.bin'));
  const found = directories.filter((directory) => !isNpms(directory)).find((directory) => isProgram(directory));
  return found !== undefined && realPathOf(join(found, NAME)) === realPathOf(script);
}

function isProgram(directory: string): boolean {
  try {
    accessSync(join(directory, NAME), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** npm says what `npx` runs, in quotes or without: https://docs.npmjs.com/cli/v11/using-npm/scripts#environment */
function isFromNpx(environment: Invocation['environment']): boolean {
  const { npm_lifecycle_event: event, npm_lifecycle_script: script = '' } = environment;
  return event === 'npx' && /^['"]?alakazam\b/.test(script);
}

/** Whether npx finds the program from this directory: in the node_modules of this directory or of one above it. */
function isPackageOf(directory: string, script: string): boolean {
  const at = script.indexOf(`${sep}node_modules${sep}`);
  if (at < 0) return false;
  const project = script.slice(0, at);
  return directory === project || directory.startsWith(project.endsWith(sep) ? project : project + sep);
}

/** A word in quotes, if a shell would otherwise read it as several words. */
export function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
