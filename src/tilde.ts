/** `~` in a path, for which a shell puts the home directory only where it begins a word: not in `--home=~/orders`, nor in a file. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The home directory of the user. */
export function homeOf(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['HOME'] || homedir();
}

/** A path with `home` in place of a `~` at its beginning. `~ann` stays: it may be the name of a file. */
export function withoutTilde(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
}
