import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

function filesIn(folder: string): string[] {
  return (readdirSync(join(ROOT, folder), { recursive: true }) as string[])
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => statSync(join(ROOT, folder, path)).isFile())
    .sort();
}

/** Sources by their path in src/. */
const sources = new Map(
  filesIn('src')
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [path, readFileSync(join(ROOT, 'src', path), 'utf8')] as const),
);
const tests = filesIn('tests');
/** Folders of tests of a whole: on the real data, on the package, on engines and emulators. */
const isFolderOfTests = (path: string) => !/^(real|packed|emulators|fixtures)\//.test(path);

interface Import {
  readonly from: string;
  /** A path in src/, or the name of a module. */
  readonly to: string;
  readonly kind: 'static' | 'dynamic';
}

/** What a file imports, types left out: they are gone when it runs. */
function importsOf(from: string, text: string): Import[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const found = (pattern: RegExp, kind: Import['kind']) =>
    [...code.matchAll(pattern)].map(([, name]) => ({ from, to: resolved(from, name as string), kind }));
  return [
    ...found(/^(?:import|export)\s(?!type\s)(?:[^'";]*?\sfrom\s)?\s*'([^']+)'/gm, 'static'),
    ...found(/(?<!typeof )\bimport\(\s*'([^']+)'\s*\)/g, 'dynamic'),
    // `createRequire(…)('module')`
    ...found(/\bcreateRequire\([^)]*\)\('([^']+)'\)/g, 'static'),
    ...found(/\brequire(?:\.resolve)?\('([^']+)'\)/g, 'static'),
  ];
}

function resolved(from: string, name: string): string {
  return name.startsWith('.') ? posix.join(dirname(from), name).replace(/\.js$/, '.ts') : name;
}

const imports = [...sources].flatMap(([path, text]) => importsOf(path, text));
const shown = ({ from, to }: Import) => `${from} imports ${to}`;

const isEngine = (name: string) => /^(lmdb|@aws-sdk\/.*|@smithy\/.*|@duckdb\/.*)$/.test(name);
const isHeavy = (name: string) => isEngine(name) || /^(yaml|ora|cli-table3|csv-parse|zod)(\/|$)/.test(name);
const targetOf = (path: string) => /\.(local|aws)\.ts$/.exec(path)?.[1];
const isInTargets = (path: string) => path.startsWith('targets/');

/** What is imported without waiting, from this file on. */
function reachedFrom(path: string): Import[] {
  const seen = new Set([path]);
  const found: Import[] = [];
  for (const from of seen) {
    for (const each of imports.filter((of) => of.from === from && of.kind === 'static')) {
      found.push(each);
      if (sources.has(each.to)) seen.add(each.to);
    }
  }
  return found;
}

describe('the reading of sources', () => {
  test('finds imports of every kind and leaves types out', () => {
    const text = [
      "import a, { type B } from 'one';",
      "import type { C } from 'types';",
      "import {\n  d,\n  e,\n} from './two.js';",
      "import 'three';",
      "export { f } from '../four.js';",
      "export type { G } from 'types';",
      "const h = await import('five');",
      "const { open } = createRequire(import.meta.url)('six') as typeof import('types');",
      "// import i from 'comment';",
    ].join('\n');
    expect(importsOf('folder/file.ts', text).map(({ to, kind }) => `${kind} ${to}`)).toEqual([
      'static one',
      'static folder/two.ts',
      'static three',
      'static four.ts',
      'dynamic five',
      'static six',
    ]);
  });

  test('finds what is there: files, imports between them, and engines', () => {
    expect(sources.size).toBeGreaterThan(40);
    expect(imports.filter(({ to }) => sources.has(to)).length).toBeGreaterThan(100);
    expect(imports.some(({ to }) => to === 'lmdb')).toBe(true);
    const lost = imports.filter(({ to }) => to.endsWith('.ts') && !sources.has(to));
    expect(lost.map(shown)).toEqual([]);
  });
});

describe('who may import whom', () => {
  test('engines: drivers, Lambda handlers and targets/ alone', () => {
    const mayUse = (path: string) =>
      targetOf(path) !== undefined || path.endsWith('.lambda.ts') || path.startsWith('engines/');
    expect(imports.filter(({ from, to }) => isEngine(to) && !mayUse(from)).map(shown)).toEqual([]);
  });

  test('drivers: targets/ and drivers of the same target alone', () => {
    const mayUse = ({ from, to }: Import) =>
      isInTargets(from) || targetOf(from) === targetOf(to) || (from.endsWith('.lambda.ts') && targetOf(to) === 'aws');
    expect(imports.filter((of) => targetOf(of.to) !== undefined && !mayUse(of)).map(shown)).toEqual([]);
  });

  test('a target: targets/index.ts alone, when it is chosen', () => {
    const intoTargets = imports.filter(({ to }) => /^targets\/(local|aws)\.ts$/.test(to));
    expect(
      intoTargets.map(({ from, kind }) => `${from} ${kind}`).filter((of) => of !== 'targets/index.ts dynamic'),
    ).toEqual([]);
    expect(intoTargets.length).toBeGreaterThan(0);
  });

  test('commands: the table of them alone, and the program has that table', () => {
    const wrong = imports.filter(
      ({ from, to }) => to.startsWith('commands/') && from !== 'commands/index.ts' && to !== 'commands/index.ts',
    );
    expect(wrong.map(shown)).toEqual([]);
    expect(imports.filter(({ to }) => to === 'commands/index.ts').map(({ from }) => from)).toContain('cli.ts');
    const files = [...sources.keys()].filter((path) => path.startsWith('commands/') && path !== 'commands/index.ts');
    const listed = imports.filter(({ from }) => from === 'commands/index.ts').map(({ to }) => to);
    expect(listed.filter((to) => files.includes(to)).sort()).toEqual(files);
  });

  test('nothing heavy before it is needed', () => {
    const reached = reachedFrom('cli.ts');
    expect(reached.length).toBeGreaterThan(40);
    expect(reached.filter(({ to }) => isHeavy(to)).map(shown)).toEqual([]);
    expect(reached.filter(({ to }) => targetOf(to) !== undefined).map(shown)).toEqual([]);
  });
});

test('no sentence asks which target it is, but in targets/', () => {
  const asking = /[!=]==\s*'(aws|local)'|'(aws|local)'\s*[!=]==|case '(aws|local)'/;
  const wrong = [...sources].filter(([path, text]) => !isInTargets(path) && asking.test(text)).map(([path]) => path);
  expect(wrong).toEqual([]);
});

/** Who may touch `process` beside cli.ts, and why. */
const PROCESS: Record<string, { readonly names: readonly string[]; readonly why: string }> = {
  'engines/lmdb/file.ts': { names: ['execPath', 'argv'], why: 'looks into a file in a process that may crash' },
  'engines/aws/session.ts': { names: ['env'], why: 'the SDK reads its settings there, and is told one' },
  'commands/demo.ts': { names: ['execPath'], why: 'runs the commands that it shows' },
};

test('only cli.ts touches process', () => {
  const wrong = [...sources]
    .filter(([path]) => path !== 'cli.ts')
    // A Lambda handler is a program of its own: its settings are its environment.
    .filter(([path]) => !path.endsWith('.lambda.ts'))
    .flatMap(([path, text]) =>
      [...text.matchAll(/(?<![\w.])process\.(\w+)|from '(?:node:)?process'/g)]
        .filter(([, name]) => !PROCESS[path]?.names.includes(name ?? ''))
        .map(([found]) => `${path}: ${found}`),
    );
  expect(wrong).toEqual([]);
  expect(sources.get('cli.ts')).toContain('process.exitCode');
});

test('no name is a catch-all', () => {
  const catchAll = /^(utils?|helpers?|commons?|shared|misc|managers?|services?|impl)$/i;
  const paths = [...[...sources.keys()].map((path) => `src/${path}`), ...tests.map((path) => `tests/${path}`)];
  expect(paths.filter((path) => path.split(/[/.-]/).some((part) => catchAll.test(part)))).toEqual([]);
});

describe('tests mirror src', () => {
  const portOf = (path: string) => path.replace(/\.(local|aws)\.ts$/, '.ts');
  const drivers = [...sources.keys()].filter((path) => targetOf(path) && sources.has(portOf(path)));

  test('every port has a contract, and every driver is held to it', () => {
    expect(drivers.length).toBeGreaterThan(1);
    const contractOf = (driver: string) => portOf(driver).replace(/\.ts$/, '.contract.ts');
    expect(drivers.map(contractOf).filter((path) => !tests.includes(path))).toEqual([]);
    const notHeld = drivers.filter((driver) => {
      const name = basename(driver).replace(/\.ts$/, '');
      const held = tests.filter((path) => [`${name}.test.ts`, `${name}.emulator.test.ts`].includes(basename(path)));
      return !held.some((path) =>
        importsOf(path, readFileSync(join(ROOT, 'tests', path), 'utf8')).some(({ to }) => to === contractOf(driver)),
      );
    });
    expect(notHeld).toEqual([]);
  });

  test('every folder of tests is one of src', () => {
    const folders = new Set(tests.filter((path) => path.endsWith('.test.ts') && isFolderOfTests(path)).map(dirname));
    expect([...folders].filter((folder) => !statSync(join(ROOT, 'src', folder), { throwIfNoEntry: false }))).toEqual(
      [],
    );
    expect(folders.size).toBeGreaterThan(2);
  });

  test('what is named after a driver or a port has one', () => {
    const named = tests.filter(
      (path) => /\.(contract|(local|aws)(\.emulator)?\.test)\.ts$/.test(path) && isFolderOfTests(path),
    );
    const of = (path: string) => path.replace(/\.(contract|(emulator\.)?test)\.ts$/, '.ts');
    expect(named.filter((path) => !sources.has(of(path)))).toEqual([]);
  });

  test('nothing is skipped or run alone', () => {
    const wrong = tests
      .filter((path) => path.endsWith('.ts') && path !== 'layout.test.ts')
      .filter((path) => /\b(test|describe|it)\.(only|todo)\b/.test(readFileSync(join(ROOT, 'tests', path), 'utf8')));
    expect(wrong).toEqual([]);
  });
});

describe('size and shape', () => {
  const lines = [...sources].map(([path, text]) => ({ path, count: text.split('\n').length - 1 }));

  test('every file says first what it is; a command does so in its summary', () => {
    const isCommand = (path: string) => path.startsWith('commands/') && path !== 'commands/index.ts';
    const wrong = [...sources].filter(([path, text]) => !isCommand(path) && !text.startsWith('/**'));
    expect(wrong.map(([path]) => path)).toEqual([]);
  });

  test('half of the files have at most 100 lines, none has over 400', () => {
    const counts = lines.map(({ count }) => count).sort((a, b) => a - b);
    expect(counts[Math.floor(counts.length / 2)]).toBeLessThanOrEqual(100);
    expect(lines.filter(({ count }) => count > 400)).toEqual([]);
  });

  test('nothing is left to do', () => {
    const wrong = [...sources].filter(([, text]) => /\b(TODO|FIXME|XXX|HACK)\b/.test(text)).map(([path]) => path);
    expect(wrong).toEqual([]);
  });
});

test('this file is where it reads from', () => {
  expect(relative(ROOT, fileURLToPath(import.meta.url))).toBe(join('tests', 'layout.test.ts'));
});
