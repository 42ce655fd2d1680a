/** The README says what the source says, and leads nowhere that isn't there. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ROOT, temporaryDirectory } from './run-cli.js';

const run = promisify(execFile);
const directory = temporaryDirectory();
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const check = (path: string) => run(process.execPath, ['docs/generate.js', '--check', path], { cwd: ROOT });

describe('the tables of the README', () => {
  test('are those that npm run docs writes', async () => {
    await expect(check('README.md')).resolves.toMatchObject({ stderr: '' });
  });

  test.each([
    ['commands', '| `verify` |'],
    ['settings', '| `home` |'],
    ['exit-codes', '| 3 |'],
  ])('are out of date once %s lacks %s', async (table, row) => {
    const lines = readme.split('\n');
    expect(lines.filter((line) => line.startsWith(row))).toHaveLength(1);
    const path = join(directory, 'README.md');
    writeFileSync(path, lines.filter((line) => !line.startsWith(row)).join('\n'));
    await expect(check(path)).rejects.toMatchObject({
      stderr: `error: the table of ${table} in ${path} is out of date; npm run docs writes it\n`,
    });
  });
});

test.each(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/adding-a-stage.md', 'docs/json-output.md'])(
  'every link and every path in %s leads somewhere',
  (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, to]) =>
      join(dirname(page), to as string),
    );
    const paths = [...text.matchAll(/`((?:src|tests|docs|bench|bin|data)\/[\w./-]*)`/g)].map(
      ([, path]) => path as string,
    );
    expect([...links, ...paths].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  },
);

test('ARCHITECTURE.md names every port', () => {
  const text = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  const ports = sources.filter((path) => /^\/\*\*\s+(\* )?Port: /.test(readFileSync(join(ROOT, 'src', path), 'utf8')));
  expect(ports.length).toBeGreaterThan(5);
  expect(ports.filter((path) => !text.includes(`src/${path}`))).toEqual([]);
});
