/** What a person sees: the same commands on a terminal of 80 columns. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { runCli, temporaryDirectory } from '../run-cli.js';
import { type Shown, type ShowOptions, showOnTerminal, tooWide, widthOnTerminal } from './on-terminal.js';
import { HEADER, manyOrders, SAMPLE, writeFile } from './sample.js';

const home = temporaryDirectory();
const directory = temporaryDirectory();
const hostileHome = join(temporaryDirectory(), 'home\u001b]0;OWNED\u0007\u009b');
const hostileDirectory = temporaryDirectory();
const hostileProject = temporaryDirectory();
const hostile = join(hostileDirectory, 'orders.csv');

const WIDE = `541000,A,日本のお皿 日本のお皿 日本のお皿 日本のお皿 日本のお皿,1234567,1/13/2011 9:00,12345.678,17850,Japan
541001,${'LONG-CODE-'.repeat(6)},🎁 GIFT 🎁,-1234567,1/13/2011 9:00,0.001,123456789012345,EIRE
541002,B,${'MUCH TOO LONG A NAME '.repeat(20)},1,1/13/2011 9:00,1,17850,EIRE
541003,C,"A\tTAB, \u001b[31mRED\u0007",1,1/13/2011 9:00,1,17850,EIRE
`;

/** Orders that try to set the title of the window, to colour, to turn text round and to add a line. */
const HOSTILE = `${HEADER}A1,P1,"\u001b]0;OWNED\u0007\u001b[31mRED",1,12/1/2010 8:26,1.00,1,"\u001b]0;TITLE\u0007land"
A2,P\u202e2,"\u009b31mRED\u007f",1,12/1/2010 8:26,1.00,1,"\u2066land
error: made up"
A4,85001A,"\u001b]0;OWNED\u0007 MUG\u009b",1,12/1/2010 8:26,1.00,1,land
A5,85002A,"\u202eBOWL\u007f",1,12/1/2010 8:27,1.00,1,land
A6,85001A,"\u001b]0;OWNED\u0007 MUG\u009b",1,12/1/2010 8:28,1.00,2,land
A7,85003A,"\u009b31mJUG",1,12/1/2010 8:29,1.00,2,land
A3,nonsense \u001b]0;OWNED\u0007
`;

/** A query of one's own whose help, text and answer do the same. */
const HOSTILE_SQL = `-- Own \u001b]0;OWNED\u0007\u009b31m
--
-- Help \u001b]0;OWNED\u0007
SELECT '\u001b]0;OWNED\u0007' AS "\u009b31m"
`;

/** A command that gets alarms, and fails with such a reason. */
const COMPLAINS = String.raw`printf 'no: \033]0;OWNED\007 \302\233' >&2; exit 1`;

/** Runs it on a terminal, in the home of these tests unless it names another. */
function show(args: string, { cwd = directory, ...options }: ShowOptions & { readonly cwd?: string } = {}): Shown {
  return showOnTerminal(args.split(' '), { home, cwd, ...options });
}

beforeAll(async () => {
  const path = writeFile(directory, 'orders.csv', SAMPLE + WIDE);
  expect((await runCli(['generate', '--source', path], { home })).stderr).toMatch(/^12 orders streamed/m);
  writeFile(hostileDirectory, 'orders.csv', HOSTILE);
  expect((await runCli(['generate', '--source', hostile], { home: hostileHome })).stderr).toMatch(/^6 .*, 1 rejected/);
  writeFile(hostileProject, '.alakazamrc', '');
  mkdirSync(join(hostileProject, 'sql'));
  writeFile(hostileProject, 'sql/hostile.sql', HOSTILE_SQL);
  writeFile(hostileProject, 'sql/\u001b]0;OWNED\u0007.sql', HOSTILE_SQL);
});

