/** The package as others get it: packed, installed somewhere else, and run with the Node versions it says it takes. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { skipBecause } from '../missing.js';
import { environmentOf, ROOT, temporaryDirectory } from '../run-cli.js';

const MINUTES = 60_000;
const run = promisify(execFile);
const elsewhere = temporaryDirectory();
const { version } = JSON.parse(execFileSync('npm', ['pkg', 'get', 'version', 'name'], { cwd: ROOT, encoding: 'utf8' }));
const program = join(elsewhere, 'node_modules', 'alakazam', 'bin', 'alakazam.js');

const npm = (args: string[], cwd: string) =>
  run('npm', [...args, '--no-audit', '--no-fund', '--prefer-offline'], { cwd, env: process.env });

beforeAll(async () => {
  const { stdout } = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', elsewhere], ROOT);
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string }];
  writeFileSync(join(elsewhere, 'package.json'), '{"private":true}');
  await npm(['install', join(elsewhere, filename)], elsewhere);
}, 5 * MINUTES);

describe('the installed package', () => {
  test('has what it says, and nothing else', () => {
    const installed = join(elsewhere, 'node_modules', 'alakazam');
    for (const path of [
      'bin/alakazam.js',
      'dist/cli.js',
      'dist/stack/prices.json',
      'dist/stack/process-orders.zip',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'ARCHITECTURE.md',
      'SECURITY.md',
      'dist/sbom.cdx.json',
      'docs/json-output.md',
      'data',
      '.alakazamrc.example',
    ]) {
      expect(existsSync(join(installed, path)), path).toBe(true);
    }
    for (const path of ['src', 'tests', 'bench', 'node_modules'])
      expect(existsSync(join(installed, path)), path).toBe(false);
    expect(existsSync(join(elsewhere, 'node_modules', '.bin', 'alakazam'))).toBe(true);
    // What the build bundles is not installed again.
    const beside = readdirSync(join(elsewhere, 'node_modules'));
    for (const name of ['commander', 'zod', 'esbuild', 'typescript', 'vitest']) expect(beside).not.toContain(name);
  });

  test('works with this Node', () => works(process.execPath));

  test.for([22, 24])('works with Node %i', { timeout: 5 * MINUTES }, async (major, context) => {
    const node = await nodeOf(major);
    await works(node ?? skipBecause(`the package of Node ${major} could not be fetched`, context));
  });
});

test('a checkout is installed by npm install -g', { timeout: 5 * MINUTES }, async () => {
  const prefix = mkdtempSync(join(elsewhere, 'prefix-'));
  // Without scripts: the checkout is built, and other tests use what was built.
  await npm(['install', '-g', '.', '--prefix', prefix, '--ignore-scripts'], ROOT);
  const env = environmentOf(join(prefix, 'home'), { PATH: `${join(prefix, 'bin')}:${process.env['PATH']}` });
  const { stdout, stderr } = await run('alakazam', ['generate', '--count', '10', '-o', 'json'], {
    cwd: elsewhere,
    env,
  });
  expect(JSON.parse(stdout)).toMatchObject({ streamed: 10 });
  expect(stderr).toMatch(/^10 orders streamed/);
});

async function works(node: string): Promise<void> {
  const home = mkdtempSync(join(elsewhere, 'home-'));
  const alakazam = (...args: string[]) => run(node, [program, ...args], { cwd: elsewhere, env: environmentOf(home) });
  expect((await alakazam('--version')).stdout).toBe(`${version}\n`);
  expect((await alakazam('generate', '--count', '1000')).stderr).toMatch(/^1,000 orders streamed/m);
  const verified = JSON.parse((await alakazam('verify', '-o', 'json')).stdout);
  expect(verified).toMatchObject({ pass: true, streamed: 1000, differences: [] });
  const tailed = (await alakazam('tail', 'orders', '-n', '1', '--no-follow')).stdout;
  const { customerId } = JSON.parse(tailed) as { customerId: number };
  const history = JSON.parse((await alakazam('history', '--customer', `${customerId}`, '-o', 'json')).stdout);
  expect(history.totals.orders).toBeGreaterThan(0);
  expect((await alakazam('completion', 'bash')).stdout).toContain('generate');
  const template = (await alakazam('deploy', '--print-template')).stdout;
  expect(template).toBe(readFileSync(join(ROOT, 'dist/stack/template.yaml'), 'utf8'));
}

/** Another Node, from its package; undefined where there is none to be had. */
async function nodeOf(major: number): Promise<string | undefined> {
  const scratch = join(ROOT, 'node_modules', '.cache', 'alakazam', `node-${major}`);
  const node = join(scratch, 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(node)) {
    mkdirSync(scratch, { recursive: true });
    writeFileSync(join(scratch, 'package.json'), '{"private":true}');
    try {
      await npm(['install', '--no-save', `node@${major}`], scratch);
    } catch {
      return undefined;
    }
  }
  expect(execFileSync(node, ['--version'], { encoding: 'utf8' })).toMatch(new RegExp(`^v${major}\\.`));
  return node;
}
