import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ConfigInput, readConfig, variableOf } from '../src/config.js';
import { AlakazamError } from '../src/errors.js';
import { KEYS } from '../src/settings.js';
import { temporaryDirectory } from './run-cli.js';

const base = temporaryDirectory();
let places = 0;

interface Place {
  /** `project/deep/er`, where the command is typed. */
  readonly directory: string;
  readonly project: string;
  readonly user: string;
  read(given?: Partial<ConfigInput>): ReturnType<typeof readConfig>;
}

/** A place with these files; `undefined` writes none. */
function place({ project, user }: { project?: string | undefined; user?: string | undefined } = {}): Place {
  const root = join(base, String(places++));
  const directory = join(root, 'project', 'deep', 'er');
  const paths = { project: join(root, 'project', '.alakazamrc'), user: join(root, 'user', 'alakazam', 'alakazamrc') };
  mkdirSync(directory, { recursive: true });
  mkdirSync(dirname(paths.user), { recursive: true });
  if (project !== undefined) writeFileSync(paths.project, project);
  if (user !== undefined) writeFileSync(paths.user, user);
  return {
    directory,
    ...paths,
    read: ({ environment, ...given } = {}) =>
      readConfig({
        flags: {},
        environment: { XDG_CONFIG_HOME: join(root, 'user'), ...environment },
        directory,
        targets: ['local', 'aws'],
        ...given,
      }),
  };
}

/** What reading fails with; it must be an error for people, about wrong usage. */
async function failureOf(reading: Promise<unknown>): Promise<AlakazamError> {
  const error = await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AlakazamError);
  expect((error as AlakazamError).code).toBe('usage');
  return error as AlakazamError;
}

describe('a setting', () => {
  test('comes from the first of flag, environment, project, user and default that has it', async () => {
    const flags = { seed: '5' };
    const environment = { ALAKAZAM_SEED: '4' };
    const { read, project, user } = place({ project: 'seed: 3\n', user: 'seed: 2\n' });
    const seen = async (given?: Partial<ConfigInput>, from: Place['read'] = read) => {
      const config = await from(given);
      return [config.get('seed'), config.origin('seed')];
    };
    expect(await seen({ flags, environment })).toEqual(['5', '--seed']);
    expect(await seen({ environment })).toEqual(['4', 'ALAKAZAM_SEED']);
    expect(await seen()).toEqual(['3', project]);
    const users = place({ user: 'seed: 2\n' });
    expect(await seen({}, users.read)).toEqual(['2', users.user]);
    expect(user).not.toBe(users.user);
    expect(await seen({}, place().read)).toEqual(['1', 'default']);
  });

  test('is taken one by one: a file adds what the one before it lacks', async () => {
    const { read, project, user } = place({ project: 'seed: 3\n', user: 'seed: 2\ntarget: aws\n' });
    const config = await read();
    expect(KEYS.map((key) => config.origin(key))).toEqual([user, 'default', 'default', 'not set', 'not set', project]);
    expect(config.get('target')).toBe('aws');
    expect(config.get('source')).toBeUndefined();
  });

  test.each(KEYS)('%s that is empty is an error, wherever it is', async (key) => {
    const { read, project } = place({ project: `${key}: ""\n` });
    const remedy = 'is ""; give it a value, or leave it out';
    expect((await failureOf(read({ flags: { [key]: '' } }))).message).toBe(`--${key} ${remedy}`);
    expect((await failureOf(read({ environment: { [variableOf(key)]: '' } }))).message).toBe(
      `${variableOf(key)} ${remedy}`,
    );
    expect((await failureOf(read())).message).toBe(`${key} in ${project} ${remedy}`);
    // Another value that outranks it is no reason to pass over it.
    const outranked = place({ user: `${key}: ''\n` });
    const environment = {
      [variableOf(key)]: { target: 'local', stack: 'orders', cluster: 'j-1' }[key as string] ?? '1',
    };
    expect((await failureOf(outranked.read({ environment }))).message).toBe(`${key} in ${outranked.user} ${remedy}`);
  });

  test('is called alike everywhere', () => {
    expect(KEYS).toEqual(['target', 'home', 'stack', 'cluster', 'source', 'seed']);
    expect(KEYS.map(variableOf)).toEqual([
      'ALAKAZAM_TARGET',
      'ALAKAZAM_HOME',
      'ALAKAZAM_STACK',
      'ALAKAZAM_CLUSTER',
      'ALAKAZAM_SOURCE',
      'ALAKAZAM_SEED',
    ]);
  });
});

