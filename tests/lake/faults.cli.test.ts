/** The lake as a user meets it when something is wrong: one clear message, and nothing lost. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { describeUnless } from '../missing.js';
import { finish, openDirectory, runCli, spawnCli } from '../run-cli.js';

const directory = openDirectory();
const isRoot = process.getuid?.() === 0;
let home = '';
let homes = 0;
beforeEach(() => {
  home = join(directory, `home-${homes++}`);
});

const COUNT = ['query', '--sql', 'SELECT count(*), max(sequence) FROM orders'];
const run = (args: readonly string[], isBound = false) => runCli(args, { home, isBound });
const words = (line: string) => run(line.split(' '));

async function done(line: string): Promise<string> {
  const { code, stdout, stderr } = await words(line);
  expect([code, stderr.includes('error')], `${line}: ${stderr}`).toEqual([0, false]);
  return stdout;
}

/** One message, one hint, no stack. */
function expectError(
  { code, stdout, stderr }: Awaited<ReturnType<typeof run>>,
  expected: number,
  message: RegExp,
): void {
  expect(stderr).toMatch(message);
  expect(stderr.match(/^error: /gm)).toHaveLength(1);
  expect(stderr).not.toMatch(/^\s+at |this is a bug/m);
  expect([code, stdout]).toEqual([expected, '']);
}

/** Answers from what the lake has, and says that this is not all. */
function expectBehind({ code, stderr }: Awaited<ReturnType<typeof run>>, why: RegExp): void {
  expect([code, stderr.includes('error')], stderr).toEqual([0, false]);
  expect(stderr).toMatch(/^warning: the data lake is behind the stream: /m);
  expect(stderr).toMatch(why);
}

async function counted(): Promise<string[]> {
  const { code, stdout, stderr } = await run(COUNT);
  expect([code, stderr]).toEqual([0, '']);
  return stdout.trim().split('\t');
}

const lakeFiles = () =>
  readdirSync(join(home, 'lake'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith('.parquet'))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

test('a byte that changed is named, other commands work, and lake rebuild repairs it', async () => {
  await done('generate --count 3000');
  const before = await counted();
  const path = lakeFiles()[0] as string;
  const at = statSync(path).size >> 1;
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.from([(readFileSync(path)[at] as number) ^ 1]), 0, 1, at);
  closeSync(file);
  const message =
    /^error: the lake is damaged: .*\.parquet is not as it was written\n {2}.*lake rebuild makes it again/;
  for (const args of [COUNT, ['verify'], ['query', 'top-products']]) expectError(await run(args), 1, message);
  for (const line of ['generate --count 5', 'tail orders --no-follow', 'rejected']) await done(line);
  await done('lake rebuild');
  expect(await counted()).toEqual(before.map((each) => String(Number(each) + 5)));
  await done('verify');
});

test('readers without their directory, and a manifest that was cut, lose nothing', async () => {
  await done('generate --count 300');
  await counted();
  rmSync(join(home, 'lake', 'readers'), { recursive: true });
  expect(await counted()).toEqual(['300', '300']);
  writeFileSync(join(home, 'lake', 'manifest.json'), 'cut');
  expectError(await run(COUNT), 1, /manifest\.json is not as it was written\n {2}.*lake rebuild/);
  await done('lake rebuild');
  expect(await counted()).toEqual(['300', '300']);
});

test('a lake that is a file is named', async () => {
  mkdirSync(home);
  writeFileSync(join(home, 'lake'), '');
  for (const args of [COUNT, ['query', 'top-products'], ['verify'], ['lake', 'status']]) {
    expectError(await run(args), 1, /lake is a file, where alakazam has a directory of its own\n {2}move it away/);
  }
  expect((await words('generate --count 5')).code).toBe(0);
});

