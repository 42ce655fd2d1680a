/** Whatever the machine lacks or refuses is said as what it is: no stack, and no bug of the program. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { environmentOf, PROGRAM, runCli, temporaryDirectory } from '../run-cli.js';
import { manyOrders, writeFile } from './sample.js';

const home = temporaryDirectory();
const directory = temporaryDirectory();

/** Runs a line of a shell, in which `alakazam` is the program. */
function sh(script: string, cwd = directory, env: Record<string, string> = {}) {
  const program = `alakazam() { "${process.execPath}" "${PROGRAM}" "$@"; }`;
  const shell = spawnSync('bash', ['-c', `${program}; ${script}`], {
    cwd,
    env: environmentOf(home, env),
    encoding: 'utf8',
  });
  return { code: shell.status, stdout: shell.stdout, stderr: shell.stderr };
}

beforeAll(async () => {
  writeFile(directory, 'orders.csv', manyOrders(3000));
  const { code } = await runCli(['generate', '--source', 'orders.csv', '--count', '3000'], { home, cwd: directory });
  expect(code).toBe(0);
});

const LONG = `/tmp/${'a'.repeat(250)}/${'b'.repeat(300)}`;
const tooLong = /^error: a path is longer than the system allows: \/tmp\/a+…\n {2}choose a shorter one/m;
const readers = [
  'verify',
  'tail orders --no-follow',
  'history --customer 12001',
  'query --sql "SELECT 1"',
  'train --list',
  'alarm',
];

const WAYS: readonly (readonly [script: string, code: number, said: RegExp])[] = [
  ...[
    'tail orders --no-follow',
    'verify',
    '--help',
    'tail --help',
    'config',
    'query --list',
    'completion bash',
    'lake status',
  ].map(
    (line) => [`alakazam ${line} > /dev/full`, 1, /^error: can't write the answer: no space left on device$/m] as const,
  ),
  ...readers.map((line) => [`alakazam ${line} --home ${LONG}`, 1, tooLong] as const),
  [`alakazam lake export --to ${LONG}`, 1, tooLong],
  [`alakazam generate --source ${LONG}`, 1, /^error: can't read \/tmp\/a/m],
  ['mkdir gone; cd gone; rmdir ../gone; alakazam verify', 1, /^error: the current directory is not there any more\n/m],
  ['touch a-file; alakazam demo --directory a-file', 2, /^error: .*a-file is a file; --directory takes another\n/m],
  ['alakazam demo --directory /dev/null/x', 1, /^error: can't make a demo in \/dev\/null\/x: /m],
  ['ulimit -n 20; alakazam verify', 1, /^error: this process may open no more files\n {2}ulimit -n /m],
  [
    `ulimit -f 40; alakazam generate --source orders.csv --from start --count 3000 --home ${join(directory, 'small')}`,
    1,
    /error: .*(stream\.mdb|a file) has reached the size up to which (a file|it) may grow here\n {2}ulimit -f /m,
  ],
];

describe('is said as what it is', () => {
  test.each(WAYS)('%s', (script, code, said) => {
    const ended = sh(script);
    expect(ended.stderr).toMatch(said);
    expect(ended.stderr).not.toMatch(/this is a bug|^\s+at /m);
    expect(ended.code).toBe(code);
  });
});

describe.each([1, 10, 30])('on a terminal of %d columns', (columns) => {
  test.each([
    'history --customer 12001',
    'tail orders --no-follow -n 3',
    'verify',
    'alarm',
    'config',
    'doctor',
    'lake status',
    'query --list',
    'query revenue-by-month',
    'query revenue-by-month --chart',
    '--help',
    'tail --help',
  ])('%s ends well', (line) => {
    const table = /--help|--chart/.test(line) ? '' : ' -o table';
    const { code, stderr } = sh(`alakazam ${line}${table}`, directory, { COLUMNS: String(columns) });
    expect(stderr).not.toMatch(/^error|this is a bug|^\s+at /m);
    // 3 says that orders surge.
    expect(line === 'alarm' ? [0, 3] : [0]).toContain(code);
  });
});

test('what fails where nobody waits is said as an error, too', () => {
  const broken = join(temporaryDirectory(), 'broken.mjs');
  writeFileSync(
    broken,
    "process.nextTick(() => { throw Object.assign(new Error('nobody waits'), { code: 'EMFILE' }); });",
  );
  const { code, stderr } = sh('alakazam verify', directory, { NODE_OPTIONS: `--import ${broken}` });
  expect([code, stderr]).toEqual([1, expect.stringMatching(/nobody waits|no more files/)]);
});

test('a demo that can not write says what to do', () => {
  const closed = join(directory, 'closed');
  mkdirSync(closed, { mode: 0o500 });
  const bound = ['bounding-set', 'inh-caps'].map((of) => `--${of}=-dac_override,-dac_read_search`).join(' ');
  const script = `exec setpriv ${bound} "${process.execPath}" "${PROGRAM}" demo`;
  const { code, stderr } = sh(script, closed);
  expect(stderr).toMatch(/^error: can't make a demo in .*: EACCES.*\n {2}alakazam demo --directory /);
  expect(code).toBe(4);
  rmSync(closed, { recursive: true });
});
