import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMON_OPTIONS, type Option, optionsOf } from '../src/command.js';
import { COMMANDS } from '../src/commands/index.js';
import { type ConfigInput, readConfig } from '../src/config.js';
import { AlakazamError } from '../src/errors.js';
import { flagFor, KEYS, type Key, variableOf } from '../src/settings.js';
import { temporaryDirectory } from './run-cli.js';

/** As errors list them. */
const IN_FILES =
  'target, home, stack, cluster, source, seed, alarm.threshold, alarm.window, alarm.quiet, alarm.count, alarm.reminder, alarm.notify, alarm.webhook, alarm.command';

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
        user: process.geteuid?.(),
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
    const origins = ['target', 'home', 'stack', 'source', 'seed'] as const;
    expect(origins.map((key) => config.origin(key))).toEqual([user, 'default', 'default', 'not set', project]);
    expect(config.get('target')).toBe('aws');
    expect(config.get('source')).toBeUndefined();
  });

  test.each(KEYS.filter((key) => key !== 'alarm.secret'))(
    '%s that is empty is an error, wherever it is',
    async (key) => {
      const isRun = key === 'alarm.command';
      // `alarm.window` is `window` in the map `alarm`.
      const inFile = key.replace('.', ':\n  ');
      const file = `${inFile}: ""\n`;
      const { read, ...paths } = place(isRun ? { user: file } : { project: file });
      const remedy = 'is ""; give it a value, or leave it out';
      expect((await failureOf(read({ flags: { [key]: '' } }))).message).toBe(`--${key.replace('.', '-')} ${remedy}`);
      expect((await failureOf(read({ environment: { [variableOf(key)]: '' } }))).message).toBe(
        `${variableOf(key)} ${remedy}`,
      );
      expect((await failureOf(read())).message).toBe(`${key} in ${isRun ? paths.user : paths.project} ${remedy}`);
      // Another value that outranks it is no reason to pass over it.
      const outranked = place({ user: `${inFile}: ''\n` });
      const valid: Partial<Record<Key, string>> = {
        ...{
          target: 'local',
          stack: 'orders',
          cluster: 'j-1',
          'alarm.window': '1s',
          'alarm.quiet': '1s',
          'alarm.count': 'orders',
        },
        ...{ 'alarm.reminder': 'off', 'alarm.notify': 'none', 'alarm.webhook': 'https://example.org' },
      };
      const environment = { [variableOf(key)]: valid[key] ?? '1' };
      expect((await failureOf(outranked.read({ environment }))).message).toBe(`${key} in ${outranked.user} ${remedy}`);
    },
  );

  test('is called alike everywhere', () => {
    expect(KEYS).toEqual([...IN_FILES.split(', '), 'alarm.secret']);
    expect(KEYS.map((key) => `${flagFor(key)} ${variableOf(key)}`)).toEqual([
      ...['--target ALAKAZAM_TARGET', '--home ALAKAZAM_HOME', '--stack ALAKAZAM_STACK'],
      ...['--cluster ALAKAZAM_CLUSTER', '--source ALAKAZAM_SOURCE', '--seed ALAKAZAM_SEED'],
      ...['--alarm-threshold ALAKAZAM_ALARM_THRESHOLD', '--alarm-window ALAKAZAM_ALARM_WINDOW'],
      ...['--alarm-quiet ALAKAZAM_ALARM_QUIET', '--alarm-count ALAKAZAM_ALARM_COUNT'],
      ...['--alarm-reminder ALAKAZAM_ALARM_REMINDER', '--alarm-notify ALAKAZAM_ALARM_NOTIFY'],
      ...['--alarm-webhook ALAKAZAM_ALARM_WEBHOOK', '--alarm-command ALAKAZAM_ALARM_COMMAND'],
      '--alarm-secret ALAKAZAM_ALARM_SECRET',
    ]);
  });

  test('has the flag of its name, wherever a command takes it', () => {
    const options = [...COMMANDS.flatMap(({ options }) => Object.values<Option>(options)), ...COMMON_OPTIONS];
    const ofSettings = options.filter(({ setting }) => setting !== undefined);
    expect(ofSettings.length).toBeGreaterThan(4);
    for (const { flags, setting } of ofSettings) expect(flags.split(/[ ,]+/)).toContain(flagFor(setting as Key));
  });
});

