/** The stage that docs/adding-a-stage.md builds compiles, and keeps its contract. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, temporaryDirectory } from './run-cli.js';

const page = readFileSync(join(ROOT, 'docs/adding-a-stage.md'), 'utf8');
const files = [...page.matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)].map(([, path = '', code = '']) => ({
  path,
  code,
}));
const directory = temporaryDirectory();

/** This repository as the page leaves it: everything is a link, but for the files of the page. */
for (const folder of ['src', 'tests']) {
  mkdirSync(join(directory, folder));
  for (const name of readdirSync(join(ROOT, folder)))
    symlinkSync(join(ROOT, folder, name), join(directory, folder, name));
}
for (const name of ['node_modules', 'package.json']) symlinkSync(join(ROOT, name), join(directory, name));
for (const { path, code } of files) {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), code);
}

test('the page has every file of the stage', () => {
  expect(files.map(({ path }) => path)).toEqual([
    'src/returns/returns.ts',
    'src/returns/is-return.ts',
    'src/returns/returns.local.ts',
    'src/returns/stage.local.ts',
    'tests/returns/returns.contract.ts',
    'tests/returns/returns.local.test.ts',
  ]);
});

test('its code compiles', () => {
  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: { preserveSymlinks: true },
    include: ['*/returns'],
  };
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
  execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', directory], {
    encoding: 'utf8',
  });
});

// The tests of the page become tests of this file.
await import(join(directory, 'tests/returns/returns.local.test.ts'));
