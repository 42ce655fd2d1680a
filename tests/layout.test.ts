/**
 * The layout of the program, as ARCHITECTURE.md describes it. A failed test lists the files that break its rule; the message
 * says what to do about them.
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from './run-cli.js';
import { type Import, readProject, readTexts, type Source, UNKNOWN } from './source-code.js';

/**
 * From the lowest layer to the highest: files and folders of src/. A file may import from its own layer and from lower ones.
 * A folder that is not listed is a stage.
 */
const LAYERS = {
  base: [
    'errors.ts',
    'assets.ts',
    'config.ts',
    'config-file.ts',
    'durable-file.ts',
    'duration.ts',
    'limits.ts',
    'no-links.ts',
    'once.ts',
    'own-file.ts',
    'random.ts',
    'settings.ts',
    'stage.ts',
    'tilde.ts',
    'waiting.ts',
    'webhook-url.ts',
    'orders',
    'terminal',
  ],
  platform: ['engines', 'stack'],
  stages: [],
  pipeline: ['pipeline.ts', 'stack-parts.ts'],
  targets: ['targets'],
  commands: ['command.ts', 'options.ts', 'commands'],
  program: ['cli.ts'],
} as const;

/** Functions of more than 70 lines, which don't fit a screen. Lower the number whenever one of them becomes shorter. */
const LONG_FUNCTIONS_MAX = 13;

/** Files beside cli.ts that may read these properties of `process`. */
const PROCESS: Record<string, { readonly names: readonly string[]; readonly why: string }> = {
  'src/engines/lmdb/file.ts': { names: ['execPath', 'argv'], why: 'looks into a file in a process that may crash' },
  'src/engines/aws/session.ts': { names: ['env'], why: 'the SDK reads its settings there, and is told one' },
  'src/engines/processes.ts': { names: ['pid', 'kill'], why: 'leaves its name where other processes look' },
  'src/lake/leases.local.ts': { names: ['off', 'once'], why: 'gives its leases back at the end of the process' },
  'src/product-recommendations/spark-submit.local.ts': { names: ['env'], why: 'finds Spark where SPARK_HOME says' },
  'src/rate-alarm/notifier.command.ts': {
    names: ['kill', 'env'],
    why: 'ends a command with all that it started, and gives it the environment without the secret',
  },
  'src/commands/demo.ts': { names: ['execPath'], why: 'runs the commands that it shows' },
};

const files = readProject(ROOT);
const sources = files.filter(({ path }) => path.startsWith('src/'));
const tests = files.filter(({ path }) => path.startsWith('tests/'));
const byPath = new Map(files.map((file) => [file.path, file]));
const imports = sources.flatMap((source) => source.imports);
const internal = imports.filter(({ to }) => to.startsWith('src/'));

/** The folder or file right under src/ or tests/ that a path lies in. */
const partOf = (path: string) => path.split('/')[1] as string;
const isIn = (folder: string) => (path: string) => path.startsWith(`src/${folder}/`);
const inTargets = isIn('targets');
const inEngines = isIn('engines');
const isLambda = (path: string) => path.endsWith('.lambda.ts');
/** `aws` of `stream.aws.ts`: the file is the driver of a port for it, or private to it. */
const suffixOf = (path: string) => /[^/]\.(?!lambda\b|thread\b)([\w-]+)\.ts$/.exec(path)?.[1];
const isEngine = (name: string) => /^(lmdb|@aws-sdk\/.*|@smithy\/.*|@duckdb\/.*)$/.test(name);
const isHeavy = (name: string) => isEngine(name) || /^(yaml|ora|cli-table3|csv-parse|zod)(\/|$)/.test(name);
const shown = ({ from, to, kind }: Import) => `${from} imports ${to}${kind === 'static' ? '' : ` (${kind})`}`;

/** Imports that break a rule, as a person reads them. */
const wrong = (all: readonly Import[], isWrong: (each: Import) => boolean) => all.filter(isWrong).map(shown);

function expectNone(violations: readonly string[], advice: string): void {
  expect(violations, advice).toEqual([]);
}

