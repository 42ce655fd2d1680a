/** Models as a user meets them when something is wrong: one clear message, and the old model goes on to serve. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { seeded } from '../fixtures/random.js';
import { describeUnless } from '../missing.js';
import { type Finished, finish, openDirectory, runCli, spawnCli } from '../run-cli.js';

const directory = openDirectory();
const isRoot = process.getuid?.() === 0;
const trained = join(directory, 'trained');
let home = '';
let homes = 0;

async function done(line: string, of = home): Promise<string> {
  const { code, stdout, stderr } = await runCli(line.split(' '), { home: of });
  expect([code, stderr.includes('error')], `${line}: ${stderr}`).toEqual([0, false]);
  return stdout;
}

/** One message, one hint, no stack. */
function expectError({ code, stdout, stderr }: Finished, expected: number, message: RegExp): void {
  expect(stderr).toMatch(message);
  expect(stderr.match(/^error: /gm)).toHaveLength(1);
  expect(stderr).not.toMatch(/^\s+at |this is a bug/m);
  expect([code, stdout]).toEqual([expected, '']);
}

const fails = async (line: string, expected: number, message: RegExp, isBound = false) =>
  expectError(await runCli(line.split(' '), { home, isBound }), expected, message);

const models = () => join(home, 'models');
const files = () => readdirSync(models()).filter((name) => name.endsWith('.model'));
const recommended = () => done('recommend --customer 12366 -n 3 -o json');

beforeAll(async () => {
  await done('generate --count 20000', trained);
  await done('train', trained);
});
beforeEach(() => {
  home = join(directory, `home-${homes++}`);
  mkdirSync(home);
});

describe('a model', () => {
  let path = '';
  beforeEach(() => {
    cpSync(trained, home, { recursive: true });
    path = join(models(), files()[0] as string);
  });

  const damages: Record<string, readonly [damage: () => void, message: RegExp]> = {
    'with a byte that changed': [
      () => {
        const bytes = readFileSync(path);
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
        writeFileSync(path, bytes);
      },
      /^error: the model \w{12} is damaged: its bytes are not those that were written\n {2}.* train\n$/,
    ],
    'that was cut': [() => truncateSync(path, 1000), /^error: the model \w{12} is damaged: .*\n {2}.* train\n$/],
    'of another version': [
      () =>
        writeFileSync(path, readFileSync(path, 'latin1').replace(/^alakazam model \d+/, 'alakazam model 0'), 'latin1'),
      /^error: the model \w{12} is of another version of alakazam, or no model\n {2}.* train\n$/,
    ],
    'that was deleted': [() => rmSync(path), /^error: the model \w{12} is gone: .*\.model\n {2}.* train\n$/],
    'whose list was cut': [
      () => truncateSync(join(models(), 'models.json'), 50),
      /^error: the list of models is damaged: .*models\.json\n {2}.* train\n$/,
    ],
  };

  test.each(Object.entries(damages))('%s is named by each command, and trained again', async (_, [damage, message]) => {
    const before = await recommended();
    damage();
    for (const line of [
      'recommend --customer 12366',
      'recommend --all',
      'recommend --basket 16161P',
      'similar --product wrap',
    ])
      await fails(line, 1, message);
    await done('train');
    expect(await recommended()).toEqual(before);
  });

  test('survives kill -9 of a training at any moment', async () => {
    const before = await recommended();
    const random = seeded(20_111_209);
    let kills = 0;
    for (let seed = 2; kills < 6; seed++) {
      const child = spawnCli(['train', '--seed', String(seed)], { home }, ['ignore', 'ignore', 'ignore']);
      const timer = setTimeout(() => child.kill('SIGKILL'), 150 + random() * 1500);
      const { code } = await finish(child);
      clearTimeout(timer);
      if (code === null) kills++;
      else expect([code, await done(`train --use ${files()[0]}`.replace('.model', ''))]).toEqual([0, '']);
      const runs = JSON.parse(await done('train --list -o json')) as { run: string; isInUse: boolean }[];
      // Whichever is in use is whole.
      expect(JSON.parse(await recommended()).model).toBe(runs.find(({ isInUse }) => isInUse)?.run);
      if (code === null && runs.length === 1) expect(await recommended()).toBe(before);
    }
    await done('train --seed 1');
    expect(readdirSync(models()).filter((name) => !/^\w{12}\.model$|^models\.json$|^writer\.mdb/.test(name))).toEqual(
      [],
    );
  });

  test('survives kill -9 while a new one is written', async () => {
    const before = await recommended();
    const child = spawnCli(['train', '--seed', '2'], { home }, ['ignore', 'ignore', 'ignore']);
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = finish(child);
    await vi.waitUntil(() => readdirSync(models()).length > 2, { timeout: 30_000, interval: 1 });
    child.kill('SIGKILL');
    await ended;
    const [{ model, ...lists }, { model: first, ...listsBefore }] = [await recommended(), before].map((text) =>
      JSON.parse(text),
    );
    if (model === first) expect(lists).toEqual(listsBefore);
    else expect(files()).toContain(`${model}.model`);
  });

  test('is trained by two at once, which both stay, and one of them is in use', async () => {
    const trainings = [2, 3].map(async (seed) => JSON.parse(await done(`train --seed ${seed} -o json`)).run);
    const runs = await Promise.all(trainings);
    const { model } = JSON.parse(await recommended());
    expect(runs).toContain(model);
    const names = [path.slice(-'0123456789ab.model'.length), ...runs.map((run) => `${run}.model`)];
    expect(files().sort()).toEqual(names.sort());
    const list = JSON.parse(await done('train --list -o json')) as { run: string }[];
    expect(list.map(({ run }) => `${run}.model`).sort()).toEqual(names);
  });
});

