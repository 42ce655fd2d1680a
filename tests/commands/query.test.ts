/** `query` and `lake` as they are typed. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { environmentOf, finish, PROGRAM, ROOT, runCli, temporaryDirectory } from '../run-cli.js';
import { HEADER, writeFile } from './sample.js';

const directory = temporaryDirectory();
const project = join(directory, 'project');
const home = join(directory, 'home');
const run = (...args: string[]) => runCli(args, { home, cwd: project });
const ORDERS = `${HEADER}536365,85123A,"MUG, LARGE",6,12/1/2010 8:26,2.55,17850,France
536366,22E5,=SUM(1),2,12/2/2010 8:26,0.10,17850,France
536367,00123,,1,1/3/2011 8:26,1,,EIRE
536367,POST,NULL,1,1/3/2011 8:26,18,,EIRE
`;

beforeAll(async () => {
  mkdirSync(join(project, 'sql'), { recursive: true });
  writeFileSync(join(project, '.alakazamrc'), '');
  writeFileSync(
    join(project, 'sql', 'by-month.sql'),
    "-- Orders of a country, by month\n-- @param country text = France  which country\nSELECT CAST(date_trunc('month', order_date) AS date) AS month, count(*) AS orders FROM orders WHERE country = :country GROUP BY 1 ORDER BY 1;\n",
  );
  const source = writeFile(directory, 'orders.csv', ORDERS);
  expect((await run('generate', '--source', source)).code).toBe(0);
});

/** What is no count of rows, as a value of a parameter. */
const COUNTS = ['1e3', '-1', '99999999999'].map((limit): [string[], string] => [
  ['top-products', '-p', `limit=${limit}`],
  `parameter limit is "${limit}"; valid: a whole number from 0 to 999999999, such as 10`,
]);

/** Parameters as engines write them. */
const SIGNS = ['?', '?1', '$1', '$x'].map((sign): [string[], string] => [
  ['--sql', `SELECT '$no', $$?$$, ${sign}`, '-p', 'x=1'],
  `the SQL has a parameter ${sign}; valid: a colon and a name, such as :country`,
]);

