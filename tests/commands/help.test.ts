/** What the command line says of itself: help, completion, exit codes, and that none of it promises what isn't there. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { environmentOf, finish, PROGRAM, ROOT, runCli, startCli, temporaryDirectory } from '../run-cli.js';
import { SAMPLE, writeFile } from './sample.js';

const home = temporaryDirectory();
const directory = temporaryDirectory();
const run = (args: readonly string[], env: Record<string, string> = {}) => runCli(args, { home, env, cwd: directory });
const narrow = { COLUMNS: '80' };

const main = (await run(['--help'], narrow)).stdout;
const NAMES = [...main.slice(main.indexOf('Commands:')).matchAll(/^ {2}([a-z]+)\b/gm)].map(
  ([, name]) => name as string,
);
const helpOf = new Map<string, string>();
for (const name of NAMES) helpOf.set(name, (await run([name, '--help'], narrow)).stdout);

/** The flags a command's help lists. */
function flagsOf(name: string): Set<string> {
  const text = helpOf.get(name) ?? '';
  const options = text.slice(text.indexOf('\nOptions:'));
  return new Set(
    [...options.matchAll(/^ {2}(-.*?)(?: {2}|$)/gm)].flatMap(
      ([, flags]) => (flags as string).match(/--?[\w-]+/g) ?? [],
    ),
  );
}

describe('a configuration that is wrong', () => {
  test.each([
    ['.alakazamrc has an unknown key', 'sead: 1\n', {}],
    ['a variable is empty', '', { ALAKAZAM_SEED: '' }],
  ] as const)('stops no command that explains: %s', async (_, content, env) => {
    const cwd = temporaryDirectory();
    writeFileSync(join(cwd, '.alakazamrc'), content);
    const from = (args: string) => runCli(args.split(' '), { home, cwd, env: { ...env } });
    for (const args of [
      'help exit-codes',
      'completion bash',
      'completion bash --after query',
      'tail --help',
      '--help',
    ]) {
      const { code, stdout, stderr } = await from(args);
      expect([args, code, stderr]).toEqual([args, 0, '']);
      expect(stdout).not.toBe('');
    }
    expect((await from('config')).code).toBe(2);
  });
});

describe('--help', () => {
  test('lists the commands that there are', () => {
    expect(NAMES).toEqual(
      'generate tail history query lake train recommend similar evaluate alarm verify rejected deploy diff status destroy config reset doctor demo completion help'.split(
        ' ',
      ),
    );
  });

  test.each([[] as string[], ...NAMES.map((name) => [name])])(
    '%s fits into 80 columns, and begins with examples',
    async (...args) => {
      const { code, stdout, stderr } = await run([...args.filter(Boolean), '--help'], narrow);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^Examples:\n {2}/);
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
      expect(stdout).toMatchSnapshot();
    },
  );

  test('an example of a command is one it takes', () => {
    for (const [name, text] of [['', main] as const, ...helpOf]) {
      const examples = text.slice(0, text.indexOf('\nUsage:'));
      expect(unknownIn(examples), `in the help of ${name || 'alakazam'}`).toEqual([]);
    }
  });

  test('-h and --help are the same, and without a command it is shown too', async () => {
    expect((await run(['-h'], narrow)).stdout).toBe(main);
    const nothing = await run([], narrow);
    expect(nothing.stdout + nothing.stderr).toBe(main);
  });

  test('--version is the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    expect((await run(['-V'])).stdout).toBe(`${version}\n`);
  });

  test('help exit-codes shows them all', async () => {
    const { code, stdout } = await run(['help', 'exit-codes']);
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split('\t')[0])).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '130',
      '143',
      '',
    ]);
  });
});

describe('wrong usage', () => {
  test.each([
    [['frobnicate'], /^error: unknown command 'frobnicate'/],
    [['generat'], /Did you mean generate\?/],
    [['help', 'everything'], /topic is "everything"; valid: exit-codes/],
    [['completion', 'tcsh'], /shell is "tcsh"; valid: bash, zsh, fish/],
    [['--frobnicate'], /unknown option '--frobnicate'/],
    [['verify', 'everything'], /too many arguments/],
  ])('%j exits with 2 and one message', async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(2);
    expect([code, stdout]).toEqual([2, '']);
  });
});

describe('what is written down', () => {
  test.each(['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', '.alakazamrc.example'])(
    '%s names no command and no flag that there is not',
    (file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      expect(unknownIn(text)).toEqual([]);
    },
  );
});