describe('a path', () => {
  test('in a file is meant from the directory of that file', async () => {
    const { read, project, user } = place({ project: 'source: data/orders.csv\n', user: 'home: ../store\n' });
    const config = await read();
    expect(config.get('source')).toBe(join(dirname(project), 'data', 'orders.csv'));
    expect(config.get('home')).toBe(join(dirname(dirname(user)), 'store'));
  });

  test('in a flag or the environment is left as it was typed', async () => {
    const config = await place().read({ flags: { source: '-' }, environment: { ALAKAZAM_HOME: 'here' } });
    expect([config.get('source'), config.get('home')]).toEqual(['-', 'here']);
  });

  test('that is absolute stays so', async () => {
    expect((await place({ project: 'home: /var/alakazam\n' }).read()).get('home')).toBe('/var/alakazam');
  });
});

describe('the home', () => {
  test('is beside the nearest .alakazamrc, an empty one too', async () => {
    const { read, project } = place({ project: '' });
    expect((await read()).get('home')).toBe(join(dirname(project), '.alakazam'));
  });

  test('is the data directory of the user where there is no project', async () => {
    const { read } = place({ user: 'seed: 2\n' });
    expect((await read({ environment: { XDG_DATA_HOME: '/data' } })).get('home')).toBe('/data/alakazam');
    expect((await read()).get('home')).toBe(join(homedir(), '.local', 'share', 'alakazam'));
  });

  test('is that of the nearer of two projects', async () => {
    const { read, directory } = place({ project: 'seed: 3\n' });
    writeFileSync(join(directory, '.alakazamrc'), 'seed: 4\n');
    const config = await read();
    expect([config.get('seed'), config.get('home')]).toEqual(['4', join(directory, '.alakazam')]);
  });
});

describe('what is wrong', () => {
  test.each([
    ['sead', 'seed'],
    ['Target', 'target'],
    ['sources', 'source'],
    ['hoem', 'home'],
  ])('an unknown key %s is told with the nearest, %s', async (typed, meant) => {
    const { read, project } = place({ project: `seed: 1\n${typed}: x\n` });
    const { message, hint } = await failureOf(read());
    expect(message).toBe(`${project} has an unknown key "${typed}"; did you mean ${meant}?`);
    expect(hint).toBe('valid keys: target, home, stack, cluster, source, seed');
  });

  test('an unknown key of the user is told even where a flag says all', async () => {
    const { read, user } = place({ user: 'colour: blue\n' });
    expect((await failureOf(read({ flags: { seed: '1' } }))).message).toContain(`${user} has an unknown key "colour"`);
  });

  test('a file that is no YAML is named, with the reason on one line', async () => {
    const { read, project } = place({ project: 'seed: [1\n' });
    const { message } = await failureOf(read());
    expect(message.startsWith(`can't read ${project}: `)).toBe(true);
    expect(message.length).toBeGreaterThan(`can't read ${project}: `.length);
    expect(message).not.toContain('\n');
  });

  test.each(['just words', '- seed\n- 1\n', '42'])('a file without keys is named: %j', async (content) => {
    const { read, project } = place({ project: content });
    expect((await failureOf(read())).message).toBe(
      `${project} holds no keys; valid: target, home, stack, cluster, source, seed`,
    );
  });

  test.each([
    ['seed:\n', 'seed', 'null'],
    ['seed: [1, 2]\n', 'seed', '[1,2]'],
    ['home: { path: x }\n', 'home', '{"path":"x"}'],
    ['target: true\n', 'target', 'true'],
  ])('a key takes one value: %j', async (content, key, shown) => {
    const { read, project } = place({ project: content });
    expect((await failureOf(read())).message).toBe(`${key} in ${project} is ${shown}; it takes one value`);
  });

  test.each(['-1', '1.5', 'one', '1234567890', '0x1', '1e3'])(
    'a seed of %s is told with what is valid',
    async (seed) => {
      const { message } = await failureOf(place().read({ flags: { seed } }));
      expect(message).toBe(`seed is "${seed}" (--seed); valid: a whole number from 0 to 999999999`);
    },
  );

  test('a wrong value is told with where it came from', async () => {
    const { read, project } = place({ project: 'target: gcp\n' });
    expect((await failureOf(read())).message).toBe(`target is "gcp" (${project}); valid: local, aws`);
    expect((await failureOf(read({ environment: { ALAKAZAM_TARGET: 'azure' } }))).message).toBe(
      'target is "azure" (ALAKAZAM_TARGET); valid: local, aws',
    );
  });
});
