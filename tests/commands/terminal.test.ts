/** What a person sees: the same commands on a terminal of 80 columns. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { environmentOf, PROGRAM, runCli, temporaryDirectory } from '../run-cli.js';
import { manyOrders, SAMPLE, writeFile } from './sample.js';

const script = fileURLToPath(new URL('on_terminal.py', import.meta.url));
const home = temporaryDirectory();
const directory = temporaryDirectory();

const WIDE = `541000,A,日本のお皿 日本のお皿 日本のお皿 日本のお皿 日本のお皿,1234567,1/13/2011 9:00,12345.678,17850,Japan
541001,${'LONG-CODE-'.repeat(6)},🎁 GIFT 🎁,-1234567,1/13/2011 9:00,0.001,123456789012345,EIRE
541002,B,${'MUCH TOO LONG A NAME '.repeat(20)},1,1/13/2011 9:00,1,17850,EIRE
541003,C,"A\tTAB, \u001b[31mRED\u0007",1,1/13/2011 9:00,1,17850,EIRE
`;

interface Shown {
  readonly code: number | null;
  readonly lines: string[];
  readonly raw: string;
}

/** Runs it on a terminal; colours are taken off, wide characters counted twice. */
function show(
  args: string,
  { columns = 80, env = {} }: { columns?: number; env?: Record<string, string> } = {},
): Shown {
  const { status, stdout } = spawnSync(
    'python3',
    [script, String(columns), process.execPath, PROGRAM, ...args.split(' ')],
    { env: environmentOf(home, { TERM: 'xterm-256color', ...env }), encoding: 'utf8', cwd: directory, timeout: 30_000 },
  );
  const lines = stripVTControlCharacters(stdout).replaceAll('\r', '').split('\n');
  return { code: status, raw: stdout, lines: lines.filter((line) => line !== '') };
}

function widthOf(line: string): number {
  let width = 0;
  for (const character of line)
    width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uff00-\uff60]|\p{Extended_Pictographic}/u.test(character)
      ? 2
      : 1;
  return width;
}

const tooWide = ({ lines }: Shown, columns = 80) => lines.filter((line) => widthOf(line) > columns);

beforeAll(async () => {
  const path = writeFile(directory, 'orders.csv', SAMPLE + WIDE);
  expect((await runCli(['generate', '--source', path], { home })).stderr).toMatch(/^12 orders streamed/);
});

describe('on a terminal of 80 columns', () => {
  test('tail draws columns that stay aligned', () => {
    const shown = show('tail orders --since start --no-follow --guests');
    expect(shown.code).toBe(0);
    expect(tooWide(shown)).toEqual([]);
    expect(shown.lines).toHaveLength(13);
    expect(shown.lines[0]).toMatch(/^ordered +cust\. +order +qty +price +product$/);
    // Every cell of the same column ends or begins where its header does.
    const [header, ...rows] = shown.lines as [string, ...string[]];
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
    expect(new Set(amounts.map(widthOf))).toEqual(new Set([80]));
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
    expect(shown.lines[0]).toMatch(/12 {2}orders in the stream +-?£/);
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

const temporaryHome = temporaryDirectory();