describe('the reading of sources', () => {
  test('finds imports of every kind, and the names that they take', () => {
    const text = `
      import a, { type B, c as d } from 'one';
      import type { C } from 'types';
      import { e,
        f } from './two.js';
      import 'three';
      export { g as h } from '../four.js';
      export type { G } from 'types';
      import i = require('five');
      import * as j from 'all';
      const { k: l } = await import('six'); const m = (await import('six')).n;
      const { open } = createRequire(import.meta.url)('seven') as typeof import('types');
      require.resolve('eight'); await import(a + 'nine');
      // import o from 'comment';
      const p = "import q from 'text'";`;
    const [file] = readTexts({ 'folder/file.ts': text });
    expect(file?.imports.map(({ to, kind, names }) => [kind, to, ...names].join(' '))).toEqual([
      'static one default c',
      'type types',
      'static folder/two.ts e f',
      'static three',
      'static four.ts g',
      'type types',
      'static five *',
      'static all *',
      'dynamic six k',
      'dynamic six n',
      'static seven open',
      'type types',
      'static eight *',
      `dynamic ${UNKNOWN} *`,
    ]);
  });

  test('finds what is exported, what is called and how long functions are', () => {
    const text = `
      export const one = 1, { two, three: [four] } = five;
      export async function* six() {
        return () => {};
      }
      export class Seven { eight() {} }
      export interface Nine {}
      export type Ten = 1;
      export { eleven as twelve };
      export * as thirteen from 'all';
      test.skip.each([])('');
      if (target !== 'aws') switch (target) { case 'local': process.env.HOME; }`;
    const [file] = readTexts({ 'file.ts': text });
    expect(file?.exports).toEqual(['one', 'two', 'four', 'six', 'Seven', 'Nine', 'Ten', 'twelve', 'thirteen']);
    expect(file?.functions).toEqual([
      { text: 'six', line: 3, lines: 3 },
      { text: 'a function without a name', line: 4, lines: 1 },
      { text: 'eight', line: 6, lines: 1 },
    ]);
    const expressions = file?.expressions.map((each) => each.text);
    for (const each of ['test.skip', "=== 'aws'", "=== 'local'", 'process.env']) expect(expressions).toContain(each);
  });

  test('finds files, imports between them, and engines', () => {
    expect(sources.length).toBeGreaterThan(40);
    expect(internal.length).toBeGreaterThan(100);
    expect(imports.some(({ to }) => to === 'lmdb')).toBe(true);
    expectNone(
      wrong(imports, ({ to }) => to === UNKNOWN || (to.endsWith('.ts') && !byPath.has(to))),
      'name the module as a literal, so that this test can follow the import',
    );
  });
});