describeUnless(isRoot ? undefined : 'only root may mount file systems', 'a disk', () => {
  function mounted(size: string): string {
    mkdirSync(home);
    const path = join(home, 'lake');
    mkdirSync(path);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]);
    onTestFinished(() => void execFileSync('umount', ['-l', path]));
    return path;
  }

  test('without room for the lake loses nothing, and the same question is answered when there is room', async () => {
    const disk = mounted('1500k');
    await done('generate --count 140000');
    for (let i = 0; i < 2; i++) expectBehind(await run(COUNT), /disk is full|no space left/i);
    await done('tail orders --no-follow');
    execFileSync('mount', ['-o', 'remount,size=100m', disk]);
    expect(await counted()).toEqual(['140000', '140000']);
    await done('verify');
    expect(readdirSync(join(disk, 'tmp'))).toEqual([]);
  });

  test('without room at all can be read', async () => {
    const disk = mounted('50m');
    await done('generate --count 300');
    await counted();
    const filler = join(disk, 'filler');
    spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']);
    expect(statfsSync(disk).bavail).toBe(0);
    expect(await counted()).toEqual(['300', '300']);
    for (const line of ['query top-products', 'lake status']) await done(line);
    await done('generate --count 5');
    expectBehind(await run(COUNT), /disk is full|no space left/i);
  });

  test('that can only be read is named', async () => {
    const disk = mounted('50m');
    await done('generate --count 300');
    await counted();
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    expect((await run(COUNT)).code).toBe(0);
    await done('generate --count 5');
    expectBehind(await run(COUNT), /no permission to write/);
    execFileSync('mount', ['-o', 'remount,rw', disk]);
    expect(await counted()).toEqual(['305', '305']);
  });
});

test('an export to where nobody may write, or nobody can, says what to do', async () => {
  await done('generate --count 30');
  await counted();
  const closed = openDirectory();
  chmodSync(closed, 0o555);
  const into = (...path: string[]) => run(['lake', 'export', '--to', join(closed, ...path)], true);
  const hint = 'give yourself write access to it, or choose another place';
  expectError(await into('a.csv'), 4, new RegExp(`no permission to write in .*\n {2}${hint}`));
  expectError(await into('none', 'a.csv'), 2, /there is no directory .*none/);
  chmodSync(closed, 0o777);
  writeFileSync(join(closed, 'file'), '');
  expectError(await into('file', 'a.csv'), 2, /there is no directory .*file/);
  expectError(await into('file', 'below', 'a.csv'), 2, /there is no directory .*below/);
});

describe('a lake beside another stream', () => {
  const file = (name: string) => join(home, name);

  test('is made again after reset, for a new stream, and for one restored from a backup', async () => {
    await done('generate --count 3000');
    await counted();
    await done('query top-products');
    await done('reset --yes');
    expect(existsSync(join(home, 'lake', 'answers'))).toBe(false);
    expect(await counted()).toEqual(['0']);
    await done('generate --count 400 --seed 2');
    expect(await counted()).toEqual(['400', '400']);

    copyFileSync(file('stream.mdb'), file('backup.mdb'));
    await done('generate --count 200 --seed 2');
    expect((await counted())[1]).toBe('600');
    copyFileSync(file('backup.mdb'), file('stream.mdb'));
    rmSync(file('stream.mdb-lock'), { force: true });
    expect(await counted()).toEqual(['400', '400']);
    await done('verify');
    // Restored once more, it grows past the lake unseen.
    await done('generate --count 100 --seed 5');
    await counted();
    copyFileSync(file('backup.mdb'), file('stream.mdb'));
    rmSync(file('stream.mdb-lock'), { force: true });
    await done('generate --count 900 --seed 3 --from start');
    expect((await counted())[1]).toBe('1300');
    await done('verify');

    renameSync(file('stream.mdb'), file('moved-away.mdb'));
    rmSync(file('stream.mdb-lock'), { force: true });
    await done('generate --count 70 --seed 4');
    expect(await counted()).toEqual(['70', '70']);
    await done('verify');
  });

  test('belongs to the stream also after a reset while it was brought up to date', async () => {
    await done('generate --count 300000');
    const child = spawnCli(['lake', 'status'], { home }, ['ignore', 'ignore', 'pipe']);
    const ended = finish(child);
    await vi.waitUntil(() => lakeFiles().length > 0, { timeout: 20_000, interval: 5 }).catch(() => undefined);
    await done('reset --yes');
    await done('generate --count 50 --seed 2');
    const { code, stderr } = await ended;
    expect([code, stderr.includes('error')], stderr).toEqual([0, false]);
    expect(await counted()).toEqual(['50', '50']);
    await done('verify');
  });
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends an update, which the next one goes on with', async (signal, expected) => {
  await done('generate --count 300000');
  for (const action of ['status', 'rebuild']) {
    const temporary = () =>
      (readdirSync(home, { recursive: true }) as string[]).filter((name) => /lake.tmp.[0-9a-f]{16}/.test(name));
    // One that was ended before its batch was done may have left some.
    const before = temporary();
    const child = spawnCli(['lake', action], { home }, ['ignore', 'ignore', 'pipe']);
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = finish(child);
    await vi.waitUntil(() => temporary().some((name) => !before.includes(name)), { timeout: 20_000, interval: 2 });
    child.kill(signal);
    const { code, stderr } = await ended;
    expect([code, stderr.includes('error')], stderr).toEqual([expected, false]);
  }
  expect(await counted()).toEqual(['300000', '300000']);
  expect(readdirSync(join(home, 'lake', 'tmp'))).toEqual([]);
  await done('verify');
});