describe('on a terminal of 80 columns', () => {
  test('tail draws columns that stay aligned', () => {
    const shown = show('tail orders --since start --no-follow --guests');
    expect(shown.code).toBe(0);
    expect(tooWide(shown)).toEqual([]);
    expect(shown.lines).toHaveLength(13);
    expect(shown.lines[0]).toMatch(/^ordered +cust\. +order +qty +price +product$/);
    // Every cell of the same column ends or begins where its header does, but for numbers that are wider than their column.
    const [header, ...all] = shown.lines as [string, ...string[]];
    const wider = /123456789012345 .* -1,234,567 |1,234,567 +£12,345\.68/;
    const rows = all.filter((row) => !wider.test(row));
    expect(rows).toHaveLength(all.length - 2);
    const order = header.indexOf('order', 8);
    const price = header.indexOf('price') + 'price'.length;
    const product = header.indexOf('product');
    for (const row of rows) {
      expect(row.slice(order - 2, order)).toBe('  ');
      expect(row[order]).not.toBe(' ');
      expect(row.slice(price, product)).toBe('  ');
      expect(row[price - 1]).toMatch(/[\d…]/);
      expect(row[product]).not.toBe(' ');
    }
    expect(rows[3]).toMatch(/^2010-12-01 08:28 {3}guest {2}536366-22633/);
  });

  test('tail lets nothing in an order move the cursor', () => {
    const { raw } = show('tail orders --since start --no-follow', { env: { NO_COLOR: '1' } });
    expect(raw).not.toMatch(/[^\P{Cc}\r\n]/u);
  });

  test.each([
    'history --customer 1',
    'history --order A1-P1',
    'history --customer 1 -o csv',
    'history --customer 1 -o json',
    'tail orders --no-follow',
    'tail orders --no-follow -o csv',
    'tail orders --no-follow -o ndjson',
    'tail orders --no-follow -o json',
    'query --sql SELECT/**/*/**/FROM/**/orders',
    'query -o csv --sql SELECT/**/[description],country/**/FROM/**/orders',
    'query -o json --sql SELECT/**/[description],country/**/FROM/**/orders',
    'query --chart --sql SELECT/**/country,quantity/**/FROM/**/orders',
    'query --sql SELECT/**/CAST(description/**/AS/**/INTEGER)/**/FROM/**/orders',
    'query --sql SELECT/**/error(country)/**/FROM/**/orders',
    'query --sql SELECT/**/1/**/AS/**/"\u001b]0;OWNED\u0007"',
    'query --sql SELECT/**/"\u001b]0;OWNED\u0007"/**/FROM/**/orders',
    "query --explain --sql FROM/**/orders/**/WHERE/**/country='\u001b]0;OWNED\u0007'",
    'query \u001b]0;OWNED\u0007',
    'generate --dry-run --source HOSTILE',
    'generate --dry-run --source HOSTILE -o csv',
    'rejected',
    'rejected -o csv',
    'rejected -o json',
    'generate --source \u001b[31mRED\u009b.csv',
    'history --order \u001b]0;OWNED\u0007',
    'tail orders --since \u009b31m',
    'recommend --customer 1',
    'recommend --customer 1 --explain',
    'recommend --basket 85001A',
    'recommend --all',
    'recommend --all -o csv',
    'recommend --all -o ndjson',
    'similar --product 85001A',
    'similar --product \u009bX',
    'train --list',
    'train --use \u001b]0;OWNED\u0007',
    'evaluate --cut \u001b]0;OWNED\u0007',
    'alarm',
    'alarm -o csv',
    'alarm -o json',
    'alarm history',
    'alarm history -o csv',
    'alarm history -o json',
    'alarm test',
    'alarm test -o json',
    'alarm retry',
    'alarm --alarm-webhook \u001b]0;OWNED\u0007',
    'query --list',
    'query --list -o json',
    'query hostile',
    'query hostile --show',
    'query hostile -p \u009b=1',
    'query --file \u001b]0;OWNED\u0007.sql',
    'lake status',
    'lake status -o csv',
    'lake export --to /nowhere/\u001b]0;OWNED\u0007.csv',
    'lake \u001b]0;OWNED\u0007',
    'config',
    'config -o csv',
    'config -o json',
    'doctor',
    'verify',
    'verify --verbose --seed \u001b]0;OWNED\u0007',
    'query --verbose --sql SELECT/**/"\u001b]0;OWNED\u0007"/**/FROM/**/orders',
    'demo --directory /dev/null/\u001b]0;OWNED\u0007',
    'demo --directory HOSTILE',
    'status --region \u001b]0;OWNED\u0007',
    'deploy -p \u001b]0;OWNED\u0007=1',
    'completion bash --after query',
    '\u001b[31m',
    '--\u001b[31m',
  ])('%j lets nothing from outside do anything to the terminal', (args) => {
    // A spinner would move the cursor itself, on a terminal that is not dumb.
    const env = {
      NO_COLOR: '1',
      TERM: 'dumb',
      ALAKAZAM_HOME: hostileHome,
      ALAKAZAM_ALARM_THRESHOLD: '1',
      ALAKAZAM_ALARM_COMMAND: COMPLAINS,
    };
    const { raw } = show(args.replace('HOSTILE', hostile), { env, cwd: hostileProject });
    expect(raw).not.toBe('');
    expect(raw.replaceAll('\r\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(raw).not.toMatch(/^error: made up/m);
  });

  test('JSON on a terminal has the values that a pipe gets', async () => {
    const args = 'tail orders --no-follow -o json';
    const { raw } = show(args, { env: { ALAKAZAM_HOME: hostileHome } });
    const { stdout } = await runCli(args.split(' '), { home: hostileHome });
    expect(JSON.parse(raw)).toEqual(JSON.parse(stdout));
    expect(stdout).toContain('A2-P\u202e2');
  });

  test('a key of .alakazamrc is named without its controls', () => {
    writeFile(hostileDirectory, '.alakazamrc', '"\\e[31mse\\x9bed": 1\n');
    const { raw, code } = show('config', { cwd: hostileDirectory });
    expect(raw).toMatch(/has an unknown key/);
    expect(raw.replaceAll('\r\n', '')).not.toMatch(/\p{Cc}/u);
    expect(code).toBe(2);
  });

  test.each([
    ['\u0003', 130, 'error: interrupted; nothing was done'],
    ['\u0004', 0, 'nothing was changed'],
    ['n\r', 0, 'nothing was changed'],
  ])('%j at a question changes nothing', (keys, code, said) => {
    const shown = show('reset', { typed: { keys, after: '[y/N]' } });
    expect(shown.lines.at(-1)).toBe(said);
    expect(shown.code).toBe(code);
    expect(show('verify').lines[0]).toMatch(/12 {2}orders in the stream/);
  });

  test('history groups by invoice, newest first', () => {
    const shown = show('history --customer 17850');
    expect(shown.code).toBe(0);
    expect(tooWide(shown)).toEqual([]);
    expect(shown.lines[0]).toMatch(/^Customer 17850 {2}/);
    expect(shown.lines[1]).toMatch(/^8 orders on 6 invoices, £[\d,.]+ spent, £27\.50 returned$/);
    const heads = shown.lines.filter((line) => /^\S+ {2}\d{4}-\d\d-\d\d \d\d:\d\d/.test(line));
    const dates = heads.map((line) => (/\d{4}-\d\d-\d\d \d\d:\d\d/.exec(line) as RegExpExecArray)[0]);
    expect(dates).toEqual([...dates].sort().reverse());
    // Sums and prices stand under each other.
    const amounts = shown.lines.slice(2).filter((line) => line.includes('£'));
    expect(new Set(amounts.map(widthOnTerminal))).toEqual(new Set([80]));
  });

  test('history --order shows each field', () => {
    const shown = show('history --order 536365-22752');
    expect(tooWide(shown)).toEqual([]);
    expect(shown.lines).toContain('order       536365-22752');
    expect(shown.lines).toContain('price       £7.65');
  });

  test('verify says PASS', () => {
    const shown = show('verify');
    expect(tooWide(shown)).toEqual([]);
    expect(shown.lines.at(-1)).toBe('PASS');
    expect(shown.lines).toContainEqual(expect.stringMatching(/12 {2}orders in the stream +-?£/));
  });

  test.each([
    'rejected',
    'config',
    'doctor',
    'help exit-codes',
    'verify -o table',
    '--help',
    'generate --help',
    'tail --help',
    'history --help',
  ])('%s is no wider', (args) => {
    const shown = show(args);
    expect(shown.code).toBe(0);
    expect(tooWide(shown)).toEqual([]);
  });

  test.each([
    'bought-together -p at_least=1',
    'price-changes',
    'top-customers',
    'guests-share',
    'rfm',
    '--sql SELECT/**/*/**/FROM/**/orders',
  ])('query %s is no wider, and cuts no number', (args) => {
    for (const columns of [80, 50]) {
      const shown = show(`query ${args}`, { columns });
      expect(shown.code).toBe(0);
      // The longest code of the sample is no code that somebody would type.
      expect(tooWide(shown, columns).filter((line) => !line.includes('LONG-CODE'))).toEqual([]);
      expect(shown.lines.filter((line) => /[£,.\d]…/.test(line))).toEqual([]);
    }
  });

  test('a wider one has the country too', () => {
    const shown = show('tail orders --since start --no-follow', { columns: 140 });
    expect(shown.lines[0]).toMatch(/product +country$/);
    expect(tooWide(shown, 140)).toEqual([]);
    expect(shown.lines[1]).toMatch(/United Kingdom$/);
  });

  test('colours are there, and not with NO_COLOR or a dumb terminal', () => {
    expect(show('verify').raw).toContain('\u001b[32mPASS');
    expect(show('verify', { env: { NO_COLOR: '1' } }).raw).not.toContain('\u001b[');
    expect(show('verify', { env: { TERM: 'dumb' } }).raw).not.toContain('\u001b[');
  });

  test('generate leaves one line, whatever it drew meanwhile', async () => {
    const path = writeFile(directory, 'many.csv', manyOrders(60_000));
    const shown = show(`generate --source ${path} --count 3000 --rate 1000 --home ${temporaryHome}`);
    expect(shown.code).toBe(0);
    expect(shown.raw).toMatch(/[\d,]+ of 3,000 orders {2}[\d,]+\/s {2}[\d.]+ s left/);
    expect(shown.lines.at(-1)).toMatch(/3,000 orders streamed from .*many\.csv in [\d.]+ s/);
  });
});

test('a terminal of 0 columns gets the answer, and no spinner', () => {
  const path = writeFile(directory, 'slow.csv', manyOrders(500));
  const slow = show(`generate --source ${path} --count 500 --rate 500 --home ${widthlessHome}`, { columns: 0 });
  expect([slow.code, slow.lines.at(-1)]).toEqual([
    0,
    expect.stringMatching(/^500 orders streamed from .*slow\.csv in /),
  ]);
  expect(slow.lines.filter((line) => / of 500 orders/.test(line))).toEqual([]);
  expect(show('verify', { columns: 0 }).lines.at(-1)).toBe('PASS');
});

test('one of a thing is not said as several', () => {
  const shown = (args: string) => show(`${args} --home ${singleHome}`, { env: { TERM: 'dumb' } }).lines;
  const single = (args: string) => shown(args).at(-1);
  expect(single('generate --count 1')).toMatch(/^1 order streamed from /);
  expect(single('lake status')).toMatch(/^1 order; /);
  expect(single('query --sql SELECT/**/1')).toMatch(/^1 row in /);
  expect(shown('reset --yes')[0]).toMatch(/^emptied; it held 1 order and 0 rejected lines in /);
});

const temporaryHome = temporaryDirectory();
const singleHome = temporaryDirectory();
const widthlessHome = temporaryDirectory();

test('a query that was edited is looked at, and it is said how to ask it', () => {
  const project = temporaryDirectory();
  writeFile(project, '.alakazamrc', '');
  const edited = (EDITOR: string) =>
    show('query mine --edit', { cwd: project, columns: 300, env: { EDITOR, VISUAL: '' } });
  expect(edited('sed -i s/EIRE/France/')).toMatchObject({
    code: 0,
    lines: [expect.stringMatching(/sql\/mine\.sql is in order: alakazam query mine -p country=France$/)],
  });
  expect(edited('sed -i s/stock_code/stok/')).toMatchObject({
    code: 2,
    lines: expect.arrayContaining(['error: Referenced column "stok" not found in FROM clause!']),
  });
  expect(edited('sed -i s/:country/:land/').lines[0]).toBe('error: sql/mine.sql: :land has no line -- @param land');
  expect(edited('no-such-editor --wait')).toMatchObject({
    code: 1,
    lines: [expect.stringMatching(/^error: the editor no-such-editor --wait can't be started: /), expect.anything()],
  });
});
