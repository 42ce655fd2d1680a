/** rejected, config, reset, doctor. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { runCli, spawnCli, startCli, temporaryDirectory } from '../run-cli.js';
import { HEADER, manyOrders, SAMPLE, writeFile } from './sample.js';

const directory = temporaryDirectory();
const sample = writeFile(directory, 'orders.csv', SAMPLE);
let home = '';
let homes = 0;
beforeEach(() => {
  home = join(directory, `home-${homes++}`);
});
const run = (args: string, env: Record<string, string | undefined> = {}, cwd = directory) =>
  runCli(args.split(' '), { home, env, cwd });

describe('rejected', () => {
  const faulty = writeFile(
    directory,
    'faulty.csv',
    `${HEADER}536366,22633,HAND WARMER,six,12/1/2010 8:28,1.85,17850,United Kingdom
536367,84879,BIRD ORNAMENT,32,2/30/2010 8:34,1.69,13047,United Kingdom
1,2,3
536367,22745,"POPPY'S PLAYHOUSE,6,12/1/2010 8:34,2.1,13047,United Kingdom
536367,22748,POPPY'S PLAYHOUSE KITCHEN,6,12/1/2010 8:34,2.1,,United Kingdom
536368,22960,${'x'.repeat(70_000)},6,12/1/2010 8:34,4.25,13047,United Kingdom
536368,22913,RED COAT RACK,3,12/1/2010 8:34,4.95,13047,United Kingdom
`,
  );

  test('shows each line with its number and the reason', async () => {
    const { stderr } = await run(`generate --source ${faulty}`);
    expect(stderr).toMatch(/^2 orders streamed .*, 5 rejected\n {2}alakazam rejected/);
    const { code, stdout } = await run('rejected -o json');
    expect(code).toBe(0);
    const rows = JSON.parse(stdout) as { source: string; line: number; reason: string; text: string }[];
    expect(rows.map(({ line, reason }) => [line, reason])).toEqual([
      [2, 'Quantity "six" is not a whole number'],
      [3, 'InvoiceDate "2/30/2010 8:34" is not a date such as 12/1/2010 8:26'],
      [4, '3 fields instead of 8'],
      [5, 'unclosed quote'],
      [7, 'Description of 70000 characters (at most 65536)'],
    ]);
    expect(rows[0]?.text).toBe('536366,22633,HAND WARMER,six,12/1/2010 8:28,1.85,17850,United Kingdom');
    expect(rows[4]?.text).toHaveLength(1024);
    expect(rows.every(({ source }) => source === faulty)).toBe(true);
    expect((await run('rejected')).stdout.trim().split('\n')).toHaveLength(5);
    expect((await run('rejected -o csv')).stdout.startsWith('source,line,reason,text\n')).toBe(true);
    const two = await run('rejected --limit 2 -o ndjson');
    expect(two.stdout.trim().split('\n')).toHaveLength(2);
    expect(two.stderr).toBe('3 more; --limit 5 shows them all\n');
  });

  test('says that there are none', async () => {
    expect(await run('rejected')).toEqual({ code: 0, stdout: '', stderr: 'nothing was rejected\n' });
    expect((await run('rejected -o json')).stdout).toBe('[]\n');
  });

  test('are not counted twice when the file is read again', async () => {
    await run(`generate --source ${faulty}`);
    await run(`generate --source ${faulty} --from start`);
    expect(JSON.parse((await run('rejected -o json')).stdout)).toHaveLength(5);
  });
});

describe('config', () => {
  const rows = async (args: string, env: Record<string, string | undefined> = {}, cwd = directory) => {
    const { stdout } = await run(`config -o json ${args}`.trim(), env, cwd);
    return Object.fromEntries(
      (JSON.parse(stdout) as { key: string; value: string | null; origin: string }[]).map((row) => [row.key, row]),
    );
  };

  test('shows each setting and where it comes from: flag, environment, project, user, default', async () => {
    const project = join(directory, 'project', 'deep');
    mkdirSync(project, { recursive: true });
    const file = writeFile(join(directory, 'project'), '.alakazamrc', 'source: data/orders.csv\nseed: 5\n');
    const user = join(directory, 'user');
    mkdirSync(join(user, 'alakazam'), { recursive: true });
    writeFileSync(join(user, 'alakazam', 'alakazamrc'), 'seed: 6\n');
    const env = { XDG_CONFIG_HOME: user };
    expect(await rows('', env, project)).toMatchObject({
      target: { value: 'local', origin: 'default' },
      home: { value: home, origin: 'ALAKAZAM_HOME' },
      source: { value: join(directory, 'project', 'data', 'orders.csv'), origin: file },
      seed: { value: '5', origin: file },
    });
    expect((await rows('', { ...env, ALAKAZAM_SEED: '7' }, project))['seed']).toMatchObject({
      value: '7',
      origin: 'ALAKAZAM_SEED',
    });
    expect((await rows('', env))['seed']).toMatchObject({ value: '6', origin: join(user, 'alakazam', 'alakazamrc') });
    expect((await rows('', {}))['seed']).toMatchObject({ value: '1', origin: 'default' });
    expect((await rows('--home /elsewhere', env))['home']).toMatchObject({ value: '/elsewhere', origin: '--home' });
    expect((await rows('', { ALAKAZAM_HOME: undefined }, project))['home']).toMatchObject({
      value: join(directory, 'project', '.alakazam'),
    });
  });

  test('shows no secret', async () => {
    const env = { ALAKAZAM_ALARM_WEBHOOK: 'https://example.org/hunter2', ALAKAZAM_ALARM_SECRET: 'hunter2' };
    const shown = await rows('', env);
    expect(shown['alarm.webhook']).toMatchObject({ value: 'https://example.org/…', origin: 'ALAKAZAM_ALARM_WEBHOOK' });
    expect(shown['alarm.secret']).toMatchObject({ value: 'not shown', origin: 'ALAKAZAM_ALARM_SECRET' });
    expect(JSON.stringify(shown)).not.toContain('hunter2');
  });

  test.each([
    [
      'sead: 5\n',
      /unknown key "sead"; did you mean seed\?\n {2}valid keys: target, home, stack, cluster, source, seed/,
    ],
    ['seed: many\n', /seed is "many" \(.*\.alakazamrc\); valid: a whole number/],
    ['seed: [1, 2]\n', /seed in .* is \[1,2\]; it takes one value/],
    ['just text\n', /holds no keys; valid: target/],
    ['a: b: c\n', /can't read .*\.alakazamrc/],
    ['target: moon\n', /target is "moon" .*; valid: local/],
  ])('%j in a file is an error that says what is valid', async (content, message) => {
    const project = join(directory, `wrong-${homes}`);
    mkdirSync(project);
    writeFile(project, '.alakazamrc', content);
    const { code, stdout, stderr } = await run('config', {}, project);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  });
});

describe('reset', () => {
  test('does nothing without a terminal to ask on, or --yes', async () => {
    await run(`generate --source ${sample}`);
    const { code, stderr } = await run('reset');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /It holds 8 orders and 1 rejected line in .*There is no terminal to answer on\n {2}add --yes/,
    );
    expect(JSON.parse((await run('verify -o json')).stdout).streamed).toBe(8);
  });

  test('of an account is refused at once: it asks neither a person nor AWS', async () => {
    const env = { AWS_ACCESS_KEY_ID: '', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
    const { code, stderr } = await run('reset --target aws', env);
    expect(stderr).toMatch(/error: stack alakazam can't be emptied in place\n {2}alakazam destroy, then/);
    expect(stderr).not.toContain('Empty the pipeline');
    expect(code).toBe(1);
  });

  test.each([
    ['a flag', ['--home', ''], {}, '--home'],
    ['a flag with an equals sign', ['--home='], {}, '--home'],
    ['a variable', [], { ALAKAZAM_HOME: '' }, 'ALAKAZAM_HOME'],
  ])('of an empty home, which %s of a script may be, empties nothing', async (_, flags, set, name) => {
    const env = { ALAKAZAM_HOME: undefined, XDG_DATA_HOME: home };
    await run(`generate --source ${sample}`, env);
    const { code, stdout, stderr } = await runCli(['reset', '--yes', ...flags], { home, env: { ...env, ...set } });
    expect([code, stdout, stderr]).toEqual([2, '', `error: ${name} is ""; give it a value, or leave it out\n`]);
    expect(JSON.parse((await run('verify -o json', env)).stdout).streamed).toBe(8);
  });

  test('--yes empties everything, and what comes after begins anew', async () => {
    await run(`generate --source ${sample}`);
    const { code, stderr } = await run('reset --yes');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^emptied; it held 8 orders and 1 rejected line in /);
    expect(JSON.parse((await run('verify -o json')).stdout)).toMatchObject({
      pass: true,
      streamed: 0,
      rejected: 0,
      views: { history: { held: 0 } },
    });
    expect((await run('rejected')).stderr).toBe('nothing was rejected\n');
    expect((await run(`generate --source ${sample} --count 2`)).stderr).toMatch(/^2 orders streamed/);
    expect(JSON.parse((await run('verify -o json')).stdout)).toMatchObject({
      pass: true,
      streamed: 2,
      views: { history: { held: 2 } },
    });
  });
});

test('a reset while another process streams leaves what that streams afterwards, whole', async () => {
  const many = writeFile(directory, 'many.csv', manyOrders(20_000));
  const before = startCli(['tail', 'orders', '--guests', '--since', 'start'], { home });
  const generate = startCli(['generate', '--source', many, '--count', '20000', '--rate', '4000'], { home });
  await before.until(1000);
  expect((await run('reset --yes')).code).toBe(0);
  // The source is read from its beginning again: its bookmark is gone too.
  const after = startCli(['tail', 'orders', '--guests', '--since', 'start'], { home });
  const first = JSON.parse((await after.until(1000))[0] as string);
  expect(first.orderId).toBe('1-P0');
  await generate.stop();
  const { stdout } = await run('verify -o json');
  expect(JSON.parse(stdout)).toMatchObject({ pass: true, views: { history: { repeated: 0 } }, differences: [] });
});

describe('doctor', () => {
  test('finds that all is well, and changes nothing', async () => {
    const { code, stdout } = await run('doctor -o json');
    const checks = JSON.parse(stdout) as { name: string; isGood: boolean }[];
    expect(code).toBe(0);
    expect(checks.map(({ name }) => name)).toEqual(expect.arrayContaining(['home', 'disk', 'write speed', 'store']));
    expect(checks.every(({ isGood }) => isGood)).toBe(true);
    expect(JSON.parse((await run('verify -o json')).stdout).streamed).toBe(0);
  });

  test('checks the version of Node', async () => {
    expect((await run('doctor')).stdout).toMatch(/node/i);
  });

  test('names what is wrong, and what to do', async () => {
    mkdirSync(home);
    writeFile(home, 'stream.mdb', 'not a store at all');
    const { code, stdout } = await run('doctor -o json');
    expect(code).toBe(1);
    const checks = JSON.parse(stdout) as { name: string; isGood: boolean; finding: string; hint?: string }[];
    const store = checks.find(({ name }) => name === 'store');
    expect(store).toMatchObject({ isGood: false, finding: expect.stringContaining('stream.mdb is damaged') });
    expect(store?.hint).toBeTruthy();
  });
});

test('a stderr that nobody reads is no reason to fail', async () => {
  const child = spawnCli(['generate', '--source', sample], { home, cwd: directory }, ['ignore', 'ignore', 'pipe']);
  child.stderr?.destroy();
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
  expect(JSON.parse((await run('verify -o json')).stdout)).toMatchObject({ pass: true, streamed: 8 });
});
