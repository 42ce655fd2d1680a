/** Recommendations as a user asks for them: on a terminal, in a pipe, wrongly, and with little to go by. */
import type { StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openDatabase } from '../../src/engines/duckdb/database.js';
import type { Recommendations } from '../../src/product-recommendations/recommender.js';
import { finish, runCli, spawnCli, temporaryDirectory } from '../run-cli.js';
import { type ShowOptions, showOnTerminal, tooWide } from './on-terminal.js';
import { HEADER, writeFile } from './sample.js';

const directory = temporaryDirectory();
const home = join(directory, 'home');

const LONG = 'WHITE HANGING HEART T-LIGHT HOLDER OF 日本のお皿 AND MUCH ELSE';
const HOSTILE = '\u001b]0;OWNED\u0007\u001b[31mRED\u202e, ""QUOTED""';

/** Twelve products; customer n bought those that n divides, on day n of December. */
function shop(): string {
  const lines: string[] = [];
  for (let customer = 1; customer <= 9; customer++) {
    for (let product = 1; product <= 12; product++) {
      if (product % customer !== 0) continue;
      const description = product === 8 ? HOSTILE : product === 12 ? LONG : `MUG ${product}`;
      lines.push(`50${customer},${10_000 + product},"${description}",2,12/${customer}/2010 8:26,1.00,${customer},EIRE`);
    }
  }
  // Yesterday somebody bought what nobody had bought before.
  lines.push('600,20001,NEW TODAY,1,12/30/2010 9:00,1.00,2,EIRE', '601,10001,MUG 1,1,12/31/2010 9:00,1.00,3,EIRE');
  // Customer 20 gave everything back, and customer 21 bought what is no product.
  lines.push('700,10001,MUG 1,3,12/2/2010 9:00,1.00,20,EIRE', 'C701,10001,MUG 1,-3,12/3/2010 9:00,1.00,20,EIRE');
  lines.push('702,POST,POSTAGE,1,12/3/2010 9:00,1.00,21,EIRE', '703,10001,MUG 1,1,12/3/2010 9:00,1.00,,EIRE');
  return `${HEADER}${lines.join('\n')}\n`;
}

const run = (line: string, of = home) => runCli(line.split(' '), { home: of });

async function done(line: string, of = home): Promise<string> {
  const { code, stdout, stderr } = await run(line, of);
  expect([code, stderr.includes('error')], `${line}: ${stderr}`).toEqual([0, false]);
  return stdout;
}

const recommended = async (line: string, of = home): Promise<Recommendations> =>
  JSON.parse(await done(`recommend ${line} -o json`, of));
const codes = (list: Recommendations['new']) => list.map(({ stockCode }) => stockCode);
const show = (line: string, options: ShowOptions = {}) =>
  showOnTerminal(line.split(' '), { home, cwd: directory, env: { NO_COLOR: '1' }, ...options });

/** A home with these orders. */
async function homeWith(orders: string): Promise<string> {
  const of = temporaryDirectory();
  const path = writeFile(of, 'orders.csv', orders);
  await done(`generate --source ${path} --count ${orders.split('\n').length - 2}`, of);
  return of;
}

beforeAll(async () => {
  const path = writeFile(directory, 'shop.csv', shop());
  await done(`generate --source ${path} --count ${shop().split('\n').length - 2}`);
  await done('train');
});

describe('on a terminal', () => {
  test('of 80 columns, a product has a line, with its reason', () => {
    const shown = show('recommend --customer 6 -n 3');
    expect(shown.code).toBe(0);
    expect(shown.lines).toEqual([
      'New',
      expect.stringMatching(/^ {2}1 {2}\d{5} {2}\S.* {2}\S/),
      expect.stringMatching(/^ {2}2 {2}\d{5} {2}\S.* {2}\S/),
      expect.stringMatching(/^ {2}3 {2}\d{5} {2}\S.* {2}\S/),
      'Buy again',
      expect.stringMatching(/^ {2}1 {2}10006 {2}MUG 6 .* in 1 of 1 invoices, last 2010-12-06$|^ {2}1 {2}10012 /),
      expect.stringMatching(/^ {2}2 {2}100(06|12) {2}.*in 1 of 1 invoices, last 2010-12-06$/),
      'customer 6 bought 2 products, so the second list is shorter',
    ]);
  });

  test.each([80, 40])('of %i columns, nothing wraps, and text from outside does nothing to it', (columns) => {
    for (const line of [
      'recommend --customer 6',
      'recommend --customer 1 --explain',
      'recommend --customer 12345',
      'recommend --basket 10008,10012',
      'recommend --all -n 2',
      'similar --product 10012',
      'similar --product 10008',
      'train --list',
    ]) {
      const shown = show(line, { columns, env: { NO_COLOR: '1' } });
      expect(shown.code).toBe(0);
      // What is said beside the answer is a sentence, which a narrow terminal may break.
      const answer = {
        ...shown,
        lines: shown.lines.filter((each) => columns === 80 || !/customer|product|^10012/.test(each)),
      };
      expect(tooWide(answer, columns), line).toEqual([]);
      // Of the description, nothing but what can be seen; the spinner moves the cursor.
      for (const each of ['\u001b]0', '\u001b[31m', '\u0007', '\u202e'])
        expect(shown.raw.includes(each), line).toBe(false);
    }
  });

  test('every reason is whole with --explain, and a habit is one', () => {
    const { lines } = show('recommend --customer 6 -n 1 --explain', { columns: 200 });
    const again = lines.indexOf('Buy again');
    expect(lines.slice(0, again).filter((line) => line.startsWith('       ')).length).toBeGreaterThan(0);
    expect(lines[again + 2]).toBe('       in 1 of 1 invoices, last 2010-12-06');
    expect(lines.join('\n')).not.toContain('because of in');
  });

  test('Ctrl-C ends a training, and the old model serves', async () => {
    const before = await recommended('--customer 6');
    const typed = { keys: '\u0003', after: 'short memory' };
    // Wide enough for the whole line, however fast the machine is.
    expect(show('train --iterations 100000000 --seed 2', { typed, columns: 160 }).code).toBe(130);
    expect(await recommended('--customer 6')).toEqual(before);
  });
});

