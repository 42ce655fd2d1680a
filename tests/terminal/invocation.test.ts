/** Hints name the program as it can be started where they are read. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { programIn, spelled } from '../../src/terminal/invocation.js';
import { temporaryDirectory } from '../run-cli.js';

/** A checkout, with the name of the program on a PATH beside it. */
const base = temporaryDirectory();
const checkout = join(base, 'check out');
const script = join(checkout, 'bin', 'alakazam.js');
mkdirSync(join(checkout, 'bin'), { recursive: true });
writeFileSync(script, '');
chmodSync(script, 0o755);

/** A directory in which `alakazam` is this file. */
function directoryWith(name: string, target: string): string {
  const directory = join(base, name);
  mkdirSync(directory, { recursive: true });
  symlinkSync(target, join(directory, 'alakazam'));
  return directory;
}
const global = directoryWith('global', script);
const npms = directoryWith('project/node_modules/.bin', script);
const other = join(base, 'other.js');
writeFileSync(other, '');
chmodSync(other, 0o755);
const older = directoryWith('older', other);

const run = (name: string, command: string) => ({ npm_lifecycle_event: name, npm_lifecycle_script: command });
/** What npm 11 puts into the environment of `npm run demo`, and of `npx alakazam demo`. */
const npmRun = run('demo', 'node bin/alakazam.js demo');
const npx = run('npx', "'alakazam'");

describe('the program is started', () => {
  test.each<[string, string, string, Record<string, string>]>([
    ['alakazam', 'by its name where that is on the PATH', base, { PATH: `/nowhere:${global}` }],
    ['alakazam', 'from a checkout that is installed', checkout, { PATH: global, ...npmRun }],
    ["node 'check out/bin/alakazam.js'", 'by its file from beside it', base, { PATH: '/nowhere' }],
    ['node bin/alakazam.js', 'after npm run', checkout, { PATH: `${npms}:/nowhere`, ...npmRun }],
    ['node ../bin/alakazam.js', 'in the directory of the demo', join(checkout, 'alakazam-demo'), npmRun],
    ['node bin/alakazam.js', 'where the name is another version', checkout, { PATH: `${older}:${global}` }],
    ['npx alakazam', 'by npx', checkout, { PATH: `${npms}:/nowhere`, ...npx }],
    ['npx alakazam', 'by npx, below', join(checkout, 'alakazam-demo'), npx],
    ['node bin/alakazam.js', 'by npx of another program', checkout, run('npx', 'vitest run')],
  ])('as %s: %s', (words, _, directory, environment) => {
    expect(programIn(directory, { script, environment })).toBe(words);
  });

  test('as a package of a project: by npx in it, by its file elsewhere', () => {
    const project = join(base, 'project');
    const installed = join(npms, 'alakazam');
    for (const directory of [project, join(project, 'deep', 'er')]) {
      expect(programIn(directory, { script: installed, environment: { PATH: '' } })).toBe('npx alakazam');
    }
    expect(programIn('/', { script: installed, environment: {} })).toBe(`node ${installed.slice(1)}`);
  });
});

describe('a message', () => {
  const COMMANDS = ['deploy', 'tail'];
  const of = (message: string, program = 'npx alakazam') => spelled(message, COMMANDS, () => program);

  test('has its commands spelled out', () => {
    expect(of('alakazam deploy, or alakazam tail orders')).toBe('npx alakazam deploy, or npx alakazam tail orders');
    expect(of('  alakazam tail orders', 'node ../bin/alakazam.js')).toBe('  node ../bin/alakazam.js tail orders');
  });

  test('spelled out is not spelled out again', () => {
    for (const program of ['npx alakazam', 'node ../bin/alakazam.js', 'node alakazam', 'alakazam']) {
      const once = of('alakazam tail orders', program);
      expect(of(once, program)).toBe(once);
    }
  });

  test('keeps the name where it is no command', () => {
    for (const message of [
      'stack alakazam in eu-west-1',
      'a newer alakazam',
      '/x/alakazam deploy',
      'alakazam deployed',
    ])
      expect(of(message)).toBe(message);
  });

  test('without a command looks for no program', () => {
    const looked = () => {
      throw new Error('it looked');
    };
    expect(spelled('nothing was changed', COMMANDS, looked)).toBe('nothing was changed');
  });
});
