/**
 * Configuration: flags, then the environment, then `.alakazamrc` of the project, then the user's, then defaults. An empty
 * value is an error, not a default: most often it is a variable of a script that isn't set.
 */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { AlakazamError, reasonOf } from './errors.js';
import { KEYS, type Key, SETTINGS, type Setting } from './settings.js';

export interface Config {
  get(key: Key): string | undefined;
  /** The directory of the project: of the nearest `.alakazamrc` from the working directory up. */
  readonly project: string | undefined;
  /** Where a value came from, for people. */
  origin(key: Key): string;
}

export interface ConfigInput {
  readonly flags: Partial<Record<Key, string | undefined>>;
  readonly environment: Record<string, string | undefined>;
  readonly directory: string;
  readonly targets: readonly string[];
}

const FILE = '.alakazamrc';

/** Throws an `AlakazamError` for an unknown key or a value that isn't valid, and names what is. */
export async function readConfig({ flags, environment, directory, targets }: ConfigInput): Promise<Config> {
  const found = new Map<Key, { value: string; origin: string }>();
  const take = (key: Key, value: string | undefined, origin: string) => {
    if (value === undefined) return;
    // Also where another value outranks it: it is a variable that is not set, and will count elsewhere.
    if (value === '') {
      const place = origin === `--${key}` || origin === variableOf(key) ? origin : `${key} in ${origin}`;
      throw new AlakazamError('usage', `${place} is ""; give it a value, or leave it out`);
    }
    if (found.has(key)) return;
    const valid = key === 'target' ? (targets.includes(value) ? undefined : targets.join(', ')) : whyNot(key, value);
    if (valid) throw new AlakazamError('usage', `${key} is ${JSON.stringify(value)} (${origin}); valid: ${valid}`);
    found.set(key, { value, origin });
  };

  for (const key of KEYS) take(key, flags[key], `--${key}`);
  for (const key of KEYS) take(key, environment[variableOf(key)], variableOf(key));
  const project = nearest(directory);
  const user = join(environment['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'alakazam', 'alakazamrc');
  for (const path of [project, user]) {
    if (!path || !existsSync(path)) continue;
    for (const [key, value] of Object.entries(await readFile(path))) {
      // A path in a file is meant from that file's directory.
      const isPath = (key === 'home' || key === 'source') && value !== '';
      take(key as Key, isPath ? resolve(dirname(path), value) : value, path);
    }
  }
  const data = environment['XDG_DATA_HOME'] || join(homedir(), '.local', 'share');
  take('home', project ? join(dirname(project), '.alakazam') : join(data, 'alakazam'), 'default');
  take('target', targets[0], 'default');
  take('stack', 'alakazam', 'default');
  take('seed', '1', 'default');
  return {
    project: project && dirname(project),
    get: (key) => found.get(key)?.value,
    origin: (key) => found.get(key)?.origin ?? 'not set',
  };
}

function whyNot(key: Key, value: string): string | undefined {
  const setting: Setting = SETTINGS[key];
  return setting.whyNot?.(value);
}

export function variableOf(key: Key): string {
  return `ALAKAZAM_${key.toUpperCase()}`;
}

/** The `.alakazamrc` of this directory or the nearest one above it. */
function nearest(directory: string): string | undefined {
  const path = join(directory, FILE);
  if (existsSync(path)) return path;
  const parent = dirname(directory);
  return parent === directory ? undefined : nearest(parent);
}

async function readFile(path: string): Promise<Record<string, string>> {
  const { parse } = await import('yaml');
  let content: unknown;
  try {
    // Its warnings quote the file, and it would print them itself.
    content = parse(readFileSync(path, 'utf8'), { logLevel: 'error' }) ?? {};
  } catch (error) {
    throw new AlakazamError('usage', `can't read ${path}: ${reasonOf(error)}`, { cause: error });
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new AlakazamError('usage', `${path} holds no keys; valid: ${KEYS.join(', ')}`, { hint: 'target: local' });
  }
  for (const [key, value] of Object.entries(content)) {
    if (!KEYS.includes(key as Key)) {
      const { nearestTo } = await import('./terminal/nearest.js');
      throw new AlakazamError(
        'usage',
        `${path} has an unknown key ${JSON.stringify(key)}; did you mean ${nearestTo(key, KEYS)}?`,
        {
          hint: `valid keys: ${KEYS.join(', ')}`,
        },
      );
    }
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw new AlakazamError('usage', `${key} in ${path} is ${JSON.stringify(value)}; it takes one value`);
    }
  }
  return Object.fromEntries(Object.entries(content).map(([key, value]) => [key, String(value)]));
}
