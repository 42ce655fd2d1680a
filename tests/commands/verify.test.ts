import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Table } from '../../src/engines/lmdb/checked-table.js';
import { tamper } from '../fixtures/tampered.js';
import { runCli, startCli, temporaryDirectory } from '../run-cli.js';
import { manyOrders, SAMPLE, writeFile } from './sample.js';

const directory = temporaryDirectory();
const sample = writeFile(directory, 'orders.csv', SAMPLE);
let home = '';
let homes = 0;
beforeEach(() => {
  home = join(directory, `home-${homes++}`);
});
const run = (args: string) => runCli(args.split(' '), { home });

const inHistory = (change: (customers: Table) => void) => tamper(join(home, 'history.mdb'), 'customers', change);

describe('verify', () => {
  test('passes, and says so as the issue has it', async () => {
    await run(`generate --source ${sample}`);
    expect(await run('verify -o json')).toEqual({
      code: 0,
      stdout:
        '{"pass":true,"streamed":8,"rejected":1,"guests":1,"revenue":"221.5","views":{"history":{"held":7,"repeated":0,"notExpected":1,"revenue":"210.4"},"lake":{"held":8,"repeated":0,"notExpected":0,"revenue":"221.5"}},"proofs":{"alarm":{"surges":0}},"differences":[]}\n',
      stderr: '',
    });
    const figures = [
      ['', 'pass', 'true'],
      ['', 'streamed', '8'],
      ['', 'rejected', '1'],
      ['', 'guests', '1'],
      ['', 'revenue', '221.5'],
      ['history', 'held', '7'],
      ['history', 'repeated', '0'],
      ['history', 'notExpected', '1'],
      ['history', 'revenue', '210.4'],
      ['lake', 'held', '8'],
      ['lake', 'repeated', '0'],
      ['lake', 'notExpected', '0'],
      ['lake', 'revenue', '221.5'],
      ['alarm', 'surges', '0'],
    ];
    const lines = (separator: string) => figures.map((figure) => `${figure.join(separator)}\n`).join('');
    expect(await run('verify')).toMatchObject({ code: 0, stdout: lines('\t') });
    expect((await run('verify -o csv')).stdout).toBe(`view,name,value\n${lines(',')}`);
    expect((await run('verify -o table')).stdout).toContain('PASS');
  });

  test('passes on an empty pipeline', async () => {
    expect(JSON.parse((await run('verify -o json')).stdout)).toMatchObject({ pass: true, streamed: 0 });
  });

  test('names what the history has lost, and exits with 3', async () => {
    await run(`generate --source ${sample}`);
    await inHistory((customers) => customers.removeSync([12583, 0]));
    const { code, stdout } = await run('verify -o json');
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      pass: false,
      views: { history: { held: 6 } },
      differences: ['order 536370-22728 of customer 12583 is in the stream and not in the history'],
    });
    const table = await run('verify -o table');
    expect([table.code, table.stderr]).toEqual([
      3,
      'order 536370-22728 of customer 12583 is in the stream and not in the history\n',
    ]);
    expect(table.stdout).toContain('FAIL');
  });

  test('names the surge that the rate alarm has lost', async () => {
    await run('generate --count 20');
    const path = join(home, 'alarm.mdb');
    let began = 0;
    await tamper(path, 'episodes', (episodes) => {
      [began = 0] = episodes.getKeys() as number[];
      const before = episodes.get(began)?.toString() as string;
      episodes.putSync(began, Buffer.from(before.replace('"peak":20', '"peak":19')));
    });
    const id = new Date(began).toISOString().replace(/[-:.]/g, '');
    const changed = await run('verify -o json');
    expect([changed.code, JSON.parse(changed.stdout).differences]).toEqual([
      3,
      [`surge ${id} has peak 19; the stream has 20`],
    ]);
    await tamper(path, 'episodes', (episodes) => void episodes.removeSync(began));
    const { code, stdout } = await run('verify -o json');
    expect([code, JSON.parse(stdout)]).toEqual([
      3,
      expect.objectContaining({
        pass: false,
        proofs: { alarm: { surges: 0 } },
        differences: [`surge ${id} is in the stream and not in the rate alarm`],
      }),
    ]);
    rmSync(path);
    expect(JSON.parse((await run('verify -o json')).stdout)).toMatchObject({
      pass: true,
      proofs: { alarm: { surges: 1 } },
    });
  });

  test('finds an order that the history holds twice', async () => {
    await run(`generate --source ${sample}`);
    await inHistory((customers) => {
      const runs = customers.get([12583, 0]) as Buffer;
      customers.putSync([12583, 0], Buffer.concat([runs, runs]));
    });
    const { code, stdout } = await run('verify -o json');
    expect(code).toBe(3);
    expect(JSON.parse(stdout).differences).toContain('order 536370-22728 is in the history twice');
  });

  test('a history that is deleted is made again', async () => {
    await run(`generate --source ${sample}`);
    const before = await run('tail orders --since start --no-follow');
    rmSync(join(home, 'history.mdb'));
    rmSync(join(home, 'history.mdb-lock'), { force: true });
    expect((await run('verify')).code).toBe(0);
    expect(await run('tail orders --since start --no-follow')).toEqual(before);
  });

  test('passes while another process streams', async () => {
    const many = writeFile(directory, 'many.csv', manyOrders(60_000));
    await run(`generate --source ${many} --count 10000`);
    const generate = startCli(['generate', '--source', many, '--count', '50000', '--rate', '5000'], { home });
    for (let i = 0; i < 4; i++) {
      const { stdout, stderr } = await run('verify -o json');
      expect(stderr).toBe('');
      expect(JSON.parse(stdout)).toMatchObject({ pass: true, views: { history: { repeated: 0 } }, differences: [] });
    }
    await generate.stop();
  });
});