describe('query', () => {
  test('answers by name, with defaults and with parameters', async () => {
    const { code, stdout, stderr } = await run('query', 'top-products', '-o', 'json');
    expect([code, stderr]).toEqual([0, '']);
    // 6 × 2.55, and a guest's 00123; the first five characters of 22E5 and POST are not all digits.
    expect(JSON.parse(stdout).map((row: Record<string, string>) => [row['stock_code'], row['revenue']])).toEqual([
      ['85123A', '15.3'],
      ['00123', '1'],
    ]);
    const all = JSON.parse((await run('query', 'top-products', '-p', 'all=true', '-o', 'json')).stdout);
    expect(all.map((row: Record<string, string>) => row['stock_code'])).toContain('POST');
  });

  test('takes queries of the project, and binds their parameters', async () => {
    expect((await run('query', 'by-month')).stdout).toBe('2010-12-01\t2\n');
    expect((await run('query', 'by-month', '-p', 'country=EIRE')).stdout).toBe('2011-01-01\t2\n');
    expect((await run('query', 'by-month', '-p', "country=O'Brien; DROP TABLE orders")).stdout).toBe('');
    expect((await run('query', '--list')).stdout).toMatch(/^by-month\tOrders of a country, by month\tcountry$/m);
    expect((await run('query', 'by-month', '--show')).stdout).toBe(
      readFileSync(join(project, 'sql', 'by-month.sql'), 'utf8'),
    );
  });

  test('lists the others where a file has a fault, and says which has one', async () => {
    const faulty = join(directory, 'faulty');
    mkdirSync(join(faulty, 'sql', 'folder.sql'), { recursive: true });
    writeFileSync(join(faulty, '.alakazamrc'), '');
    writeFileSync(join(faulty, 'sql', 'wrong.sql'), '-- Something\nSELECT :x\n');
    const within = (...args: string[]) => runCli(['query', ...args], { home, cwd: faulty });
    const { code, stdout, stderr } = await within('--list');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^top-products\t/m)]);
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^warning: can't read .*folder\.sql: EISDIR/),
      'warning: sql/wrong.sql: :x has no line -- @param x',
      '',
    ]);
    expect(await within('folder')).toMatchObject({ code: 2, stderr: expect.stringMatching(/^error: can't read /) });
    expect(await within('wrong')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: sql\/wrong\.sql: /),
    });
  });

  test('takes names with capitals and underscores, says which it does not take, and no mark of an editor counts', async () => {
    const odd = join(directory, 'odd');
    mkdirSync(join(odd, 'sql'), { recursive: true });
    writeFileSync(join(odd, '.alakazamrc'), '');
    const text = '-- One number\nSELECT 1 AS n\n';
    for (const name of ['my_Query.sql', 'größe.sql', 'a b.sql', '-.sql', '.hidden.sql', 'notes.txt']) {
      writeFileSync(join(odd, 'sql', name), `\uFEFF${text}`);
    }
    writeFileSync(join(odd, 'sql', 'latin.sql'), Buffer.from('-- Stra\xdfe\nSELECT 1\n', 'latin1'));
    const within = (...args: string[]) => runCli(['query', ...args], { home, cwd: odd });
    const { code, stdout, stderr } = await within('--list');
    expect([code, stdout.split('\n')]).toEqual([
      0,
      expect.arrayContaining(['größe\tOne number\t', 'my_Query\tOne number\t']),
    ]);
    expect(stdout).not.toMatch(/a b|hidden|notes/);
    expect(stderr.split('\n')).toEqual([
      'warning: no query is called "-"; valid: letters, digits, _, - and .',
      'warning: no query is called "a b"; valid: letters, digits, _, - and .',
      expect.stringMatching(/^warning: .*latin\.sql is no text in UTF-8$/),
      '',
    ]);
    expect(await within('my_Query')).toMatchObject({ code: 0, stdout: '1\n' });
    expect(await within('my_Query', '--show')).toMatchObject({ code: 0, stdout: text });
    expect(await within('a b')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: no query is called "a b"/),
    });
  });

  test('answers by a built-in name where the own ones can not be read, and says so', async () => {
    const closed = join(directory, 'closed');
    mkdirSync(join(closed, 'sql'), { recursive: true });
    chmodSync(join(closed, 'sql'), 0);
    writeFileSync(join(closed, '.alakazamrc'), '');
    const asked = await runCli(['query', 'revenue-by-country'], { home, cwd: closed, isBound: true });
    chmodSync(join(closed, 'sql'), 0o700);
    expect(asked).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^EIRE\t/),
      stderr: expect.stringMatching(/^warning: can't read .*closed\/sql: EACCES: permission denied/),
    });
  });

  test('takes SQL from a flag, a file and standard input', async () => {
    const sql = 'SELECT count(*) AS n FROM orders -- all';
    writeFileSync(join(project, 'count.sql'), `${sql}\n`);
    expect((await run('query', '--sql', sql)).stdout).toBe('4\n');
    expect((await run('query', '--file', 'count.sql')).stdout).toBe('4\n');
    const child = spawn(process.execPath, [PROGRAM, 'query', '-'], { cwd: project, env: environmentOf(home, {}) });
    child.stdin.end(sql);
    expect(await finish(child)).toMatchObject({ code: 0, stdout: '4\n' });
    expect((await run('query', '--sql', 'SELECT CAST(:n AS integer) + 1', '-p', 'n=41')).stdout).toBe('42\n');
  });

  test('tells NULL, an empty text and the word NULL apart in CSV, with the engine writing it or not', async () => {
    const sql = 'SELECT stock_code, description, customer_id FROM orders ORDER BY sequence';
    const expected =
      'stock_code,description,customer_id\n85123A,"MUG, LARGE",17850\n22E5,=SUM(1),17850\n00123,"",\nPOST,NULL,\n';
    expect((await run('query', '--sql', sql, '-o', 'csv')).stdout).toBe(expected);
    const slow = `SELECT *, 0.5::double AS half FROM (${sql})`;
    expect((await run('query', '--sql', slow, '-o', 'csv')).stdout).toBe(
      expected.replace('customer_id', 'customer_id,half').replace(/(17850|,)$/gm, '$1,0.5'),
    );
  });

  test.each(['SELECT 1 AS a;', 'SELECT 1 AS a; -- that is all', 'SELECT 1 AS a -- ;'])(
    'answers %j in every format',
    async (sql) => {
      const written = async (output: string) => (await run('query', '--sql', sql, '-o', output)).stdout;
      expect([await written('csv'), await written('json'), await written('ndjson')]).toEqual([
        'a\n1\n',
        '[{"a":1}]\n',
        '{"a":1}\n',
      ]);
    },
  );

  test('with --unsafe runs what is no question, whatever the format', async () => {
    const path = join(directory, 'unsafe.csv');
    const sql = `COPY (SELECT 1 AS a) TO '${path}'`;
    expect((await run('query', '--unsafe', '--sql', sql, '-o', 'csv')).code).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe('a\n1\n');
  });

  test('writes CSV into a file, and behind what is in one', async () => {
    const write = (redirect: string, file: string) =>
      spawnSync(
        'sh',
        ['-c', `"${process.execPath}" "${PROGRAM}" query --sql "SELECT 1 AS a" -o csv ${redirect} ${file}`],
        {
          cwd: project,
          env: environmentOf(home, {}),
        },
      );
    const path = join(directory, 'out.csv');
    expect(write('>', path).status).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe('a\n1\n');
    expect(write('>>', path).status).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe('a\n1\na\n1\n');
  });

  test('defuses a text that a spreadsheet would run, and no number', async () => {
    const sql = "SELECT description AS d, -1 AS n, '-1' AS t FROM orders WHERE stock_code = '22E5'";
    const expected = "d,n,t\n'=SUM(1),-1,'-1\n";
    expect((await run('query', '--sql', sql, '-o', 'csv', '--defuse')).stdout).toBe(expected);
    expect((await run('query', '--sql', `${sql} AND 0.5::double > 0`, '-o', 'csv', '--defuse')).stdout).toBe(expected);
  });

  test('writes Parquet, with types, and refuses where that goes nowhere', async () => {
    const path = join(directory, 'out.parquet');
    const sh = `"${process.execPath}" "${PROGRAM}" query revenue-by-country -o parquet`;
    for (let i = 0; i < 2; i++) {
      expect(spawnSync('sh', ['-c', `${sh} > ${path}`], { cwd: project, env: environmentOf(home, {}) }).status).toBe(0);
      const connection = await (await DuckDBInstance.create()).connect();
      const read = await connection.runAndReadAll(`SELECT country, revenue FROM '${path}' ORDER BY 1`);
      expect(read.getRowsJson()).toEqual([
        ['EIRE', '19.000000'],
        ['France', '15.500000'],
      ]);
      connection.closeSync();
    }
    const appended = spawnSync('sh', ['-c', `${sh} >> ${path}`], { cwd: project, env: environmentOf(home, {}) });
    expect([appended.status, String(appended.stderr)]).toEqual([
      2,
      expect.stringMatching(/^error: Parquet is not for the end of a file\n/),
    ]);
  });

  test('writes every row to a pipe, and ends with 0 when the reader goes', async () => {
    const { stdout } = await run('query', '--sql', 'SELECT * FROM range(100000)');
    expect(stdout.split('\n')).toHaveLength(100_001);
    for (const output of ['csv', 'ndjson', 'json']) {
      const line = `"${process.execPath}" "${PROGRAM}" query --sql "SELECT * FROM range(1000000)" -o ${output} | head -c 20 > /dev/null; echo \${PIPESTATUS[0]}`;
      const shown = spawnSync('bash', ['-c', line], { cwd: project, env: environmentOf(home, {}), encoding: 'utf8' });
      expect([output, shown.stdout, shown.stderr]).toEqual([output, '0\n', '']);
    }
  });

  test('draws bars and an area', async () => {
    const { stdout } = await run('query', 'revenue-by-country', '--chart');
    expect(stdout).toMatch(/^EIRE +█+ +£19\.00\nFrance +█+[▏▎▍▌▋▊▉]? +£15\.50\n$/);
    expect((await run('query', 'revenue-by-month', '--chart')).stdout).toMatch(/2010-12 +2011-01\n$/);
    expect(await run('query', '--sql', "SELECT 'a' AS a", '--chart')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no number to draw/),
    });
    expect(await run('query', 'by-month', '-p', 'country=Nowhere', '--chart')).toEqual({
      code: 0,
      stdout: '',
      stderr: 'the answer has no rows: there is nothing to draw\n',
    });
  });

  test.each(['json', 'ndjson', 'csv', 'parquet'])('draws nothing with -o %s', async (output) => {
    expect(await run('query', 'revenue-by-country', '--chart', '-o', output)).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: --chart draws for people, and -o ${output} writes for programs; valid: one of them\n  alakazam query revenue-by-month --chart\n`,
    });
  });

  test.each<[string[], string | RegExp]>([
    ...COUNTS,
    ...SIGNS,
    [['top-product'], 'there is no query "top-product"; the nearest is top-products'],
    [['top-products', '-p', 'by=money'], 'parameter by is "money"; valid: revenue, units'],
    [['top-products', '-p', 'limit'], '--param is "limit"; valid: name=value, such as since=2011-06-01'],
    [['--sql', 'SELECT :n', '-p', 'n=1', '-p', 'x=1'], 'the SQL has no parameter :x; it has :n'],
    [['--sql', "SELECT ':x'", '-p', 'x=1'], 'the SQL has no parameter :x; it has none'],
    [['--sql', 'SELECT $a$'], /^unterminated dollar-quoted string/],
    [['top-products', '-p', 'since=2011-02-31'], 'parameter since is "2011-02-31"; valid: a day, such as 2011-06-01'],
    [
      ['top-products', '-p', 'sins=2011-02-01'],
      'top-products has no parameter "sins"; valid: by, limit, since, until, country, all',
    ],
    [['--sql', 'SELECT :x'], 'the SQL has a parameter :x, and it has no value'],
    [['--sql', 'SELECT 1; SELECT 2'], '2 statements; valid: one'],
    [['--sql', "COPY orders TO 'x.csv'"], /^Cannot access file "x\.csv"/],
    [['--sql', "SELECT * FROM 'x.csv'"], /^Cannot access file "x\.csv"/],
    [['--sql', "ATTACH 'x.db'"], 'that is no question: it would change something'],
    [['--sql', 'SELECT stok_code FROM orders'], 'Referenced column "stok_code" not found in FROM clause!'],
    [['top-products', '--sql', 'SELECT 1'], 'a name, --sql and --file exclude each other'],
    [[''], 'name is ""; give it a value, or leave it out'],
    [['--show'], 'whose SQL?'],
    [['--edit'], 'which query?'],
    [['top-products', '--list'], '--list takes no name'],
    [['--list', '--show'], '--list and --show exclude each other'],
    [['top-products', '--show', '--chart'], '--show takes no --chart'],
    [['top-products', '--explain', '--limit', '0'], '--explain takes no --limit'],
    [['top-products', '--setup'], '--setup takes no name'],
    [['--setup'], 'duckdb needs no set-up'],
    [['--chart'], 'there is no question for --chart; valid: a name, --sql or --file'],
    [['-p', 'a='], 'there is no question for --param; valid: a name, --sql or --file'],
    [['top-products', '--yes'], '--yes is for --setup'],
    [
      ['top-products', '--chart', '-o', 'csv'],
      '--chart draws for people, and -o csv writes for programs; valid: one of them',
    ],
    [['top-products', '--defuse'], '--defuse is for -o csv'],
    [['--file', 'none.sql'], /^can't read .*none\.sql: ENOENT/],
    [['top-products', '--engine', 'athena'], 'engine is "athena"; valid on the local target: duckdb'],
  ])('%j is refused with what is valid', async (args, message) => {
    const { code, stdout, stderr } = await run('query', ...args);
    expect([stdout, stderr.split('\n')[0]?.replace(/^error: /, '')]).toEqual([
      '',
      typeof message === 'string' ? message : expect.stringMatching(message),
    ]);
    expect(code).toBe(2);
  });

  test('says that it takes one SELECT in words that nobody would type', async () => {
    const { stderr } = await run('query', '--sql', 'CREATE TABLE x AS SELECT 1');
    expect(stderr).toMatch(/\n {2}valid: one SELECT; --unsafe runs any statement\n$/);
  });

  test("begins a query of one's own, and writes over none", async () => {
    const own = join(directory, 'own');
    mkdirSync(own);
    const within = (...args: string[]) => runCli(['query', ...args], { home, cwd: own, env: { EDITOR: 'false' } });
    expect(await within('mine', '--edit')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/ {2}touch \.alakazamrc; /),
    });
    writeFileSync(join(own, '.alakazamrc'), '');
    const path = join(own, 'sql', 'mine.sql');
    expect(await within('mine', '--edit')).toEqual({
      code: 0,
      stdout: `${path}\n`,
      stderr: 'alakazam query mine asks it\n',
    });
    // 536367: 18 for postage, and 1 for the product.
    expect((await within('mine')).stdout).toBe('POST\t1\t1\t18\n00123\t1\t1\t1\n');
    writeFileSync(path, '-- Another\nSELECT 2\n');
    expect((await within('mine', '--edit')).stdout).toBe(`${path}\n`);
    expect((await within('mine')).stdout).toBe('2\n');
    const copy = await within('top-products', '--edit');
    expect(copy).toMatchObject({ code: 0, stderr: expect.stringMatching(/from now on: it began as a copy$/m) });
    expect(readFileSync(copy.stdout.trim(), 'utf8')).toBe(readFileSync(join(ROOT, 'sql', 'top-products.sql'), 'utf8'));
    expect(await within('../mine', '--edit')).toMatchObject({ code: 2, stdout: '' });
    expect(readdirSync(own)).toEqual(['.alakazamrc', 'sql']);
  });

  test.each([
    ['--limit', '1'],
    ['-o', 'csv'],
  ])('keeps the answer of a named query with %s %s, too', async (...flags) => {
    const answers = join(home, 'lake', 'answers');
    rmSync(answers, { recursive: true, force: true });
    const { stdout } = await run('query', 'revenue-by-month', ...flags);
    const [file = ''] = readdirSync(answers);
    expect(readFileSync(join(answers, file), 'utf8')).toMatch(/"2010-12".*"2011-01"/);
    expect((await run('query', 'revenue-by-month', ...flags)).stdout).toBe(stdout);
    expect((await run('query', 'revenue-by-month')).stdout.split('\n')).toHaveLength(3);
  });

  test('refuses a statement of 10 MB, and binary', async () => {
    writeFileSync(join(project, 'long.sql'), `SELECT ${'1 + '.repeat(2_600_000)}1`);
    writeFileSync(join(project, 'binary.sql'), Buffer.from([83, 0, 1, 2]));
    expect(await run('query', '--file', 'long.sql')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/longer than a statement may be \(1 MB\)/),
    });
    expect(await run('query', '--file', 'binary.sql')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/is no text/),
    });
  });
});

describe('lake', () => {
  test('says what to type where the action is missing or wrong', async () => {
    const valid = 'valid: status, compact, rebuild, export, backfill\n  alakazam lake status\n';
    expect(await run('lake')).toEqual({ code: 2, stdout: '', stderr: `error: action is missing; ${valid}` });
    expect(await run('lake', 'compress')).toMatchObject({ stderr: `error: action is "compress"; ${valid}` });
  });

  test('says what it holds, and is exported whole or not at all', async () => {
    const status = JSON.parse((await run('lake', 'status', '-o', 'json')).stdout);
    expect(status).toMatchObject({
      arrivals: 4,
      replaced: 0,
      months: [
        { month: '2010-12', arrivals: 2 },
        { month: '2011-01', arrivals: 2 },
      ],
    });
    const path = join(directory, 'exported.csv');
    expect((await run('lake', 'export', '--to', path)).code).toBe(0);
    expect(readFileSync(path, 'utf8')).toMatch(
      /^order_id,.*\n536365-85123A,536365,85123A,"MUG, LARGE",6,2010-12-01T08:26:00,2.55,17850,France,[-\d]+T[:.\d]+,1\n/,
    );
    expect(await run('lake', 'export', '--to', path)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/is there already/),
    });
    expect((await run('lake', 'export', '--to', join(directory, 'months'))).code).toBe(0);
    expect(existsSync(join(directory, 'months', 'month=2011-01'))).toBe(true);
    expect(await run('lake', 'export')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: export where\?/),
    });
    for (const action of ['compact', 'rebuild']) expect((await run('lake', action)).code).toBe(0);
    expect((await run('verify')).code).toBe(0);
  });
});