describe('an empty value', () => {
  const flags = COMMANDS.flatMap((command) =>
    optionsOf(command).map((option) => [`${command.name} ${option.flags}`, option] as const),
  );

  test.each(flags.filter(([, { flags }]) => flags.includes('<')))('of %s is an error', async (_, option) => {
    const flag = option.flags.split(/[ ,]+/).find((part) => part.startsWith('--')) as string;
    if (option.setting) {
      expect((await failureOf(place().read({ flags: { [option.setting]: '' } }))).message).toMatch(
        / is ""; give it a value/,
      );
    } else {
      expect(() => option.parse?.('', flag)).toThrow(AlakazamError);
      expect(() => option.parse?.('', flag)).toThrow(`${flag} is ""; `);
    }
  });

  test('is asked of every flag that takes one', () => {
    expect(flags.length).toBeGreaterThan(150);
    // A flag without a parser would be yes or no, and drop its value.
    const dropped = flags.filter(([, { flags, parse, setting }]) => flags.includes('<') && !parse && !setting);
    expect(dropped).toEqual([]);
  });
});

describe('settings in a map', () => {
  test('come from flag, environment, project, user and default', async () => {
    const flags = { 'alarm.threshold': '5' };
    const environment = { ALAKAZAM_ALARM_THRESHOLD: '4' };
    const { read, project } = place({
      project: 'alarm:\n  threshold: 3\n',
      user: 'alarm: { threshold: 2, window: 2s }\n',
    });
    const seen = async (given?: Partial<ConfigInput>) => {
      const config = await read(given);
      return [config.get('alarm.threshold'), config.origin('alarm.threshold'), config.get('alarm.window')];
    };
    expect(await seen({ flags, environment })).toEqual(['5', '--alarm-threshold', '2s']);
    expect(await seen({ environment })).toEqual(['4', 'ALAKAZAM_ALARM_THRESHOLD', '2s']);
    expect(await seen()).toEqual(['3', project, '2s']);
    const config = await place().read();
    expect([config.get('alarm.threshold'), config.origin('alarm.threshold')]).toEqual(['10', 'default']);
  });

  test('may be a list where the setting is one', async () => {
    const config = await place({ project: 'alarm:\n  notify: [began, ended]\n' }).read();
    expect(config.get('alarm.notify')).toBe('began, ended');
  });

  test.each([
    ['alarm: { treshold: 3 }', 'has an unknown key "alarm.treshold"; did you mean alarm.threshold?'],
    ['alarm: { slack: x }', 'has an unknown key "alarm.slack"; did you mean'],
    ['alarms: { threshold: 3 }', 'has an unknown key "alarms"; did you mean alarm?'],
    ['threshold: 3', 'has an unknown key "threshold"; did you mean'],
  ])('that are unknown are told with the nearest: %s', async (content, message) => {
    const { read, project } = place({ project: content });
    const failure = await failureOf(read());
    expect(failure.message.startsWith(`${project} ${message}`)).toBe(true);
    expect(failure.hint).toBe(`valid keys: ${IN_FILES}`);
  });

  test.each(['alarm: 10', 'alarm:', 'alarm: [threshold, 10]'])('need keys: %s', async (content) => {
    const { read, project } = place({ project: content });
    expect((await failureOf(read())).message).toBe(
      `alarm in ${project} holds no keys; valid: threshold, window, quiet, count, reminder, notify, webhook, command`,
    );
  });

  test('are there once, in the map or by their whole name', async () => {
    const config = await place({ project: 'alarm.threshold: 3\n' }).read();
    expect(config.get('alarm.threshold')).toBe('3');
    const { read, project } = place({ project: 'alarm.threshold: 3\nalarm: { threshold: 4 }\n' });
    expect((await failureOf(read())).message).toBe(`alarm.threshold is in ${project} twice; leave one out`);
  });
});

describe('a setting of the alarm', () => {
  const whole = 'a whole number from 1 to 1000000';
  const window = 'a time from 100ms to 1m, such as 100ms';
  const day = 'a time from 1s to 1d, such as 1s';
  const events = 'began, reminder, ended, or none';
  const url = 'a URL with https, or with http on this machine alone, such as https://example.org/alarm';
  const wrong: readonly (readonly [key: Key, value: string, valid: string])[] = [
    ...['0', '-1', '1.5', '1000001', 'ten', '1,000'].map((value) => ['alarm.threshold', value, whole] as const),
    ...['-1s', '0s', '99ms', '61s', '1', 'one'].map((value) => ['alarm.window', value, window] as const),
    ...['0.5s', '2d', '-60s'].map((value) => ['alarm.quiet', value, day] as const),
    ...['lines', 'Orders'].map((value) => ['alarm.count', value, 'orders, invoices'] as const),
    ...['never', '0s', '0'].map((value) => ['alarm.reminder', value, `off, or ${day}`] as const),
    ...['begun', 'began ended', 'began,', 'none, ended', 'test'].map(
      (value) => ['alarm.notify', value, events] as const,
    ),
    ['alarm.webhook', 'http://example.org', url],
  ];
  test.each(wrong)('%s may not be %s', async (key, value, valid) => {
    const variable = variableOf(key);
    const { message } = await failureOf(place().read({ environment: { [variable]: value } }));
    expect(message).toBe(`${key} is "${value}" (${variable}); valid: ${valid}`);
  });
});