test('Ctrl-C ends the lists for all, wherever they are written', async () => {
  const of = temporaryDirectory();
  await done('generate --count 20000', of);
  await done('train --iterations 1', of);
  const file = openSync(join(of, 'lists'), 'w');
  onTestFinished(() => closeSync(file));
  const child = spawnCli(['recommend', '--all', '-n', '1000', '-o', 'ndjson'], { home: of }, ['ignore', file, 'pipe']);
  const ended = finish(child);
  await vi.waitUntil(() => statSync(join(of, 'lists')).size > 0, { timeout: 30_000, interval: 5 });
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 130, stderr: '' });
  const written = readFileSync(join(of, 'lists'), 'utf8').split('\n').length - 1;
  expect(written).toBeGreaterThan(0);
  expect(written).toBeLessThan(500);
});

describe('in a pipe', () => {
  test('a row is a product, in plain text and in CSV', async () => {
    const found = await recommended('--customer 6 -n 3');
    const rows = [
      ...found.new.map((each, i) => ['6', 'new', i + 1, each] as const),
      ...found.again.map((each, i) => ['6', 'again', i + 1, each] as const),
    ];
    const expected = rows.map(([customer, list, rank, { stockCode, description, because }]) => [
      customer,
      list,
      String(rank),
      stockCode,
      description,
      because.join('; '),
    ]);
    const csv = parse(await done('recommend --customer 6 -n 3 -o csv')) as string[][];
    expect(csv).toEqual([['customer_id', 'list', 'rank', 'stock_code', 'description', 'because'], ...expected]);
    const plain = (await done('recommend --customer 6 -n 3'))
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t'));
    expect(plain.map(([, , , code]) => code)).toEqual(expected.map(([, , , code]) => code));
    expect(plain.every((row) => row.length === 6)).toBe(true);
  });

  test('--all has every customer with an order, as asked for alone; ndjson, json and csv agree', async () => {
    const lines = (await done('recommend --all -n 4 -o ndjson'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Recommendations);
    expect(lines.map(({ customerId }) => customerId)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 20, 21]);
    for (const each of lines) expect(await recommended(`--customer ${each.customerId} -n 4`)).toEqual(each);
    expect(JSON.parse(await done('recommend --all -n 4 -o json'))).toEqual(lines);
    const csv = parse(await done('recommend --all -n 4 -o csv'), { columns: true }) as Record<string, string>[];
    expect(csv.map((row) => [row['customer_id'], row['list'], row['stock_code']])).toEqual(
      lines.flatMap(({ customerId, new: fresh, again }) => [
        ...codes(fresh).map((code) => [String(customerId), 'new', code]),
        ...codes(again).map((code) => [String(customerId), 'again', code]),
      ]),
    );
  });

  test('--all writes the rows of its CSV as Parquet, into a file or a pipe, and nowhere else', async () => {
    const path = join(temporaryDirectory(), 'lists.parquet');
    const child = spawnCli(['recommend', '--all', '-n', '4', '-o', 'parquet'], { home }, [
      'ignore',
      openSync(path, 'w'),
      'pipe',
    ]);
    expect((await once(child, 'exit'))[0]).toBe(0);
    const database = await openDatabase({ spillTo: join(home, 'spill') });
    onTestFinished(() => database.close());
    const csv = parse(await done('recommend --all -n 4 -o csv'), { columns: true }) as Record<string, string>[];
    expect(await database.rows(`FROM '${path}'`)).toEqual(
      csv.map(({ customer_id, list, rank, stock_code, description, because }) => [
        customer_id,
        list,
        Number(rank),
        stock_code,
        description,
        because,
      ]),
    );
    expect(await run('recommend --customer 1 -o parquet')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: Parquet is for the lists of all customers\n/),
    });
  });

  test('a Parquet file that is interrupted leaves nothing in the temporary directory', async () => {
    const [temporary, path] = [temporaryDirectory(), join(temporaryDirectory(), 'lists.parquet')];
    const to: StdioOptions = ['ignore', openSync(path, 'w'), 'pipe'];
    const child = spawnCli(['recommend', '--all', '-o', 'parquet'], { home, env: { TMPDIR: temporary } }, to);
    onTestFinished(() => void child.kill('SIGKILL'));
    await vi.waitFor(() => expect(readdirSync(temporary)).toHaveLength(1), { interval: 1, timeout: 20_000 });
    child.kill('SIGINT');
    await once(child, 'exit');
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('that is closed early, it ends with 0', async () => {
    const child = spawnCli(['recommend', '--all', '-n', '1000', '-o', 'ndjson'], { home }, ['ignore', 'pipe', 'pipe']);
    onTestFinished(() => void child.kill('SIGKILL'));
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  test('--new and --again give one list, and all is that list', async () => {
    const both = await recommended('--customer 6');
    expect(await recommended('--customer 6 --new')).toEqual({ ...both, again: [], all: both.new });
    expect(await recommended('--customer 6 --again')).toEqual({ ...both, new: [], all: both.again });
  });
});

describe('somebody with little', () => {
  test('who bought everything has nothing new, and is told so', async () => {
    const path = writeFile(
      temporaryDirectory(),
      'one.csv',
      `${HEADER}800,20001,NEW TODAY,1,12/31/2010 9:00,1.00,1,EIRE\n`,
    );
    const of = await homeWith(shop());
    await done('train', of);
    await done(`generate --source ${path} --count 1`, of);
    const { code, stdout, stderr } = await run('recommend --customer 1 -o json', of);
    const found = JSON.parse(stdout) as Recommendations;
    expect([code, found.new, found.again.length]).toEqual([0, [], 10]);
    expect(stderr).toBe('there are no more products that customer 1 has not bought\n');
    expect((await run('recommend --customer 1 --new', of)).stdout).toBe('');
  });

  test('whose orders were all returned, or are no products, is shown bestsellers', async () => {
    for (const customer of [20, 21, 12345]) {
      const { code, stdout, stderr } = await run(`recommend --customer ${customer} -n 2 -o json`);
      expect([code, JSON.parse(stdout).coldStart]).toEqual([0, true]);
      expect(stderr).toBe(`customer ${customer} bought and kept nothing; these are the bestsellers of now\n`);
    }
  });

  test('a product sold once yesterday can be recommended, and leads to others', async () => {
    expect(codes((await recommended('--customer 3 -n 1000')).new)).toContain('20001');
    const found = await recommended('--basket 20001 -n 5');
    expect([found.customerId, found.coldStart, found.new.length, found.again]).toEqual([null, false, 5, []]);
    expect(codes(found.new)).not.toContain('20001');
    expect(JSON.parse(await done('similar --product 20001 -o json')).boughtTogether).toEqual([]);
    expect((await run('recommend --basket 20001 -n 1000')).stderr).toBe(
      'nothing else goes with this basket, so the list is shorter\n',
    );
  });
});

describe('wrongly', () => {
  test.each([
    ['recommend', /^error: recommend to whom\?\n {2}.*recommend --customer 17850\n$/],
    ['recommend --customer 6 --all', /^error: --customer, --basket and --all exclude each other/],
    ['recommend --customer six', /^error: --customer is "six"; valid: a whole number from 0/],
    ['recommend --customer 6.5', /^error: --customer is "6\.5"; valid/],
    ['recommend --customer -6', /^error: --customer is "-6"; valid/],
    ['recommend --customer 99999999999999999999', /^error: --customer is "9+"; valid/],
    ['recommend --customer 6 -n 0', /^error: --number is "0"; valid: a whole number from 1/],
    ['recommend --customer 6 -n 1001', /^error: -n is 1001; valid: up to 1000/],
    ['recommend --customer 6 --new --again', /^error: --new and --again exclude each other/],
    ['recommend --basket ', /^error: --basket is ""; valid: stock codes/],
    ['recommend --basket 10001,,10002', /^error: --basket is "10001,,10002"; valid: stock codes/],
    [
      'recommend --basket 10001,1001X',
      /^error: no product "1001X" was bought by any customer\n {2}did you mean 1001\d \(MUG/,
    ],
    ['recommend --basket 30001', /^error: no product "30001" was bought by any customer\n {2}did you mean \d{5} \(/],
    ['train --use 0123456789ab', /^error: there is no model "0123456789ab"; valid: \w{12}\n {2}.*train --list/],
    ['train --list --use x', /^error: --list, --use and --status exclude each other/],
    ['train --engine flink', /^error: --engine is "flink"; valid: built-in, spark/],
    ['train --engine spark --threads 2', /^error: --threads is not for Spark on this machine\n {2}leave --threads out/],
    ['train --threads 65', /^error: --threads is 65; valid: up to 64/],
    ['train --tune 5', /^error: --tune is "5"; valid: how long, above 0, such as 90s, 5m or 1h\n$/],
    ['train --tune 0m', /^error: --tune is "0m"; valid/],
    [
      'train --tune 5m --factors 8 --half-life 30 --regularization 5',
      /^error: --tune has nothing to look for: --factors, --regularization and --half-life are given\n {2}leave one/,
    ],
    ['train --factors 0', /^error: --factors is "0"; valid/],
    ['train --half-life 0', /^error: --half-life is "0"; valid: a number above 0/],
    ['train --since 2010-02-30', /^error: --since is "2010-02-30"; valid: a day/],
    [
      'evaluate --cut 2030-01-01',
      /^error: no customer with orders before 2030-01-01 bought anything in the days after/,
    ],
    [
      'train --since 2010-12-10 --until 2010-12-05',
      /^error: no order is dated from 2010-12-10 on and before 2010-12-05/,
    ],
    ['evaluate --cut 2010-12-09 --last-invoice', /^error: --cut and --last-invoice exclude each other/],
    ['similar', /^error: similar to which product\?/],
    ['similar --product ', /^error: --product is ""; valid: a stock code, or words/],
    ['similar --product %', /^error: --product is "%"; valid: a stock code, or words/],
    ['similar --product \u00a0', /^error: --product is ".*"; valid: a stock code, or words/],
  ])('%s is refused in one message', async (line, message) => {
    const { code, stdout, stderr } = await run(line);
    expect(stderr).toMatch(message);
    expect([code, stdout, stderr.match(/^error: /gm)?.length]).toEqual([2, '', 1]);
  });

  test('a model that memory does not hold is refused', async () => {
    const { code, stderr } = await run('train --factors 100000');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /^error: the model would need \d+ GiB of memory; it may have 2\n {2}choose fewer --factors\n$/,
      ),
    ]);
  });

  test('a product that there is not is an answer, with those that are near', async () => {
    expect(await run('similar --product 1001X')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(/^no product "1001X"; near it: 1001\d /),
    });
    expect((await run('similar --product new')).stderr).toBe('20001 NEW TODAY\n');
  });

  test('orders of one day can be foretold by the last invoice alone, which is said', async () => {
    const orders = [1, 2, 3, 4].map((n) => `${n},1000${n},MUG,1,12/1/2010 9:0${n},1.00,${n % 2},EIRE\n`);
    const of = await homeWith(HEADER + orders.join(''));
    expect(await run('evaluate', of)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^error: no customer with orders before 2010-11-30 bought .*: there is nothing to foretell\n {2}.*evaluate --last-invoice, or another --cut\n$/,
      ),
    });
    await done('evaluate --last-invoice', of);
  });

  const TOO_FEW = /^error: there are too few orders of known customers to learn from\n {2}.*generate --count 50000\n$/;
  const NO_PRODUCT =
    /^error: no customer bought a product and kept it\n {2}products are .* stock code that begins with five digits, such as 85123A\n$/;
  const line = (invoice: number, code: string, customer: number | '') =>
    `${invoice},${code},MUG,1,12/${invoice}/2010 9:00,1.00,${customer},EIRE\n`;
  test.each([
    ['no orders', ''],
    ['guests alone', line(1, '10001', '') + line(2, '10002', '')],
    ['one customer', line(1, '10001', 1) + line(2, '10002', 1)],
    ['one product', line(1, '10001', 1) + line(2, '10001', 2)],
    ['codes that are no products', line(1, 'POST', 1) + line(2, 'M', 2), NO_PRODUCT],
  ])('of %s nothing can be learned', async (_, orders, message = TOO_FEW) => {
    const of = orders === '' ? temporaryDirectory() : await homeWith(HEADER + orders);
    for (const command of [
      'train',
      'recommend --customer 1',
      'recommend --all',
      'evaluate',
      'evaluate --last-invoice',
    ]) {
      const { code, stdout, stderr } = await run(command, of);
      expect(stderr.replace(/^there is no model yet: .*\n/, '')).toMatch(message);
      expect([code, stdout]).toEqual([1, '']);
    }
    expect(await run('similar --product 10001', of)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: there is no model/),
    });
  });
});
