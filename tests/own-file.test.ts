/** Configuration that others may have written counts nowhere, and nobody has to guess why. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../src/config.js';
import { AlakazamError } from '../src/errors.js';
import { temporaryDirectory } from './run-cli.js';

/** Number of the user whom these tests run as. */
const me = process.geteuid?.() as number;

/** A home directory with a project in it, where the command is typed, and the two files that may count. */
function place() {
  const home = temporaryDirectory();
  const directory = join(home, 'project');
  mkdirSync(directory);
  const files = { project: join(directory, '.alakazamrc'), user: join(home, '.config', 'alakazam', 'alakazamrc') };
  mkdirSync(dirname(files.user), { recursive: true });
  const read = (user = me, from = directory) =>
    readConfig({ flags: {}, environment: { HOME: home }, directory: from, targets: ['local', 'aws'], user });
  return { home, directory, files, read };
}

async function failureOf(reading: Promise<unknown>): Promise<AlakazamError> {
  const error = await reading.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AlakazamError);
  return error as AlakazamError;
}

/** What stands in the place of a file, why it does not count, and what to type. */
const STRANGE: readonly [make: (path: string) => void, why: RegExp, hint: (path: string) => string][] = [
  [
    (path) => {
      writeFileSync(`${path}.there`, 'seed: 2\n');
      symlinkSync(`${path}.there`, path);
    },
    /it is a link: who owns what it leads to may change it/,
    (path) => `cp -L ${path} ${path}.new; mv ${path}.new ${path}`,
  ],
  [
    (path) => symlinkSync('/nowhere/at/all', path),
    /it is a link/,
    (path) => `cp -L ${path} ${path}.new; mv ${path}.new ${path}`,
  ],
  [(path) => execFileSync('mkfifo', [path]), /it is no file/, (path) => `move it away: mv ${path} ${path}.old`],
  [(path) => mkdirSync(path), /it is no file/, (path) => `move it away: mv ${path} ${path}.old`],
  ...[0o664, 0o646, 0o666].map((mode): (typeof STRANGE)[number] => [
    (path) => {
      writeFileSync(path, 'seed: 2\n');
      chmodSync(path, mode);
    },
    /others may write it/,
    (path) => `look at what it says, then: chmod go-w ${path}`,
  ]),
  [
    (path) => writeFileSync(path, `seed: 2\n#${'x'.repeat(65_536)}`),
    /it has 65\.5 kB; at most 65\.5 kB/,
    (path) => `move it away: mv ${path} ${path}.old`,
  ],
];

describe.each(['project', 'user'] as const)('the file of the %s', (whose) => {
  test.each(STRANGE)('does not count if it is strange (%#)', async (make, why, hint) => {
    const { files, read } = place();
    const path = files[whose];
    make(path);
    const failure = await failureOf(read());
    expect(failure.message.startsWith(`${path} does not count, because `)).toBe(true);
    expect(failure.message).toMatch(why);
    expect([failure.code, failure.hint]).toEqual(['usage', hint(path)]);
  });

  test('does not count if it is of another user, unless that is root', async () => {
    const { files, read } = place();
    const path = files[whose];
    writeFileSync(path, 'seed: 2\n');
    // Root may give it away; anybody else is another user than the one whose number is one more.
    if (me === 0) {
      expect((await read(12_345)).get('seed')).toBe('2');
      chownSync(path, 65_534, 65_534);
    }
    const owner = me === 0 ? 65_534 : me;
    const failure = await failureOf(read(me + 1));
    expect(failure.message).toBe(
      `${path} does not count, because it belongs to another user (${owner}, and you are ${me + 1})`,
    );
    expect(failure.hint).toContain(`sudo chown ${me + 1} ${path}`);
    expect((await read(owner)).get('seed')).toBe('2');
  });

  test('counts with 64 kB, and if others may read it', async () => {
    const { files, read } = place();
    writeFileSync(files[whose], `seed: 2\n#${'x'.repeat(65_536 - 10)}\n`, { mode: 0o644 });
    expect((await read()).get('seed')).toBe('2');
  });
});

describe('the file of a project', () => {
  test('is looked for up to the home directory', async () => {
    const { home, directory, read } = place();
    writeFileSync(join(dirname(home), '.alakazamrc'), 'seed: 9\n');
    expect((await read()).get('seed')).toBe('1');
    writeFileSync(join(home, '.alakazamrc'), 'seed: 3\n');
    expect((await read()).get('seed')).toBe('3');
    rmSync(join(dirname(home), '.alakazamrc'));
    expect((await read(me, join(directory, 'deep', 'er'))).project).toBe(home);
  });

  test.each(['directory', 'file'])('is looked for up to the root of the repository (.git is a %s)', async (kind) => {
    const { home, directory, read } = place();
    writeFileSync(join(home, '.alakazamrc'), 'seed: 3\n');
    const git = join(directory, '.git');
    if (kind === 'directory') mkdirSync(git);
    else writeFileSync(git, 'gitdir: elsewhere\n');
    const below = join(directory, 'deep', 'er');
    expect((await read(me, below)).get('seed')).toBe('1');
    writeFileSync(join(directory, '.alakazamrc'), 'seed: 4\n');
    expect((await read(me, below)).get('seed')).toBe('4');
  });
});
