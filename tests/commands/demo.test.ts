/** The demo: it works whatever the user has set, and touches nothing that it didn't make. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { environmentOf, finish, ROOT, runCli, temporaryDirectory } from '../run-cli.js';
import { SAMPLE } from './sample.js';

const base = temporaryDirectory();
let directories = 0;

function newDirectory(): string {
  const path = join(base, String(directories++));
  mkdirSync(path);
  return path;
}

const MARK = '# made by alakazam demo; it may be deleted';

/** A copy of the package, as an installation is one, in a directory whose name a URL spells otherwise. */
function copyOfPackage(directory: string): string {
  const copy = join(directory, 'package é');
  for (const name of ['bin', 'dist', 'data', 'sql', 'spark', 'package.json'])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return join(copy, 'bin', 'alakazam.js');
}

describe('demo', () => {
  test('runs on a pipeline of its own, whatever is set, and leaves it to play with', { timeout: 180_000 }, async () => {
    const directory = join(newDirectory(), 'a place, é');
    mkdirSync(directory);
    const program = copyOfPackage(directory);
    const home = join(directory, 'mine');
    const users = join(directory, 'config');
    mkdirSync(join(users, 'alakazam'), { recursive: true });
    writeFileSync(join(users, 'alakazam', 'alakazamrc'), 'source: nowhere.csv\nseed: 7\n');
    const set = { ALAKAZAM_TARGET: 'aws', ALAKAZAM_SOURCE: 'nowhere.csv', ALAKAZAM_SEED: '9', XDG_CONFIG_HOME: users };
    const env = { ...environmentOf(home, set), PATH: process.env['PATH'] };
    const { code, stdout, stderr } = await finish(spawn(process.execPath, [program, 'demo'], { env, cwd: directory }));
    expect(stderr).not.toContain('error:');
    expect(code).toBe(0);
    expect(existsSync(home)).toBe(false);

    // One customer, whose history fits on a screen.
    const [, customer] = /\$ alakazam history --customer (\d+)\n/.exec(stdout) as RegExpExecArray;
    const history = stdout.slice(stdout.indexOf('$ alakazam history')).split('\n').slice(1);
    const rows = history.slice(0, history.indexOf(''));
    expect(rows.length).toBeGreaterThanOrEqual(3);
    expect(rows.length).toBeLessThanOrEqual(12);
    expect(rows.every((row) => row.split('\t')[7] === customer)).toBe(true);

    // What it learns, it recommends by.
    const [, run] = /\$ alakazam train\n(\w{12})\t/.exec(stdout) as RegExpExecArray;
    expect(readFileSync(join(directory, 'alakazam-demo', '.alakazam', 'models', 'models.json'), 'utf8')).toContain(run);
    const lists = stdout
      .slice(stdout.indexOf(`$ alakazam recommend --customer ${customer}`))
      .split('\n')
      .slice(1);
    expect(lists[0]).toMatch(new RegExp(`^${customer}\tnew\t1\t`));

    // The last lines work as they are, where they are read.
    const typed = stderr.slice(stderr.indexOf('to play with:')).trim().split('\n').slice(2);
    expect(typed.map((line) => line.trim().split(' ')[0])).toEqual(['cd', 'unset', 'node', 'node']);
    const [, , tail, generate] = typed as [string, string, string, string];
    const lines = [...typed.slice(0, 2), `${tail} --no-follow -o csv | tail -1`, generate.replace('--rate 20', '')];
    const played = spawnSync('bash', ['-ec', lines.join('\n')], {
      // Without the file that generate would read.
      env: { ...env, XDG_CONFIG_HOME: directory },
      cwd: directory,
      encoding: 'utf8',
    });
    expect(played.stdout).toContain(`,${customer},`);
    expect(played.stderr).toMatch(/^1,000 orders streamed from the built-in shop/m);
    expect(played.status).toBe(0);
    expect(existsSync(home)).toBe(false);
  });

  const refused = async (files: Record<string, string>) => {
    const directory = newDirectory();
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    mkdirSync(join(directory, '.alakazam'));
    writeFileSync(join(directory, '.alakazam', 'stream.mdb'), 'precious');
    const { code, stdout, stderr } = await runCli(['demo', '--directory', directory], { home: directory });
    expect([code, stdout]).toEqual([2, '']);
    expect(readFileSync(join(directory, '.alakazam', 'stream.mdb'), 'utf8')).toBe('precious');
    for (const [name, content] of Object.entries(files))
      expect(readFileSync(join(directory, name), 'utf8')).toBe(content);
    return stderr;
  };

  test("refuses a project's directory", async () => {
    const files = { '.alakazamrc': 'seed: 5\n', 'orders.csv': SAMPLE };
    expect(await refused(files)).toMatch(
      /is there already and is not a demo's; --directory takes another\n {2}alakazam/,
    );
    expect(await refused({ '.alakazamrc': `seed: 5\n${MARK}\n` })).toMatch(/is not a demo's/);
    expect(await refused({ note: 'mine' })).toMatch(/is not a demo's/);
  });

  test("refuses to overwrite orders that are not the demo's", async () => {
    const files = { '.alakazamrc': `${MARK}\ntarget: local\n`, 'orders.csv': SAMPLE };
    expect(await refused(files)).toMatch(/orders\.csv is not the demo's; --directory takes another/);
  });

  test('writes through no link in its directory, and obeys no configuration there', { timeout: 120_000 }, async () => {
    const directory = newDirectory();
    const made = join(directory, 'alakazam-demo');
    mkdirSync(made);
    writeFileSync(join(made, '.alakazamrc'), '# made by alakazam demo; it may be deleted\n');
    symlinkSync(join(directory, 'elsewhere'), join(made, 'orders.csv'));
    const { code, stderr } = await runCli(['demo'], { home: join(directory, 'home'), cwd: directory });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("orders.csv is not the demo's; --directory takes another"),
    ]);
    expect(existsSync(join(directory, 'elsewhere'))).toBe(false);
  });

  test('says why it can make no directory', async () => {
    const directory = newDirectory();
    writeFileSync(join(directory, 'file'), '');
    const demoIn = (path: string, isBound = false) =>
      runCli(['demo', '--directory', path], { home: directory, cwd: directory, isBound });
    const file = await demoIn('file');
    expect(file.stderr).toMatch(/^error: .*file is a file; --directory takes another\n/);
    expect(file.code).toBe(2);
    const below = await demoIn('file/below');
    expect(below.stderr).toMatch(/^error: can't make a demo in .*file\/below: ENOTDIR/);
    const closed = join(directory, 'closed');
    mkdirSync(closed, { mode: 0o555 });
    const denied = await demoIn('closed/demo', process.getuid?.() === 0);
    expect(denied.stderr).toMatch(/^error: can't make a demo in .*closed\/demo: EACCES: permission denied/);
    expect(denied.code).toBe(4);
    for (const { stdout, stderr } of [file, below, denied]) {
      expect(stdout).toBe('');
      expect(stderr).not.toContain('this is a bug');
    }
  });

  test('ends at a step that fails', async () => {
    const directory = newDirectory();
    const fault = join(directory, 'fault.mjs');
    writeFileSync(fault, "if (process.argv.includes('tail')) process.exit(7);\n");
    const env = { NODE_OPTIONS: `--import ${pathToFileURL(fault)}` };
    const { code, stderr } = await runCli(['demo'], { home: directory, cwd: directory, env });
    expect(stderr).toMatch(/\nerror: the demo ends here: alakazam tail orders .*--no-follow ended with 7\n$/);
    expect(code).toBe(1);
  });
});