describe('every example of --help runs', () => {
  const bin = temporaryDirectory();
  const examples = [...helpOf]
    .flatMap(([, text]) => text.slice(0, text.indexOf('\nUsage:')).split('\n').slice(1))
    .map((line) => line.trim().split(/ {2,}/)[0] as string)
    .filter((line) => line !== '' && !line.startsWith('#'));

  beforeAll(() => {
    writeFile(bin, 'alakazam', `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`);
    chmodSync(join(bin, 'alakazam'), 0o755);
    writeFile(directory, 'OnlineRetail.csv', SAMPLE);
  });

  // Others try these: `reset`, `demo` and `alarm` have tests of their own, zsh, fish and Spark may not be here, and what needs an account runs
  // on an emulator of AWS.
  const elsewhere =
    /^alakazam (reset|demo)$|completion (zsh|fish)|^alakazam (alarm|deploy|diff|status|destroy)|--target aws|--engine spark|^alakazam evaluate|--basket|--use/;
  const here = examples.filter((line) => !elsewhere.test(line));
  const goesOn = (line: string) => /tail orders(?!.*--no-follow)|--rate|--speed/.test(line);

  function start(line: string, home: string) {
    const env = { ...environmentOf(home), PATH: `${bin}:${process.env['PATH']}` };
    // A group of its own: a person's Ctrl-C goes to the whole pipe, too.
    const words = ['-c', `set -o pipefail; trap '' INT; ${line}`];
    const shell = spawn('bash', words, { env, cwd: directory, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const signal = (name: NodeJS.Signals) => {
      if (shell.exitCode === null) process.kill(-(shell.pid as number), name);
    };
    onTestFinished(() => signal('SIGKILL'));
    return { shell, finished: finish(shell), interrupt: () => signal('SIGINT') };
  }

  test.each(here.filter((line) => !goesOn(line)))('%s', async (line) => {
    const { code, stderr } = await start(line, home).finished;
    expect(stderr).not.toMatch(/^error:/m);
    expect(code).toBe(0);
  });

  describe('until it is interrupted', () => {
    const home = temporaryDirectory();

    beforeAll(async () => {
      // From a file of another name, so that the example which streams the other one has all of it before it.
      writeFile(directory, 'sample.csv', SAMPLE);
      expect((await runCli(['generate', '--source', 'sample.csv'], { home, cwd: directory })).code).toBe(0);
    });

    test.each(here.filter(goesOn))('%s', async (line) => {
      // Orders show that the example works: those that it prints, or those that it streams and a `tail` sees come.
      const isStreaming = line.includes('generate');
      const tail = isStreaming ? startCli(['tail', 'orders', '--guests', '-n', '0'], { home }) : undefined;
      const { shell, finished, interrupt } = start(line, home);
      const printed = new Promise((resolve) => shell.stdout.once('data', resolve));
      await Promise.race([tail?.until(1) ?? printed, finished]);
      interrupt();
      const { code, stderr } = await finished;
      await tail?.stop();
      expect(stderr).not.toMatch(/^error:/m);
      expect([0, 130]).toContain(code);
    });
  });
});

describe('completion', () => {
  const complete = (script: string, words: string[]) => {
    const shell = `${script}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _alakazam; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', shell], {
      encoding: 'utf8',
      cwd: directory,
      env: environmentOf(home),
    });
    expect(stderr).toBe('');
    return stdout.split('\n').filter(Boolean);
  };

  test('of bash is a script without fault, and completes commands, flags and values', async () => {
    const { code, stdout } = await run(['completion', 'bash']);
    expect(code).toBe(0);
    expect(spawnSync('bash', ['-n'], { input: stdout, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    expect(complete(stdout, ['alakazam', 'ge'])).toEqual(['generate']);
    expect(complete(stdout, ['alakazam', '']).filter((word) => !word.startsWith('-'))).toEqual(NAMES);
    expect(complete(stdout, ['alakazam', 'tail', ''])).toContain('orders');
    expect(complete(stdout, ['alakazam', 'generate', '--dry'])).toEqual(['--dry-run']);
    expect(complete(stdout, ['alakazam', 'generate', '--from', ''])).toEqual(['start', 'continue']);
    expect(complete(stdout, ['alakazam', 'verify', '-o', 'n'])).toEqual(['ndjson']);
    expect(complete(stdout, ['alakazam', 'completion', ''])).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
    writeFile(directory, 'some file.csv', '');
    writeFile(directory, 'plain.csv', '');
    expect(complete(stdout, ['alakazam', 'generate', '--source', 'pl'])).toEqual(['plain.csv']);
    expect(complete(stdout, ['alakazam', 'generate', '--source', 'some'])).toEqual(['some file.csv']);
    for (const words of [
      'demo --directory',
      'lake export --to',
      'query --file',
      'query -f',
      'deploy --flink-connector',
    ]) {
      expect([words, complete(stdout, ['alakazam', ...words.split(' '), 'pl'])]).toEqual([words, ['plain.csv']]);
    }
    // Flags of the program itself may stand before the command.
    expect(complete(stdout, ['alakazam', '--quiet', 'gen'])).toEqual(['generate']);
    expect(complete(stdout, ['alakazam', '--quiet', '--verbose', 'generate', '--dry'])).toEqual(['--dry-run']);
  });

  test('offers named queries, their parameters, and values where there are few', async () => {
    const { stdout } = await run(['completion', 'bash']);
    const offered = (...words: string[]) => complete(stdout, ['alakazam', 'query', ...words]);
    mkdirSync(join(directory, 'sql'));
    writeFile(directory, '.alakazamrc', '');
    writeFile(directory, 'sql/top_own.sql', '-- Own\n-- @param near text  a place\nSELECT :near\n');
    writeFile(directory, 'sql/top$(touch ran).sql', '-- Own\nSELECT 1\n');
    onTestFinished(() => {
      for (const name of ['sql', '.alakazamrc']) rmSync(join(directory, name), { recursive: true });
    });
    expect(offered('top')).toEqual(['top-customers', 'top-products', 'top_own']);
    expect(offered('--engine', 'duckdb', 'top-')).toEqual(['top-customers', 'top-products']);
    expect(offered('top-products', 'top')).toEqual([]);
    expect(offered('top_own', '-p', '')).toEqual(['near=']);
    expect(offered('top-products', '--limit', '5', '--param', '')).toEqual([
      'by=revenue',
      'by=units',
      'limit=',
      'since=',
      'until=',
      'country=',
      'all=true',
      'all=false',
    ]);
    // As bash takes it apart, and as zsh does not.
    expect(offered('top-products', '-p', 'by', '=')).toEqual(['revenue', 'units']);
    expect(offered('top-products', '-p', 'by', '=', 'u')).toEqual(['units']);
    expect(offered('top-products', '-p', 'by=u')).toEqual(['by=units']);
    expect(offered('-p', '')).toEqual([]);
    expect(complete(stdout, ['alakazam', '='])).toEqual([]);
    expect(readdirSync(directory)).not.toContain('ran');
    const described = await run(['completion', 'fish', '--after', 'query top_own -p']);
    expect(described).toEqual({ code: 0, stdout: 'near=\ta place\n', stderr: '' });
  });

  test('offers every flag that the help of a command lists', async () => {
    const { stdout } = await run(['completion', 'bash']);
    for (const name of NAMES) {
      const offered = complete(stdout, ['alakazam', name, '--']);
      const listed = [...flagsOf(name)].filter((flag) => flag.startsWith('--'));
      expect({ name, flags: offered.sort() }).toEqual({ name, flags: listed.sort() });
    }
  });

  test.each(['zsh', 'fish'])('of %s names every command', async (shell) => {
    const { code, stdout } = await run(['completion', shell]);
    expect(code).toBe(0);
    for (const name of NAMES) expect(stdout).toContain(name);
  });
});

/** Commands and flags in code that there are none of. */
function unknownIn(text: string): string[] {
  const unknown: string[] = [];
  for (const [line, name, rest] of text.matchAll(/(?<![\w./@-])alakazam ([a-z][a-z-]*)([^\n`)|>#]*)/g)) {
    if (!isCode(text, line)) continue;
    if (!NAMES.includes(name as string)) unknown.push(line);
    else
      for (const flag of (rest as string).match(/(?<=\s)--?[a-zA-Z][\w-]*/g) ?? [])
        if (!flagsOf(name as string).has(flag)) unknown.push(`${name} ${flag}`);
  }
  return unknown;
}

/** Prose may say "alakazam keeps"; in backticks, after a prompt or at the beginning of an indented line it is a command. */
function isCode(text: string, line: string): boolean {
  const at = text.indexOf(line);
  return (
    /(`|\$ |^ {2,}|&& |^)$/m.test(text.slice(text.lastIndexOf('\n', at) + 1, at)) ||
    /`{1,3}[^`]*$/.test(text.slice(Math.max(0, at - 30), at))
  );
}