describe('who may import whom', () => {
  const layers: readonly (readonly string[])[] = Object.values(LAYERS);
  const listed = layers.findIndex((layer) => layer.length === 0);
  const layerOf = (path: string) => {
    const at = layers.findIndex((layer) => layer.includes(partOf(path)));
    return at >= 0 ? at : listed;
  };

  test('a file that is no stage has a layer', () => {
    const unknown = sources.filter(({ path }) => layerOf(path) === listed && path.split('/').length === 2);
    expectNone(
      unknown.map(({ path }) => path),
      'put the file into the folder of a stage, or into LAYERS of this test',
    );
  });

  test('no import goes up: base, engines and stack, stages, pipeline, targets, commands, program', () => {
    expectNone(
      wrong(internal, ({ from, to }) => layerOf(from) < layerOf(to)),
      'move what is imported down to the layer that needs it, or pass it in as an argument',
    );
  });

  test('no two parts of src import each other, types included', () => {
    const between = (from: string, to: string) =>
      internal.filter((each) => partOf(each.from) === from && partOf(each.to) === to);
    const parts = [...new Set(sources.map(({ path }) => partOf(path)))];
    const pairs = parts.flatMap((a, i) => parts.slice(i + 1).map((b) => [between(a, b), between(b, a)] as const));
    const mutual = pairs.filter((ways) => ways.every((way) => way.length > 0));
    expectNone(
      mutual.flatMap(([one, other]) => (one.length < other.length ? one : other).map(shown)),
      'decide which of the two parts knows the other one; of each pair, this is the direction with fewer imports',
    );
  });

  test('engine packages: drivers, Lambda handlers and engines/ alone, types included', () => {
    expectNone(
      wrong(imports, ({ from, to }) => isEngine(to) && !suffixOf(from) && !isLambda(from) && !inEngines(from)),
      'move the code into a driver (<port>.<target>.ts), or name the file after the target that it is private to',
    );
  });

  /** Of the files that a target consists of, each is private to that target. */
  const isOfTarget = (path: string) => ['aws', 'local'].includes(suffixOf(path) ?? '');

  test('drivers of another part: targets/ and Lambda handlers, which hand them to those that need their types', () => {
    const isType = ({ from, to, kind }: Import) => kind === 'type' && suffixOf(from) === suffixOf(to);
    const others = internal.filter(({ from, to }) => suffixOf(to) !== undefined && partOf(from) !== partOf(to));
    expectNone(
      wrong(others, (each) => !inTargets(each.from) && !isLambda(each.from) && !isType(each)),
      'import the port instead, and let src/targets/ hand the driver over',
    );
  });

  test('drivers of the same part: files of the same target, Lambda handlers, and others when it is chosen', () => {
    const isFree = ({ from, to, kind }: Import) =>
      kind !== 'static' || suffixOf(from) === suffixOf(to) || (isOfTarget(from) && !isOfTarget(to)) || isLambda(from);
    const own = internal.filter(({ from, to }) => suffixOf(to) !== undefined && partOf(from) === partOf(to));
    expectNone(
      wrong(own, (each) => !isFree(each)),
      'load the driver with await import(…) where it is chosen, or give the importing file the same suffix',
    );
  });

  test('a target: targets/index.ts alone, when it is chosen', () => {
    const chosen = internal.filter(({ to }) => inTargets(to) && to !== 'src/targets/index.ts');
    expectNone(
      wrong(chosen, ({ from, kind }) => from !== 'src/targets/index.ts' || kind !== 'dynamic'),
      'ask src/targets/index.ts for the target',
    );
    expect(chosen.length).toBeGreaterThan(1);
  });

  test('commands: their table alone, which lists all of them', () => {
    const table = 'src/commands/index.ts';
    const commands = sources.map(({ path }) => path).filter((path) => isIn('commands')(path) && path !== table);
    const ofCommands = internal.filter(({ to }) => commands.includes(to));
    expectNone(
      wrong(ofCommands, ({ from }) => from !== table),
      'move what commands share to a stage, src/terminal/ or src/options.ts',
    );
    const listed = new Set(ofCommands.map(({ to }) => to));
    expectNone(
      commands.filter((path) => !listed.has(path)),
      `list the command in ${table}`,
    );
  });

  test('nothing heavy, and no driver, is loaded by --help', () => {
    const reached = reachedFrom('src/cli.ts');
    expect(reached.length).toBeGreaterThan(40);
    expectNone(
      wrong(reached, ({ to }) => isHeavy(to) || suffixOf(to) !== undefined),
      'load it with await import(…) where it is used',
    );
  });
});

/** All that is loaded together with a file. */
function reachedFrom(path: string): Import[] {
  const seen = new Set([path]);
  const found: Import[] = [];
  for (const from of seen) {
    for (const each of byPath.get(from)?.imports ?? []) {
      if (each.kind !== 'static') continue;
      found.push(each);
      seen.add(each.to);
    }
  }
  return found;
}

/** Places in files whose text matches. */
function places(of: readonly Source[], pattern: RegExp): { path: string; text: string; shown: string }[] {
  return of.flatMap(({ path, expressions }) =>
    expressions
      .filter(({ text }) => pattern.test(text))
      .map(({ text, line }) => ({ path, text, shown: `${path}:${line} ${text}` })),
  );
}