describe('a command', () => {
  const file = 'alarm:\n  command: notify-send Alarm\n';

  test('is taken from the user, not from the file of a project', async () => {
    const environment = { ALAKAZAM_ALARM_COMMAND: 'mail' };
    expect((await place({ user: file }).read()).get('alarm.command')).toBe('notify-send Alarm');
    expect((await place().read({ environment })).get('alarm.command')).toBe('mail');
    const { read, project, user } = place({ project: file, user: file });
    // A value that outranks it does not make it harmless: it would be run where that value is not set.
    for (const given of [{}, { environment }, { flags: { 'alarm.command': 'mail' } }]) {
      const { message, hint } = await failureOf(read(given));
      expect(message).toBe(`alarm.command is in ${project}, and the file of a project may not say what is run`);
      expect(hint).toBe(`whoever uses the project would run it: move it to ${user}, or set ALAKAZAM_ALARM_COMMAND`);
    }
  });
});

describe('a secret', () => {
  test('is taken from the environment', async () => {
    const config = await place().read({ environment: { ALAKAZAM_ALARM_SECRET: 'hunter2' } });
    expect([config.get('alarm.secret'), config.origin('alarm.secret')]).toEqual(['hunter2', 'ALAKAZAM_ALARM_SECRET']);
    const empty = await failureOf(place().read({ environment: { ALAKAZAM_ALARM_SECRET: '' } }));
    expect(empty.message).toBe('ALAKAZAM_ALARM_SECRET is ""; give it a value, or leave it out');
  });

  test.each(['hunter2', '""', '[hunter2]', '{ key: hunter2 }', ''])('in a file is refused: %s', async (secret) => {
    const { read, project } = place({ project: `alarm:\n  secret: ${secret}\n` });
    const environment = { ALAKAZAM_ALARM_SECRET: 'another' };
    const { message, hint } = await failureOf(read({ environment }));
    expect(message).toBe(`alarm.secret is in ${project}, and a secret does not belong in a file`);
    expect(hint).toBe('take it out, and set ALAKAZAM_ALARM_SECRET in the environment');
  });

  test.each([
    'https://ann:hunter2@example.org/alarm',
    'http://example.org/hunter2',
    'ann:hunter2@example.org',
    '[https://ann:hunter2@example.org]',
    '{ url: "https://example.org/hunter2" }',
  ])('in the URL of a webhook is refused, and never shown: %s', async (value) => {
    const { message, hint } = await failureOf(place({ project: `alarm:\n  webhook: ${value}\n` }).read());
    expect(message).toContain('alarm.webhook');
    expect(`${message} ${hint}`).not.toContain('hunter2');
  });

  test('that a URL needs is named', async () => {
    const { read, project } = place({ project: 'alarm: { webhook: "https://ann:hunter2@example.org" }' });
    expect((await failureOf(read())).message).toBe(
      `alarm.webhook is "https://…" (${project}); valid: a URL without user and password, because settings are shown and logged; ALAKAZAM_ALARM_SECRET signs what is sent`,
    );
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

  test('may begin with the home directory, in a file, a variable or a flag', async () => {
    const environment = { HOME: '/home/ann' };
    const { read } = place({ project: 'home: ~/data\nsource: "~"\n' });
    const inFile = await read({ environment });
    expect([inFile.get('home'), inFile.get('source')]).toEqual(['/home/ann/data', '/home/ann']);
    const typed = await read({ flags: { source: '~/a.csv' }, environment: { ...environment, ALAKAZAM_HOME: '~/b' } });
    expect([typed.get('source'), typed.get('home')]).toEqual(['/home/ann/a.csv', '/home/ann/b']);
    // Whose home directory that is, only a shell knows.
    expect((await read({ flags: { source: '~bob/a.csv' } })).get('source')).toBe('~bob/a.csv');
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
    expect(hint).toBe(`valid keys: ${IN_FILES}`);
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
    expect((await failureOf(read())).message).toBe(`${project} holds no keys; valid: ${IN_FILES}`);
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
