import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { environmentOf, finish, PROGRAM, runCli, spawnCli, startCli, temporaryDirectory } from '../run-cli.js';
import { HEADER, idsIn, manyOrders, SAMPLE, SAMPLE_IDS, writeFile } from './sample.js';

const directory = temporaryDirectory();
let home = '';
let homes = 0;
beforeEach(() => {
  home = join(directory, `home-${homes++}`);
});

const run = (args: string, input?: string) =>
  runCli(args.split(' '), { home, cwd: directory, ...(input === undefined ? {} : { input }) });
const streamed = async () => idsIn((await run('tail orders --since start --guests --no-follow -o ndjson')).stdout);
const sample = writeFile(directory, 'orders.csv', SAMPLE);
const many = writeFile(directory, 'many.csv', manyOrders(3000));

describe('generate', () => {
  test('streams a file, keeps what is no order, and says so on stderr alone', async () => {
    const { code, stdout, stderr } = await run(`generate --source ${sample}`);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/^8 orders streamed from .*orders\.csv in \d\.\d s( \([\d,]+\/s\))?, 1 rejected\n/);
    expect(stderr).toContain('alakazam rejected');
    expect(stderr).toContain('has no more orders; --from start reads it again');
    expect(await streamed()).toEqual(SAMPLE_IDS);
  });

  test.each([
    ['/dev/stdin behind a pipe', `cat ${sample} | RUN --source /dev/stdin --count 9`],
    ['/dev/fd/0 behind a pipe', `cat ${sample} | RUN --source /dev/fd/0 --count 9`],
    ['a process substitution', `RUN --source <(cat ${sample}) --count 9`],
    ['one that is compressed', `RUN --source <(gzip -c ${sample}) --count 9`],
    ['/dev/stdin of a file', `RUN --source /dev/stdin --count 9 < ${sample}`],
  ])('reads %s', async (_, script) => {
    const line = script.replace('RUN', `"${process.execPath}" "${PROGRAM}" generate`);
    const { code, stderr } = await finish(spawn('bash', ['-c', line], { env: environmentOf(home), cwd: directory }));
    expect(stderr).toMatch(/^8 orders streamed from /);
    expect(code).toBe(0);
    expect(await streamed()).toEqual(SAMPLE_IDS);
  });

  test('-o json has the shape others rely on', async () => {
    const { stdout } = await run(`generate --source ${many} --count 10 -o json`);
    expect(stdout.endsWith('}\n')).toBe(true);
    const result = JSON.parse(stdout);
    expect(Object.keys(result)).toEqual(['streamed', 'rejected', 'seconds', 'position', 'exhausted']);
    expect(result).toMatchObject({ streamed: 10, rejected: 0, exhausted: false });
    expect(result.seconds).toBeGreaterThanOrEqual(0);
    expect(JSON.parse((await run(`generate --source ${sample} -o json`)).stdout)).toMatchObject({
      streamed: 8,
      rejected: 1,
      exhausted: true,
    });
  });

  test('--quiet says nothing', async () => {
    expect(await run(`generate --source ${sample} --quiet`)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('goes on where its last run ended, and stops at the end of the file', async () => {
    for (const count of [3, 1, 2]) await run(`generate --source ${sample} --count ${count}`);
    expect(await streamed()).toEqual(SAMPLE_IDS.slice(0, 6));
    const last = JSON.parse((await run(`generate --source ${sample} --count 100 -o json`)).stdout);
    expect(last).toMatchObject({ streamed: 2, exhausted: true });
    const none = await run(`generate --source ${sample} --count 100 -o json`);
    expect(JSON.parse(none.stdout)).toMatchObject({ streamed: 0, exhausted: true });
    expect(none.code).toBe(0);
    expect(await streamed()).toEqual(SAMPLE_IDS);
  });

  test('takes what a file has grown by', async () => {
    const path = writeFile(directory, 'grows.csv', SAMPLE);
    await run(`generate --source ${path}`);
    writeFileSync(path, `${SAMPLE}536390,22942,LAST,1,12/1/2010 10:19,1,17850,EIRE\n`);
    await run(`generate --source ${path}`);
    expect(await streamed()).toEqual([...SAMPLE_IDS, '536390-22942']);
  });

  test('--from start reads it again, to the same ids', async () => {
    await run(`generate --source ${sample} --count 5`);
    await run(`generate --source ${sample} --from start`);
    expect(await streamed()).toEqual([...SAMPLE_IDS.slice(0, 5), ...SAMPLE_IDS]);
    const { stdout } = await run('verify -o json');
    expect(JSON.parse(stdout)).toMatchObject({
      pass: true,
      streamed: 13,
      guests: 2,
      views: { history: { held: 7, repeated: 4 } },
      rejected: 1,
    });
  });

  test('--loop begins again at the end, with invoice numbers of its own', async () => {
    const { code } = await run(`generate --source ${sample} --loop --count 20`);
    expect(code).toBe(0);
    const ids = await streamed();
    expect(ids.slice(0, 8)).toEqual(SAMPLE_IDS);
    expect(ids.slice(8, 11)).toEqual(['536365.2-85123A', '536365.2-22752', '536365.2-85123A-2']);
    expect(ids[16]).toBe('536365.3-85123A');
    expect(new Set(ids).size).toBe(20);
    await run(`generate --source ${sample} --loop --count 20`);
    const more = await streamed();
    expect(new Set(more).size).toBe(40);
    expect(more[20]).toBe('536370.3-22728');
  });

  test('reads standard input', async () => {
    expect((await run('generate --source -', SAMPLE)).stderr).toMatch(/^8 orders streamed from standard input/);
    expect(await streamed()).toEqual(SAMPLE_IDS);
  });

  test('streams what standard input has so far, before it ends', async () => {
    const child = spawnCli(['generate', '--source', '-'], { home }, ['pipe', 'pipe', 'pipe']);
    const tail = startCli(['tail', 'orders', '--guests', '--since', 'start'], { home });
    child.stdin?.write(`${HEADER}1,A,MUG,1,12/1/2010 8:26,2.55,5,EIRE\n`);
    expect(idsIn(await tail.until(1))).toEqual(['1-A']);
    child.stdin?.write('2,B,MUG,1,12/1/2010 8:26,2.55,5,EIRE\n');
    expect(idsIn(await tail.until(2))).toEqual(['1-A', '2-B']);
    child.stdin?.end();
    expect((await finish(child)).code).toBe(0);
    await tail.stop();
  });

  test.each([
    [
      'ndjson',
      '{"orderId":"536365-85123A","invoiceNo":"536365","stockCode":"85123A","description":"WHITE HANGING HEART T-LIGHT HOLDER","quantity":6,"orderDate":"2010-12-01T08:26:00","unitPrice":"2.55","customerId":17850,"country":"United Kingdom"}',
    ],
    [
      'csv',
      'orderId,invoiceNo,stockCode,description,quantity,orderDate,unitPrice,customerId,country\n536365-85123A,536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01T08:26:00,2.55,17850,United Kingdom',
    ],
  ])('--dry-run -o %s prints orders and stores nothing', async (format, first) => {
    const { code, stdout } = await run(`generate --source ${sample} --dry-run -o ${format}`);
    expect(code).toBe(0);
    expect(stdout.startsWith(`${first}\n`)).toBe(true);
    expect(stdout.trim().split('\n')).toHaveLength(format === 'csv' ? 9 : 8);
    if (format === 'ndjson') {
      expect(idsIn(stdout)).toEqual(SAMPLE_IDS);
      expect(stdout).toContain('"customerId":null');
      expect(stdout).toContain('"description":"HAND WARMER UNION JACK "');
    }
    expect(await streamed()).toEqual([]);
  });

  test('the built-in shop gives the same orders for the same seed, and goes on where it was', async () => {
    const dry = (seed: number) => run(`generate --seed ${seed} --count 500 --dry-run`);
    const [one, again, other] = await Promise.all([dry(7), dry(7), dry(8)]);
    expect(one.stdout).toBe(again.stdout);
    expect(one.stdout).not.toBe(other.stdout);
    for (const count of [1, 200, 299]) expect((await run(`generate --seed 7 --count ${count}`)).code).toBe(0);
    expect(await streamed()).toEqual(idsIn(one.stdout));
  });

  test.each([
    ['--count -1', /--count/],
    ['--count 1.5', /--count is "1.5"; valid: a whole number from 0/],
    ['--count many', /--count is "many"; valid/],
    ['--rate 0', /--rate is "0"; valid: orders a second, above 0/],
    ['--rate fast', /--rate is "fast"/],
    ['--speed 0x', /--speed is "0x"; valid: how many times as fast, such as 3600x/],
    ['--rate 5 --speed 2x', /--rate 5 and --speed 2x exclude each other/],
    ['--from middle', /--from is "middle"; valid: start, continue/],
    ['-o xml', /--output is "xml"; valid: table, json, ndjson, csv/],
    ['--seed x', /seed is "x"/],
    ['--dry-run -o json', /--dry-run writes lines, not json; valid: csv, ndjson/],
    ['--nonsense', /unknown option '--nonsense'/],
    ['extra', /too many arguments/],
    ['--source', /argument missing/],
    ['--loop --source -', /--loop needs a file/],
    ['--target moon', /target is "moon" .*valid: local/],
  ])('%s is wrong usage, and says why', async (args, message) => {
    const { code, stdout, stderr } = await run(`generate ${args}`, SAMPLE);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect([code, stdout]).toEqual([2, '']);
  });

  // Without bursts, too: the test of pacing.ts measures that on a clock of its own.
  test('an empty source streams nothing made up', async () => {
    const { code, stdout, stderr } = await runCli(['generate', '--source', ''], { home });
    expect([code, stdout, stderr]).toEqual([2, '', 'error: --source is ""; give it a value, or leave it out\n']);
    expect(await streamed()).toEqual([]);
  });

  test('--rate holds: 200 a second for two seconds', async () => {
    const tail = startCli(['tail', 'orders', '--guests', '--since', 'start'], { home });
    const { stdout } = await run(`generate --source ${many} --rate 200 --count 400 -o json`);
    await tail.until(400);
    await tail.stop();
    const { seconds } = JSON.parse(stdout) as { seconds: number };
    expect(seconds).toBeGreaterThan(1.9);
  });

  test('--speed follows the order dates', async () => {
    const path = writeFile(
      directory,
      'dates.csv',
      `${HEADER}${['8:00', '8:00', '8:01', '8:02'].map((at, n) => `${n},A,MUG,1,12/1/2010 ${at},2.55,5,EIRE\n`).join('')}`,
    );
    const { code, stdout } = await run(`generate --source ${path} --speed 120x -o json`);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ streamed: 4, exhausted: true });
    // Two minutes at 120 times their speed. At their own speed, the test would time out.
    expect(JSON.parse(stdout).seconds).toBeGreaterThan(0.95);
    expect(await streamed()).toEqual(['0-A', '1-A', '2-A', '3-A']);
  });

  test('Ctrl-C stops it, says what was done, and the next goes on', async () => {
    const child = startCli(['generate', '--source', many, '--rate', '50', '--count', '3000'], { home });
    const tail = startCli(['tail', 'orders', '--guests', '--since', 'start'], { home });
    await tail.until(20);
    expect(await child.stop('SIGINT')).toBe(130);
    expect(child.stderr()).toMatch(/stopped after \d+ of 3,000; the same command goes on from there/);
    await run(`generate --source ${many} --count 3000`);
    const ids = idsIn(await tail.until(3000));
    await tail.stop();
    expect([ids.length, new Set(ids).size]).toEqual([3000, 3000]);
  });

  test('two at a time of different sources, and two of one, lose and repeat nothing', async () => {
    const other = writeFile(directory, 'other.csv', manyOrders(3000, 50_000));
    const all = [many, many, other, other].map((path) => run(`generate --source ${path} --count 3000 --rate 6000`));
    const tail = startCli(['tail', 'orders', '--guests', '--since', 'start'], { home });
    for (const { code } of await Promise.all(all)) expect(code).toBe(0);
    const ids = idsIn(await tail.until(6000));
    await tail.stop();
    expect(new Set(ids).size).toBe(6000);
    expect(ids).toHaveLength(6000);
    expect(JSON.parse((await run('verify -o json')).stdout)).toMatchObject({
      pass: true,
      streamed: 6000,
      views: { history: { repeated: 0 } },
    });
  });
});

test('ten thousand lines in a row that are no orders stop it, and it goes on after them if told to', async () => {
  const home = join(temporaryDirectory(), 'home');
  const path = join(temporaryDirectory(), 'wrong.csv');
  const order = '1,A,MUG,1,12/1/2010 8:26,2.55,5,EIRE\n';
  writeFileSync(path, `${HEADER}${order.replace('2.55', '2,55').repeat(25_000)}${order}`);
  const args = ['generate', '--source', path];
  const stopped = await runCli(args, { home });
  expect(stopped.code).toBe(1);
  expect(stopped.stderr).toMatch(
    /^error: 10,000 lines of .*wrong\.csv in a row are no orders, up to line 10001: .*\n {2}.*--accept-rejected goes on/,
  );
  const gone = await runCli([...args, '--accept-rejected'], { home });
  expect([gone.code, gone.stderr]).toEqual([0, expect.stringMatching(/^1 order streamed .*, 15,000 rejected/m)]);
  expect((await runCli(['rejected', '--limit', '1'], { home })).stderr).toContain(
    '24,999 more; --limit 25000 shows them all',
  );
});