describe('names and places', () => {
  test('the AWS target has the parts of every stage', () => {
    const parts = sources.map(({ path }) => path).filter((path) => /^src\/(?!stack\/)[^/]+\/parts\.ts$/.test(path));
    expect(parts.length).toBeGreaterThan(3);
    const listed = imports.filter(({ from }) => from === 'src/stack-parts.ts').map(({ to }) => to);
    expectNone(
      parts.filter((path) => !listed.includes(path)),
      'add it to PARTS in src/stack-parts.ts: the build finds its stack.yaml, the program would not know its rows and needs',
    );
  });

  test('no name is exported twice', () => {
    const homes = new Map<string, string[]>();
    for (const { path, exports } of sources)
      for (const name of exports) homes.set(name, [...(homes.get(name) ?? []), path]);
    expectNone(
      [...homes].filter(([, paths]) => paths.length > 1).map(([name, paths]) => `${name}: ${paths.join(', ')}`),
      'one name means one thing: rename all but one',
    );
  });

  test('no name is a catch-all', () => {
    const catchAll = /^(utils?|helpers?|commons?|shared|misc|managers?|services?|impl)$/i;
    const names = filesIn('src').concat(filesIn('tests'));
    expectNone(
      names.filter((path) => path.split(/[/.-]/).some((part) => catchAll.test(part))),
      'name the file after what it does',
    );
  });

  test('no condition asks which target it is, except in targets/', () => {
    const asking = places(sources, /^=== '(aws|local)'$/).filter(({ path }) => !inTargets(path));
    expectNone(
      asking.map((each) => each.shown),
      'give each target a driver that does its part',
    );
  });

  test('only cli.ts touches process', () => {
    const isAllowed = ({ path, text }: { path: string; text: string }) =>
      // A Lambda handler is a program of its own: its settings are its environment.
      path === 'src/cli.ts' ||
      isLambda(path) ||
      PROCESS[path]?.names.some((name) => text.startsWith(`process.${name}`));
    const touching = places(sources, /^process\b/);
    const advice = 'pass the value in as an argument, from src/cli.ts';
    expectNone(
      touching.filter((each) => !isAllowed(each)).map((each) => each.shown),
      advice,
    );
    expectNone(
      wrong(imports, ({ to }) => /^(node:)?process$/.test(to)),
      advice,
    );
    expect(touching.some(({ path }) => path === 'src/cli.ts')).toBe(true);
  });
});

/** Every file of a folder, whatever its kind, as a path from the root. */
function filesIn(folder: string): string[] {
  return (readdirSync(join(ROOT, folder), { recursive: true }) as string[])
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .filter((path) => statSync(join(ROOT, path)).isFile());
}

