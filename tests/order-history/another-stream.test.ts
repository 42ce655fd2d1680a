/** A history beside a stream that is not its own: the files were exchanged, restored or copied one after the other. */
import type { ChildProcess } from 'node:child_process';
import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/engines/lmdb/store.js';
import { keepRuns, runsOf } from '../../src/order-history/customer-index.local.js';
import { HISTORY_STORE } from '../../src/order-history/history.local.js';
import { runCli, startCli, temporaryDirectory } from '../run-cli.js';

const directory = temporaryDirectory();
let homes = 0;
let home = '';
beforeEach(() => {
  home = join(directory, `home-${homes++}`);
});

const cli = async (line: string, at = home) => {
  const { code, stdout, stderr } = await runCli(line.split(' '), { home: at });
  expect([code, stderr.includes('error')], `${line}: ${stderr}`).toEqual([0, false]);
  return stdout;
};
const ended = (process: ChildProcess) =>
  process.exitCode ?? new Promise<number | null>((resolve) => process.once('exit', resolve));
const file = (name: string) => join(home, name);
/** What a person sees of the history: every order in it, and whose it is. */
const shown = (at = home) => cli('tail orders --since start --no-follow -o ndjson', at);

/** The same commands in a home of their own, where nothing was exchanged. */
async function undisturbed(...lines: string[]): Promise<string> {
  const other = join(directory, `undisturbed-${homes++}`);
  for (const line of lines) await cli(line, other);
  return shown(other);
}

describe('a history beside another stream', () => {
  test('is made again for a new stream, and shows nobody the orders of others', async () => {
    await cli('generate --count 3000');
    renameSync(file('stream.mdb'), file('moved-away.mdb'));
    rmSync(file('stream.mdb-lock'), { force: true });
    await cli('generate --count 4000 --seed 2');
    expect(await shown()).toBe(await undisturbed('generate --count 4000 --seed 2'));
    const [first = ''] = (await shown()).split('\n');
    const { customerId } = JSON.parse(first);
    const { orders } = JSON.parse(await cli(`history --customer ${customerId} -o json`));
    expect(orders.map((order: { customerId: number }) => order.customerId)).toEqual(orders.map(() => customerId));
    await cli('verify');
  });

  test.each([
    ['that is shorter', 'generate --count 10'],
    ['that has grown past it again', 'generate --count 5000 --seed 3'],
  ])('is made again for a restored stream %s', async (_, then) => {
    await cli('generate --count 2000');
    copyFileSync(file('stream.mdb'), file('backup.mdb'));
    await cli('generate --count 1500');
    copyFileSync(file('backup.mdb'), file('stream.mdb'));
    rmSync(file('stream.mdb-lock'), { force: true });
    expect(await shown()).toBe(await undisturbed('generate --count 2000'));
    // The history is that of the longer stream once more.
    copyFileSync(file('backup.mdb'), file('stream.mdb'));
    await cli(then);
    expect(await shown()).toBe(await undisturbed('generate --count 2000', then));
    await cli('verify');
  });

  test('is made again where the stream was restored and has grown past it unseen', async () => {
    await cli('generate --count 2000');
    copyFileSync(file('stream.mdb'), file('backup.mdb'));
    await cli('generate --count 1500');
    copyFileSync(file('history.mdb'), file('ahead.mdb'));
    copyFileSync(file('backup.mdb'), file('stream.mdb'));
    rmSync(file('stream.mdb-lock'), { force: true });
    await cli('generate --count 5000 --seed 3');
    copyFileSync(file('ahead.mdb'), file('history.mdb'));
    rmSync(file('history.mdb-lock'), { force: true });
    expect(await shown()).toBe(await undisturbed('generate --count 2000', 'generate --count 5000 --seed 3'));
  });

  test('is left alone by a process that still has the old stream', async () => {
    await cli('generate --count 3000');
    const tail = startCli(['tail', 'orders', '-n', '1'], { home });
    await tail.until(1);
    renameSync(file('stream.mdb'), file('moved-away.mdb'));
    rmSync(file('stream.mdb-lock'), { force: true });
    await cli('generate --count 4000 --seed 2');
    expect(await ended(tail.process)).toBe(1);
    expect(tail.stderr()).toMatch(/stream\.mdb was exchanged while it was in use\n {2}run the same command again/);
    expect(await shown()).toBe(await undisturbed('generate --count 4000 --seed 2'));
    await cli('verify');
  });

  test('copied before its stream, while orders came, goes on from there', async () => {
    await cli('generate --count 1000');
    copyFileSync(file('history.mdb'), file('earlier.mdb'));
    await cli('generate --count 1000');
    copyFileSync(file('earlier.mdb'), file('history.mdb'));
    rmSync(file('history.mdb-lock'), { force: true });
    expect(await shown()).toBe(await undisturbed('generate --count 1000', 'generate --count 1000'));
  });
});

describe('an order filed under another customer', () => {
  test('is never shown: the history says that it is damaged, and what to do', async () => {
    await cli('generate --count 2000');
    const [first = ''] = (await shown()).split('\n');
    const { customerId, orderId } = JSON.parse(first) as { customerId: number; orderId: string };
    const store = openStore(home, 'history', HISTORY_STORE);
    const customers = () => store.table('customers');
    const runs = runsOf(customers(), customerId);
    await store.write(() => {
      keepRuns(customers(), 99, runs, 0);
      keepRuns(customers(), customerId, [], 0);
    });
    await store.close();
    for (const line of ['history --customer 99', 'verify', `history --order ${orderId}`]) {
      const { code, stdout, stderr } = await runCli(line.split(' '), { home });
      expect([code, stdout], line).toEqual([1, '']);
      expect(stderr).toMatch(
        /history\.mdb is damaged: order number \d+ of customer \d+ is filed under customer 99\n {2}delete it/,
      );
    }
    rmSync(file('history.mdb'));
    rmSync(file('history.mdb-lock'), { force: true });
    await cli('verify');
  });
});
