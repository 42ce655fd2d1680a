/**
 * Configuration: flags, then the environment, then `.alakazamrc` of the project, then the user's, then defaults. An empty
 * value is an error, not a default: most often it is a variable of a script that isn't set.
 */
import { realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { nearestFile, readConfigFile } from './config-file.js';
import { AlakazamError } from './errors.js';
import { flagFor, KEYS, type Key, settingOf, shownValue, variableOf } from './settings.js';
import { homeOf, withoutTilde } from './tilde.js';

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
  /** Number of the user, where the system has such. */
  readonly user: number | undefined;
  /** Leaves the files out. */
  readonly isWithoutFiles?: boolean;
}

/** Throws an `AlakazamError` for an unknown key or a value that isn't valid, and names what is. */
export async function readConfig(input: ConfigInput): Promise<Config> {
  const { flags, environment, directory, targets, user, isWithoutFiles = false } = input;
  const own = homeOf(environment);
  const found = new Map<Key, { value: string; origin: string }>();
  const take = (key: Key, value: string | undefined, origin: string) => {
    if (value === undefined) return;
    // Also where another value outranks it: it is a variable that is not set, and will count elsewhere.
    if (value === '') {
      const place = origin === flagFor(key) || origin === variableOf(key) ? origin : `${key} in ${origin}`;
      throw new AlakazamError('usage', `${place} is ""; give it a value, or leave it out`);
    }
    if (found.has(key)) return;
    const valid =
      key === 'target' ? (targets.includes(value) ? undefined : targets.join(', ')) : settingOf(key).whyNot?.(value);
    if (valid) {
      const shown = JSON.stringify(shownValue(key, value));
      throw new AlakazamError('usage', `${key} is ${shown} (${origin}); valid: ${valid}`);
    }
    found.set(key, { value: isPath(key) ? withoutTilde(value, own) : value, origin });
  };

  for (const key of KEYS) take(key, flags[key], flagFor(key));
  for (const key of KEYS) take(key, environment[variableOf(key)], variableOf(key));
  const project = isWithoutFiles ? undefined : nearestFile(directory, realPathOf(own));
  const usersOwn = join(environment['XDG_CONFIG_HOME'] || join(own, '.config'), 'alakazam', 'alakazamrc');
  for (const path of isWithoutFiles ? [] : [project, usersOwn]) {
    if (!path) continue;
    for (const [key, value] of Object.entries(await readConfigFile(path, user))) {
      if (path === project && settingOf(key as Key).isRun) {
        throw new AlakazamError('usage', `${key} is in ${path}, and the file of a project may not say what is run`, {
          hint: `whoever uses the project would run it: move it to ${usersOwn}, or set ${variableOf(key as Key)}`,
        });
      }
      // A path in a file is meant from that file's directory.
      const isMeant = isPath(key as Key) && value !== '';
      take(key as Key, isMeant ? resolve(dirname(path), withoutTilde(value, own)) : value, path);
    }
  }
  const data = environment['XDG_DATA_HOME'] || join(own, '.local', 'share');
  take('home', project ? join(dirname(project), '.alakazam') : join(data, 'alakazam'), 'default');
  take('target', targets[0], 'default');
  for (const key of KEYS) take(key, settingOf(key).fallback, 'default');
  return {
    project: project && dirname(project),
    get: (key) => found.get(key)?.value,
    origin: (key) => found.get(key)?.origin ?? 'not set',
  };
}

function isPath(key: Key): boolean {
  return key === 'home' || key === 'source';
}

/** The working directory is one without links, and the home directory may have one in it. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