describe('tests mirror src', () => {
  /** Folders that hold what tests share, or tests of the whole. */
  const OF_ALL = ['emulators', 'fixtures', 'packed', 'python', 'real'];
  const isStage = ({ path }: { path: string }) => !OF_ALL.includes(partOf(path));
  const isTest = ({ path }: { path: string }) => path.endsWith('.test.ts');
  const sourceOf = (path: string) =>
    path.replace(/^tests/, 'src').replace(/(\.contract|(\.(cli|emulator|engine))?\.test)\.ts$/, '.ts');
  const portOf = (driver: string) => driver.replace(/\.[\w-]+\.ts$/, '.ts');
  const drivers = sources.map(({ path }) => path).filter((path) => suffixOf(path) && byPath.has(portOf(path)));

  test('every port has a contract, and the test of each driver calls it', () => {
    expect(drivers.length).toBeGreaterThan(3);
    const contractOf = (driver: string) => portOf(driver).replace(/^src/, 'tests').replace(/\.ts$/, '.contract.ts');
    const calls = (driver: string) =>
      tests.some(
        (each) =>
          isTest(each) && sourceOf(each.path) === driver && each.imports.some(({ to }) => to === contractOf(driver)),
      );
    expectNone(
      drivers.filter((driver) => !calls(driver)).map((driver) => `${driver}: ${contractOf(driver)}`),
      'write the contract of the port, and a test <driver>.test.ts or <driver>.emulator.test.ts that calls it',
    );
  });

  test('every folder of tests is a folder of src', () => {
    const folders = new Set(tests.filter((each) => isTest(each) && isStage(each)).map(({ path }) => dirname(path)));
    expectNone(
      [...folders].filter(
        (folder) => !statSync(join(ROOT, folder.replace(/^tests/, 'src')), { throwIfNoEntry: false }),
      ),
      'move the tests beside the stage that they test',
    );
    expect(folders.size).toBeGreaterThan(5);
  });

  test('a contract, or a test of a driver, is named after what it tests', () => {
    const named = tests.filter(
      ({ path }) =>
        isStage({ path }) && (/\.contract\.ts$/.test(path) || /^(aws|local)$/.test(suffixOf(sourceOf(path)) ?? '')),
    );
    expectNone(
      named.map(({ path }) => path).filter((path) => !byPath.has(sourceOf(path))),
      'name the file after the port or the driver in src/',
    );
  });

  test('the tests of a stage import nothing from the tests of another one', () => {
    const isOpen = (to: string) =>
      ['emulators', 'engines', 'fixtures', 'python'].includes(partOf(to)) || to.split('/').length === 2;
    const between = tests.flatMap((each) => each.imports).filter(({ to }) => to.startsWith('tests/'));
    expectNone(
      wrong(between, ({ from, to }) => partOf(from) !== partOf(to) && !isOpen(to)),
      'move what both use to tests/fixtures/, tests/emulators/ or tests/engines/',
    );
  });

  test('a test is in the project of what it needs', () => {
    const starts = 'tests/emulators/ministack.ts';
    const isEmulated = (path: string) => /\.(emulator|engine)\.test\.ts$/.test(path) || !isTest({ path });
    expectNone(
      wrong(
        tests.filter(({ path }) => !/^tests\/(real|emulators)\//.test(path)).flatMap((each) => each.imports),
        ({ from, to }) => to === starts && !isEmulated(from),
      ),
      'name the file *.emulator.test.ts or *.engine.test.ts (vitest.config.ts lists the projects)',
    );
  });

  test('nothing is skipped, left to do, or run alone', () => {
    const found = places(
      tests,
      /\b(test|it|describe|suite)\b.*\.(only|skip|todo|fails|skipIf|runIf)$|^(\w+\.)?skip\(\)$/,
    );
    expectNone(
      found.filter(({ path }) => path !== 'tests/missing.ts').map((each) => each.shown),
      'a test that needs something which may be missing asks tests/missing.ts; it says why and never skips in CI',
    );
    expect(found.some(({ path }) => path === 'tests/missing.ts')).toBe(true);
  });

  test('chance has a seed', () => {
    expectNone(
      places(tests, /^Math\.random\(\)$/).map((each) => each.shown),
      'take numbers from fast-check, or from a generator with a seed, so that a failure can be repeated',
    );
  });
});

describe('size and shape', () => {
  const counts = sources.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }));
  const functions = sources.flatMap(({ path, functions }) => functions.map((each) => ({ path, ...each })));
  const longerThan = (lines: number) =>
    functions
      .filter((each) => each.lines > lines)
      .sort((a, b) => b.lines - a.lines)
      .map(({ path, line, text, lines }) => `${path}:${line} ${text} has ${lines} lines`);

  test('every file says first what it is; a command does so in its summary', () => {
    const isCommand = (path: string) => isIn('commands')(path) && basename(path) !== 'index.ts';
    expectNone(
      sources.filter(({ path, text }) => !isCommand(path) && !text.startsWith('/**')).map(({ path }) => path),
      'begin the file with one sentence on what it is in the pipeline',
    );
  });

  test('half of the files have at most 100 lines, none has over 400', () => {
    const sorted = counts.map(({ lines }) => lines).sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(100);
    expectNone(
      counts.filter(({ lines }) => lines > 400).map(({ path, lines }) => `${path} has ${lines} lines`),
      'split the file by noun',
    );
  });

  test('no function has 150 lines, not even one that opens a driver', () => {
    expectNone(longerThan(149), 'split the function by noun: what reads, what writes, what keeps the index');
  });

  test('few functions have over 70 lines, and ever fewer', () => {
    const long = longerThan(70);
    expect(long.length, `split one of these:\n${long.join('\n')}\n`).toBeLessThanOrEqual(LONG_FUNCTIONS_MAX);
  });

  test('nothing is left to do', () => {
    expectNone(
      sources.filter(({ text }) => /\b(TODO|FIXME|XXX|HACK)\b/.test(text)).map(({ path }) => path),
      'do it, or open an issue',
    );
  });
});
