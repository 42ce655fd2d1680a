import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { environmentOf, PROGRAM, runCli, startCli, temporaryDirectory } from '../run-cli.js';
import { idsIn, manyOrders, SAMPLE, SAMPLE_IDS, writeFile } from './sample.js';

const directory = temporaryDirectory();
const sample = writeFile(directory, 'orders.csv', SAMPLE);
const many = writeFile(directory, 'many.csv', manyOrders(3000));
const HELD_IDS = SAMPLE_IDS.filter((id) => id !== '536366-22633');
let home = '';
let homes = 0;
beforeEach(() => {
  home = join(directory, `home-${homes++}`);
});
const run = (args: string) => runCli(args.split(' '), { home });
const tailOf = async (args: string) => idsIn((await run(`tail orders --no-follow ${args}`.trim())).stdout);

describe('tail orders', () => {
  test('gives ndjson in a pipe, without guests', async () => {
    await run(`generate --source ${sample}`);
    const { code, stdout, stderr } = await run('tail orders --no-follow');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')[0]).toBe(
      '{"orderId":"536365-85123A","invoiceNo":"536365","stockCode":"85123A","description":"WHITE HANGING HEART T-LIGHT HOLDER","quantity":6,"orderDate":"2010-12-01T08:26:00","unitPrice":"2.55","customerId":17850,"country":"United Kingdom"}',
    );
    expect(idsIn(stdout)).toEqual(HELD_IDS);
  });

  test('begins where it is told to', async () => {
    await run(`generate --source ${sample}`);
    await run(`generate --source ${many} --count 30`);
    expect(await tailOf('')).toHaveLength(10);
    expect(await tailOf('-n 0')).toEqual([]);
    expect(await tailOf('-n 2 --customer 17850')).toEqual(['C536379-D', '536390-22941']);
    expect(await tailOf('--lines 1 --guests')).toEqual(['10-P2']);
    expect((await tailOf('--since start')).slice(0, 7)).toEqual(HELD_IDS);
    expect(await tailOf('--since 10m')).toHaveLength(34);
    expect(await tailOf('--since 2099-01-01')).toEqual([]);
    expect(await tailOf('--since 2020-01-01T00:00:00Z')).toHaveLength(34);
    expect(await tailOf('--since start --guests')).toHaveLength(38);
    expect(await tailOf('--since start --customer 12583')).toEqual(['536370-22728']);
    expect(await tailOf('--since start --customer 1')).toEqual([]);
  });

  test('writes json and csv', async () => {
    await run(`generate --source ${sample}`);
    const json = JSON.parse((await run('tail orders --no-follow -o json')).stdout) as { orderId: string }[];
    expect(json.map(({ orderId }) => orderId)).toEqual(HELD_IDS);
    const { stdout } = await run('tail orders --no-follow -o csv');
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'orderId,invoiceNo,stockCode,description,quantity,orderDate,unitPrice,customerId,country',
      '536365-85123A,536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01T08:26:00,2.55,17850,United Kingdom',
      '536365-22752,536365,22752,"SET 7 BABUSHKA NESTING BOXES, ""LARGE""",2,2010-12-01T08:26:00,7.65,17850,United Kingdom',
    ]);
    expect((await run('tail orders --no-follow -o json --customer 1')).stdout).toBe('[]\n');
  });

  test.each(['-n 0', '--customer 99', '--since 2099-01-01', '--customer 99 -o csv'])(
    'does not say that there are no orders where none is asked for: %s',
    async (args) => {
      await run(`generate --source ${sample}`);
      const { code, stdout, stderr } = await run(`tail orders --no-follow ${args}`);
      expect(stderr).toBe(
        'none of the orders there are is one of these; alakazam tail orders --no-follow shows the last ten\n',
      );
      expect([code, stdout]).toEqual([
        0,
        args.endsWith('csv')
          ? 'orderId,invoiceNo,stockCode,description,quantity,orderDate,unitPrice,customerId,country\n'
          : '',
      ]);
    },
  );

  test('says what to do when there is nothing', async () => {
    const { code, stdout, stderr } = await run('tail orders --no-follow');
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/no orders yet; alakazam generate/);
  });

  test.each([
    ['tail', /^error: what is missing; valid: orders\n {2}alakazam tail orders\n$/],
    ['tail lines', /^error: what is "lines"; valid: orders\n {2}alakazam tail orders\n$/],
    ['tail orders -n x', /--lines is "x"; valid: a whole number from 0/],
    ['tail orders --since yesterday', /--since is "yesterday"; valid: how long ago \(10m/],
    ['tail orders --since start -n 5', /--lines 5 and --since exclude each other/],
    ['tail orders --guests --customer 5', /--guests and --customer 5 exclude each other/],
    ['tail orders -o json', /-o json is one value, and a tail has no end/],
  ])('%s is wrong usage', async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('starts before there is a store, and sees what other processes stream: each once, in order', async () => {
    const tail = startCli(['tail', 'orders', '--since', 'start'], { home });
    const guests = startCli(['tail', 'orders', '--guests', '-n', '0'], { home });
    const one = startCli(['tail', 'orders', '--customer', '12003', '--since', 'start'], { home });
    // It waits on a store that is there once it has made it.
    await run('verify');
    await Promise.all([run(`generate --source ${many} --count 1000`), run(`generate --source ${many} --count 1500`)]);
    await run(`generate --source ${many} --count 3000 --rate 3000`);
    const expected = idsIn((await run(`generate --source ${many} --count 3000 --dry-run -o ndjson`)).stdout);
    const isGuest = (id: string) => Number(id.split('-')[0]) % 10 === 0;
    const held = expected.filter((id) => !isGuest(id));
    expect(idsIn(await tail.until(held.length))).toEqual(held);
    expect(idsIn(await guests.until(3000))).toEqual(expected);
    const ofOne = expected.filter((id) => Number(id.split('-')[0]) % 10 === 3);
    expect(idsIn(await one.until(ofOne.length))).toEqual(ofOne);
    for (const each of [tail, guests, one]) {
      const { length } = each.lines;
      expect(await each.stop()).toBe(130);
      expect(each.lines).toHaveLength(length);
      expect(each.stderr()).toBe('');
    }
  });

  test('shows an order that comes again unchanged once', async () => {
    const tail = startCli(['tail', 'orders', '--since', 'start'], { home });
    await run(`generate --source ${sample}`);
    await tail.until(7);
    await run(`generate --source ${sample} --from start`);
    const changed = writeFile(
      directory,
      'changed.csv',
      SAMPLE.replace('MAS LIGHTS 10 REINDEER, £8",2,', 'MAS LIGHTS 10 REINDEER, £8",3,'),
    );
    await run(`generate --source ${changed}`);
    const lines = await tail.until(8);
    await tail.stop();
    expect(idsIn(lines)).toEqual([...HELD_IDS, '536390-22941']);
    expect(JSON.parse(lines[7] as string)).toMatchObject({ quantity: 3 });
  });

  test('survives a reset', async () => {
    await run(`generate --source ${sample}`);
    const tail = startCli(['tail', 'orders', '--since', 'start'], { home });
    const guests = startCli(['tail', 'orders', '--since', 'start', '--guests'], { home });
    await Promise.all([tail.until(7), guests.until(8)]);
    expect((await run('reset --yes')).code).toBe(0);
    await run(`generate --source ${sample} --count 5`);
    expect(idsIn((await tail.until(11)).slice(7))).toEqual(HELD_IDS.slice(0, 4));
    expect(idsIn((await guests.until(13)).slice(8))).toEqual(SAMPLE_IDS.slice(0, 5));
    await tail.stop();
    await guests.stop();
  });

  test('ends quietly when nobody reads on', async () => {
    await run(`generate --source ${many} --count 3000`);
    for (const command of [
      'tail orders --since start',
      'tail orders --since start --no-follow -o csv',
      'generate --source FILE --count 3000 --dry-run',
    ]) {
      const shell = `"${process.execPath}" "${PROGRAM}" ${command.replace('FILE', many)} | head -1; echo "\${PIPESTATUS[0]}"`;
      const { stdout, stderr } = spawnSync('bash', ['-c', shell], {
        env: environmentOf(home),
        encoding: 'utf8',
        timeout: 20_000,
      });
      expect(stderr).toBe('');
      expect(stdout).toMatch(/\n(0|130|141)\n$/);
    }
  });
});