test('options are looked for as long as is said, but for those given; Ctrl-C ends it, and stores nothing', async () => {
  // Ten customers who each buy on a day of every month what they like, and something else.
  const lines = Array.from({ length: 110 }, (_, i) => {
    const [month, customer] = [1 + Math.floor(i / 10), i % 10];
    const codes = [10_000 + customer, 10_010 + ((7 * i) % 13)];
    return codes
      .map((code) => `${i},${code},MUG,1,${month}/${1 + customer}/2011 9:00,1.00,${customer},EIRE\n`)
      .join('');
  });
  const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n';
  const file = join(home, 'orders.csv');
  writeFileSync(file, header + lines.join(''));
  await done(`generate --source ${file} --count 220`);
  const { stdout, stderr } = await runCli(['train', '--tune', '0.5s', '--factors', '8', '-o', 'json'], { home });
  const trained = JSON.parse(stdout);
  expect(trained.options.factors).toBe(8);
  // The last order is of 10 November, and the days by which evaluate measures begin a month before.
  expect(stderr).toMatch(/^looks for better options .*: 2011-09-11, 2011-08-12, 2011-07-13, 2011-06-13$/m);
  expect(stderr).toMatch(/^tried \d+ other choices? on 4 earlier days$/m);
  const [entries, list] = [readdirSync(models()), await done('train --list -o json')];
  expect(JSON.parse(list)).toEqual([trained]);
  const child = spawnCli(['train', '--tune', '1h'], { home }, ['ignore', 'ignore', 'pipe']);
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = finish(child);
  child.stderr?.once('data', () => child.kill('SIGINT'));
  expect((await ended).code).toBe(130);
  expect([readdirSync(models()), await done('train --list -o json')]).toEqual([entries, list]);
});

describeUnless(isRoot ? undefined : 'only root may mount file systems', 'a disk', () => {
  function mounted(size: string): void {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', home]);
    onTestFinished(() => void execFileSync('umount', ['-l', home]));
    cpSync(trained, home, { recursive: true });
  }

  test('without room keeps the old model, which serves', async () => {
    mounted('60m');
    const before = await recommended();
    const filler = join(home, 'filler');
    spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']);
    expect(statfsSync(home).bavail).toBe(0);
    const entries = readdirSync(models());
    await fails('train --seed 2', 1, /^error: the disk is full: .*models can't grow.*\n {2}make room/);
    expect(readdirSync(models())).toEqual(entries);
    expect(await recommended()).toBe(before);
    rmSync(filler);
    await done('train --seed 2');
    expect(await recommended()).not.toBe(before);
  });

  test('that can only be read answers, and learns nothing', async () => {
    mounted('60m');
    await recommended();
    execFileSync('mount', ['-o', 'remount,ro', home]);
    await fails('train', 4, /^error: no permission to write .*\n {2}give yourself write access/);
    for (const line of ['recommend --customer 12366', 'train --list']) await done(line);
  });
});

test('models where nobody may write are named', async () => {
  cpSync(trained, home, { recursive: true });
  execFileSync('chmod', ['-R', 'a-w', models()]);
  execFileSync('chmod', ['-R', 'a+rwX', join(home, 'lake')]);
  await fails('train --seed 2', 4, /^error: no permission to write .*models\S*\n {2}give yourself write access/, true);
  execFileSync('chmod', ['-R', 'u+w', models()]);
  expect(JSON.parse(await recommended()).new).toHaveLength(3);
});

test('a file in the place of the models is named', async () => {
  cpSync(trained, home, { recursive: true });
  rmSync(models(), { recursive: true });
  writeFileSync(models(), '');
  await fails('train', 1, /^error: .*models is a file, where alakazam has a directory of its own\n {2}move it away/);
});