describe('a question', () => {
  const SLOW = 'SELECT a.* FROM order_arrivals a, range(100) ORDER BY 1';
  const STREAMED = 'SELECT a.* FROM order_arrivals a, range(20)';

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'that takes long is ended by %s, and leaves nothing behind',
    async (signal) => {
      await done('generate --count 20000');
      await counted();
      for (const sql of ['SELECT count(*) FROM range(1000000000) a, range(1000) b', SLOW]) {
        const child = spawnCli(['query', '--sql', sql], { home }, ['ignore', 'ignore', 'pipe']);
        onTestFinished(() => void child.kill('SIGKILL'));
        const ended = finish(child);
        await vi.waitUntil(() => readdirSync(join(home, 'lake', 'readers')).length > 0, {
          timeout: 20_000,
          interval: 5,
        });
        child.kill(signal);
        expect(await ended).toMatchObject({ code: signal === 'SIGINT' ? 130 : 143, stderr: '' });
      }
      await done('generate --count 1 --seed 2');
      await counted();
      expect(readdirSync(join(home, 'lake')).filter((name) => name.startsWith('spill'))).toEqual([]);
      expect(readdirSync(join(home, 'lake', 'readers'))).toEqual([]);
    },
  );

  test('whose reader has seen enough ends with 0', async () => {
    await done('generate --count 20000');
    const child = spawnCli(['query', '--sql', STREAMED], { home }, ['ignore', 'pipe', 'pipe']);
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
  });

  test('that is read slowly is not disturbed by others that write', async () => {
    await done('generate --count 20000');
    await counted();
    const child = spawnCli(['query', '--sql', STREAMED, '-o', 'csv'], { home }, ['ignore', 'pipe', 'pipe']);
    onTestFinished(() => void child.kill('SIGKILL'));
    await new Promise((resolve) => child.stdout?.once('readable', resolve));
    const paths = lakeFiles();
    for (const line of ['generate --count 3000 --seed 2', 'lake compact', 'lake rebuild', 'lake rebuild'])
      await done(line);
    for (const path of paths) expect(statSync(path).isFile()).toBe(true);
    let lines = 0;
    for await (const chunk of child.stdout as AsyncIterable<Buffer>)
      lines += chunk.toString('latin1').split('\n').length - 1;
    // With the line of their names.
    expect(lines).toBe(400_001);
    // The lease was given back, so the next writer deletes what it held.
    await done('lake rebuild');
    for (const path of paths) expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });
});
