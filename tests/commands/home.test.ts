/** What lies in a home: no link that came with it is followed, and nobody else may read it. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { environmentOf, PROGRAM, runCli, temporaryDirectory } from '../run-cli.js';
import { HEADER, writeFile } from './sample.js';

const home = join(temporaryDirectory(), 'home');
const directory = temporaryDirectory();
const QUESTION = 'query revenue-by-country';

const run = (args: string, of: string) => runCli(args.split(' '), { home: of, cwd: directory });

/** Everything below a directory. */
const below = (path: string) => readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();

beforeAll(() => {
  // Whoever lets others write, as some systems do, means files of his own.
  const lines = ['generate --count 3000', QUESTION, 'train', 'lake export --to orders.csv'];
  for (const line of lines) {
    const script = `umask 000; exec "${process.execPath}" "${PROGRAM}" ${line}`;
    const { status, stderr } = spawnSync('sh', ['-c', script], {
      cwd: directory,
      env: environmentOf(home),
      encoding: 'utf8',
    });
    expect([line, status, stderr.includes('error')]).toEqual([line, 0, false]);
  }
});

test('nobody else may read it, whatever the umask is; an export follows the umask', () => {
  // The stores of LMDB are held to this by the test of the store.
  const all = below(home).filter((path) => !path.includes('.mdb'));
  expect(all).toEqual(expect.arrayContaining(['lake', 'models', 'lake/manifest.json', 'models/models.json']));
  const open = all.filter((path) => {
    const stats = statSync(join(home, path));
    return (stats.mode & 0o777) !== (stats.isDirectory() ? 0o700 : 0o600);
  });
  expect(open).toEqual([]);
  expect(statSync(join(directory, 'orders.csv')).mode & 0o777).toBe(0o666);
});

/** What lies in a home, as a pattern, and a command that comes across it. */
const PLACES: readonly (readonly [path: RegExp, line: string])[] = [
  ...['', '/orders', '/replaced', '/tmp', '/readers', '/answers'].map(
    (folder) => [new RegExp(`^lake${folder}$`), 'lake status'] as const,
  ),
  [/^lake\/manifest\.json$/, 'lake status'],
  [/^lake\/orders\/month=[\d-]+$/, 'query --sql SELECT/**/count(*)/**/FROM/**/orders'],
  [/\.parquet$/, 'query --sql SELECT/**/count(*)/**/FROM/**/orders'],
  [/^lake\/orders\/month=[\d-]+$/, 'lake export --to /nowhere/orders.csv'],
  [/^models$/, 'train --list'],
  [/^models\/models\.json$/, 'train --list'],
  [/\.model$/, 'recommend --customer 12347'],
  [/^models$/, 'reset --yes'],
  [/^lake\/answers$/, 'reset --yes'],
];

describe('a link', () => {
  test.each(PLACES)('in the place of %s is not followed by %s', async (pattern, line) => {
    const copy = join(temporaryDirectory(), 'home');
    cpSync(home, copy, { recursive: true });
    mkdirSync(join(copy, 'lake', 'replaced'), { recursive: true });
    const place = below(copy).find((path) => pattern.test(path)) as string;
    expect(place).toBeDefined();
    const path = join(copy, place);
    const elsewhere = join(temporaryDirectory(), 'elsewhere');
    renameSync(path, elsewhere);
    symlinkSync(elsewhere, path);
    const before = lstatSync(elsewhere).isDirectory() ? below(elsewhere) : readFileSync(elsewhere);
    const { code, stderr } = await run(line, copy);
    expect(stderr).toContain(`${path} is a link, and alakazam follows none in its directory`);
    expect(code).toBe(1);
    expect(lstatSync(elsewhere).isDirectory() ? below(elsewhere) : readFileSync(elsewhere)).toEqual(before);
  });

  test('with the name of a kept answer is not written through', async () => {
    const answers = join(home, 'lake', 'answers');
    const [name] = readdirSync(answers) as [string];
    const { stdout } = await run(QUESTION, home);
    const precious = join(temporaryDirectory(), 'precious');
    writeFileSync(precious, 'precious');
    renameSync(join(answers, name), join(dirname(precious), 'kept'));
    symlinkSync(precious, join(answers, name));
    expect(await run(QUESTION, home)).toEqual({ code: 0, stdout, stderr: '' });
    expect(readFileSync(precious, 'utf8')).toBe('precious');
    expect(lstatSync(join(answers, name)).isFile()).toBe(true);
  });
});

describe('reset', () => {
  const MARKS = ['GONE PRODUCT', 'GONE COUNTRY', 'GONE REJECTED', '8642013'];

  /** Which marks are in the files of a home, and in which. */
  function found(of: string): string[] {
    const files = below(of).filter((path) => statSync(join(of, path)).isFile());
    return files.flatMap((path) => {
      const bytes = readFileSync(join(of, path), 'latin1');
      return MARKS.filter((mark) => bytes.includes(mark)).map((mark) => `${path}: ${mark}`);
    });
  }

  test('leaves orders in the file of the stream, and --erase leaves them nowhere', async () => {
    const of = join(temporaryDirectory(), 'home');
    const lines = Array.from({ length: 5000 }, (_, i) => {
      const [invoice, customer] = [5000 + Math.floor(i / 20), 8_642_013 + (Math.floor(i / 20) % 7)];
      return i % 50 === 7
        ? `${invoice},GONE REJECTED ${i}\n`
        : `${invoice},${85_000 + (i % 30)}A,GONE PRODUCT ${i % 30},1,12/1/2010 8:26,1.50,${customer},GONE COUNTRY\n`;
    });
    const fill = async () => {
      writeFile(directory, 'gone.csv', HEADER + lines.join(''));
      const all = [
        'generate --source gone.csv --from start --count 5000',
        'alarm history',
        QUESTION,
        'train',
        'verify',
      ];
      for (const line of all) expect([line, (await run(line, of)).code]).toEqual([line, 0]);
    };
    await fill();
    expect(found(of)).toEqual(expect.arrayContaining(['stream.mdb: GONE PRODUCT', 'stream.mdb: GONE REJECTED']));
    expect(found(of).join('\n')).toMatch(/^lake\/answers\/.*: GONE COUNTRY$/m);
    expect(found(of).join('\n')).toMatch(/^alarm.mdb: GONE PRODUCT$/m);

    const plain = await run('reset --yes', of);
    expect(plain.stderr).toMatch(/^emptied; it held .*\n {2}alakazam reset --erase {5}overwrites it too/);
    expect(new Set(found(of).map((each) => each.split(':')[0]))).toEqual(new Set(['alarm.mdb', 'stream.mdb']));

    await fill();
    expect(await run('reset --yes --erase', of)).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^emptied;[^\n]*\n$/),
    });
    expect(found(of)).toEqual([]);
    expect(below(of).filter((path) => /\.(parquet|model)$/.test(path))).toEqual([]);
    await fill();
    expect((await run('verify', of)).code).toBe(0);
  });
});
