/** Reads a file of settings, `.alakazamrc`. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AlakazamError, reasonOf } from './errors.js';
import { isThere, readOwnFile } from './own-file.js';
import { KEYS, type Key, settingOf, variableOf } from './settings.js';

const FILE = '.alakazamrc';

/**
 * The `.alakazamrc` of this directory or the nearest one above it, up to the root of its repository or to `home`: what lies above
 * those is about something else.
 */
export function nearestFile(directory: string, home: string): string | undefined {
  const path = join(directory, FILE);
  if (isThere(path)) return path;
  const parent = dirname(directory);
  const isLast = parent === directory || directory === home || existsSync(join(directory, '.git'));
  return isLast ? undefined : nearestFile(parent, home);
}

/**
 * The text of each key that a file has; none if there is no file. Throws an `AlakazamError` for a file that does not count, for an
 * unknown key, and for a value that is not one value. `user` is the number of the user, where the system has such.
 */
export async function readConfigFile(path: string, user: number | undefined): Promise<Record<string, string>> {
  const text = readOwnFile(path, user);
  if (text === undefined) return {};
  const { parse } = await import('yaml');
  let content: unknown;
  try {
    // Its warnings quote the file, and it would print them itself.
    content = parse(text, { logLevel: 'error' }) ?? {};
  } catch (error) {
    throw new AlakazamError('usage', `can't read ${path}: ${reasonOf(error)}`, { cause: error });
  }
  if (!isMap(content)) {
    throw new AlakazamError('usage', `${path} holds no keys; valid: ${inFiles.join(', ')}`, { hint: 'target: local' });
  }
  const values: Record<string, string> = {};
  for (const [key, value] of leavesOf(content)) {
    if (!KEYS.includes(key as Key)) throw await wrongKey(key, path);
    if (Object.hasOwn(values, key)) throw new AlakazamError('usage', `${key} is in ${path} twice; leave one out`);
    values[key] = textOf(key as Key, value, path);
  }
  return values;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Keys that a file may have. */
const inFiles = KEYS.filter((key) => !settingOf(key).isSecret);

/** Keys that hold others: `alarm`. */
const GROUPS = [...new Set(KEYS.filter((key) => key.includes('.')).map((key) => key.slice(0, key.indexOf('.'))))];

/** `alarm: { window: 1s }` as `alarm.window`. */
function* leavesOf(content: Record<string, unknown>, prefix = ''): Generator<readonly [key: string, value: unknown]> {
  for (const [name, value] of Object.entries(content)) {
    const key = prefix + name;
    if (GROUPS.includes(key) && isMap(value)) yield* leavesOf(value, `${key}.`);
    else yield [key, value];
  }
}

async function wrongKey(key: string, path: string): Promise<AlakazamError> {
  if (GROUPS.includes(key)) {
    const names = inFiles.filter((each) => each.startsWith(`${key}.`));
    const valid = names.map((each) => each.slice(key.length + 1)).join(', ');
    return new AlakazamError('usage', `${key} in ${path} holds no keys; valid: ${valid}`);
  }
  const { nearestTo } = await import('./terminal/nearest.js');
  const meant = nearestTo(key, [...inFiles, ...GROUPS]);
  return new AlakazamError('usage', `${path} has an unknown key ${JSON.stringify(key)}; did you mean ${meant}?`, {
    hint: `valid keys: ${inFiles.join(', ')}`,
  });
}

/** The one value of a key. */
function textOf(key: Key, value: unknown, path: string): string {
  const { isSecret, isList, shown } = settingOf(key);
  if (isSecret) {
    throw new AlakazamError('usage', `${key} is in ${path}, and a secret does not belong in a file`, {
      hint: `take it out, and set ${variableOf(key)} in the environment`,
    });
  }
  if (isList && Array.isArray(value)) return value.join(', ');
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  const what = shown ? 'no text' : JSON.stringify(value);
  throw new AlakazamError('usage', `${key} in ${path} is ${what}; it takes one value`);
}
