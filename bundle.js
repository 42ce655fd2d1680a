/** Bundles the command line into few files that load fast: what every command needs, and what some do. */
import { readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { basename } from 'node:path';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

export const options = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  // Packages as ES modules: of the SDK, less than half is used, and how to sign in is loaded by who has to.
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  define: { VERSION: JSON.stringify(version) },
  // Some packages are CommonJS and ask for Node's own modules by `require`. All files lie in one directory, so one of it is enough.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=globalThis[Symbol.for('alakazam.require')]??=__createRequire(import.meta.url);",
  },
  logLevel: 'warning',
};

/** What packages import and hardly use, and every start would pay for. */
const LIGHTER = [
  // The SDK's client for Kinesis would speak HTTP/2, had it no handler of another kind.
  {
    filter: /\/node-http2-handler$/,
    importer: /@smithy/,
    contents: 'export const NodeHttp2Handler = { create: (handler) => handler }',
  },
  // A command of commander may be a program of its own.
  { filter: /^node:child_process$/, importer: /[\\/]commander[\\/]/, contents: 'module.exports = {}' },
  // LMDB encodes and caches objects with these; the values here are bytes.
  { filter: /^(msgpackr|weak-lru-cache)$/, importer: /[\\/]lmdb[\\/]/, contents: 'module.exports = {}' },
  // The native part of LMDB lies beside the package of LMDB, not beside this bundle.
  {
    filter: /^node-gyp-build-optional-packages$/,
    importer: /[\\/]lmdb[\\/]/,
    contents: `
      const { dirname } = require('node:path');
      const load = require('node-gyp-build-optional-packages/node-gyp-build.js');
      module.exports = () => load(dirname(dirname(require.resolve('lmdb'))));`,
  },
  // The native part is another one for musl. detect-libc loads what starts programs, in case it must ask one for the C
  // library. On Linux the first bytes of a program name its loader, and so its C library; detect-libc reads them too.
  {
    filter: /^detect-libc$/,
    importer: /node-gyp-build-optional-packages/,
    contents: `
      const { closeSync, openSync, readSync } = require('node:fs');
      exports.MUSL = 'musl';
      exports.familySync = () => {
        const file = openSync(process.execPath);
        const head = Buffer.alloc(2048);
        readSync(file, head);
        closeSync(file);
        return head.includes('/ld-musl-') ? 'musl' : 'glibc';
      };`,
  },
];

const lighter = {
  name: 'lighter',
  setup({ onResolve, onLoad }) {
    for (const [n, { filter, importer, contents }] of LIGHTER.entries()) {
      const there = { path: filter.source, namespace: `lighter-${n}`, sideEffects: false };
      onResolve({ filter }, (from) => (importer.test(from.importer) ? there : undefined));
      onLoad({ filter: /.*/, namespace: `lighter-${n}` }, () => ({ contents, resolveDir: import.meta.dirname }));
    }
  },
};

/** They take 2 to 5 ms to load, and of the commands that could call them few do. */
const LATE = ['node:child_process', 'node:crypto', 'node:fs/promises', 'node:zlib'];

/**
 * Loads Node's own modules by `require`, and reads of each module only the names that are used. An `import` reads every name
 * when it is linked, and behind some names lie further modules: `node:util` brings the worker threads, `node:crypto` WebCrypto.
 * Those of `LATE` are loaded by the first call.
 */
const ownModules = {
  name: 'own-modules',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z]/ }, ({ path, kind, importer }) => {
      const isImported = kind === 'import-statement' || kind === 'dynamic-import';
      // `require` itself comes from `node:module`.
      if (!isImported || !isBuiltin(path) || path === 'node:module') return undefined;
      // A copy for each importer: a shared one would read for every command what a single command uses.
      return { path: `${path} for ${importer}`, namespace: 'own-modules', sideEffects: false, pluginData: path };
    });
    onLoad({ filter: /^/, namespace: 'own-modules' }, ({ pluginData: path }) => {
      // An unused export is left out only if the bundler knows that nothing happens when it is read.
      const pure = (name, value) => `export const ${name} = /* @__PURE__ */ (() => ${value})();`;
      const read = (name) => pure(name, `own().${name}`);
      const call = (name) => pure(name, `(...given) => own().${name}(...given)`);
      const isLate = LATE.includes(path) ? (of) => typeof of === 'function' && !/^[A-Z]/.test(of.name) : () => false;
      const names = Object.entries(require(path)).map(([name, of]) => (isLate(of) ? call : read)(name));
      // `require` looks a module up anew at each call, which takes some microseconds.
      const own = `let found; const own = () => (found ??= require('${path}'));`;
      return { contents: [own, 'export default /* @__PURE__ */ own();', ...names].join('\n') };
    });
  },
};

/**
 * Joins chunks. The bundler makes one of the modules that the same entry points need: a dozen for `cli.js`, a hundred in all. Node
 * takes longer to find and link a file than to read it. `start.js` is what `cli.js` imports, so that every command loads it, and
 * `shared.js` all other chunks that are small. Gives the files, and by path what each is made of.
 */
async function joinChunks({ outputFiles, metafile: { outputs } }) {
  const texts = new Map(outputFiles.map(({ path, text }) => [`dist/${basename(path)}`, text]));
  const start = importedBy('dist/cli.js', outputs);
  const groups = new Map([
    ['dist/start.js', start],
    ['dist/shared.js', smallChunks(start, outputs)],
  ]);
  const joined = new Map([...groups].flatMap(([group, chunks]) => chunks.map((chunk, i) => [chunk, { group, i }])));
  // The bundler calls the exports of each chunk a, b, c: in one file, the number of the chunk tells them apart.
  const exportsOf = (path, line) =>
    outputs[path].exports.map((name) => line(name, `${name}_${joined.get(path).i}`)).join();
  const whole = (path) =>
    `export {${exportsOf(path, (name, unique) => `${name} as ${unique}`)}} from './${basename(path)}';`;
  const instead = (path) =>
    `export {${exportsOf(path, (name, unique) => `${unique} as ${name}`)}} from './${basename(joined.get(path).group)}';`;
  for (const [group, chunks] of groups) texts.set(group, chunks.map(whole).join('\n'));

  const chunks = {
    name: 'chunks',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^/ }, ({ path, importer, kind }) => {
        const file = `dist/${basename(path)}`;
        if (kind === 'entry-point') return { path: file, namespace: 'built' };
        const group = joined.get(file)?.group;
        if (!group) return { path, external: true };
        const isInside = importer === group || joined.get(importer)?.group === group;
        return { path: file, namespace: isInside ? 'built' : 'joined' };
      });
      onLoad({ filter: /^/, namespace: 'built' }, ({ path }) => ({ contents: texts.get(path) }));
      onLoad({ filter: /^/, namespace: 'joined' }, ({ path }) => ({ contents: instead(path) }));
    },
  };
  const { format, platform, minify, logLevel } = options;
  const { outputFiles: files } = await build({
    ...{ format, platform, minify, logLevel, bundle: true, write: false, outdir: 'dist', plugins: [chunks] },
    entryPoints: [...texts.keys()].filter((path) => !joined.has(path)),
    // The warning is about `ordered-binary`, whose names are kept: see its alias.
    logOverride: { 'direct-eval': 'silent' },
  });
  const contents = Object.fromEntries(Object.entries(outputs).filter(([path]) => !joined.has(path)));
  for (const [group, chunks] of groups)
    contents[group] = { inputs: Object.assign({}, ...chunks.map((path) => outputs[path].inputs)) };
  return { files, contents };
}

/** A chunk of more bytes is loaded by the commands that need it, and by no other. */
const SMALL_BYTES = 2_500;

/** Small chunks that import nothing but each other and what is in `start`. */
function smallChunks(start, outputs) {
  const found = new Set();
  const isIn = ({ kind, path }) =>
    kind !== 'import-statement' || !outputs[path] || start.includes(path) || found.has(path);
  const isNext = (path) =>
    !start.includes(path) && !found.has(path) && !outputs[path].entryPoint && outputs[path].bytes <= SMALL_BYTES;
  const next = () => Object.keys(outputs).find((path) => isNext(path) && outputs[path].imports.every(isIn));
  for (let path = next(); path; path = next()) found.add(path);
  return [...found];
}

/** The chunks that a file imports, and those that these import. */
function importedBy(file, outputs) {
  const found = new Set([file]);
  // A set goes on over what is added meanwhile.
  for (const path of found) {
    for (const { kind, path: chunk } of outputs[path].imports)
      if (kind === 'import-statement' && outputs[chunk]) found.add(chunk);
  }
  return [...found].slice(1);
}

const programs = {
  ...options,
  write: false,
  outdir: 'dist',
  entryNames: '[name]',
  target: 'node20',
  alias: {
    // The same code as ES modules, of which the bundler leaves out what isn't used.
    yaml: './node_modules/yaml/browser/index.js',
    // It evaluates text that has its own names in it. The bundler keeps those names in a CommonJS module, not in an ES module.
    'ordered-binary': './node_modules/ordered-binary/dist/index.cjs',
  },
  // Its native part is found where it lies.
  external: ['@duckdb/node-bindings'],
  plugins: [lighter, ownModules],
  metafile: true,
};

/** The files of the command line, and by path what each is made of, as the bundler says it. */
export async function bundleCommandLine() {
  // A thread shares no module with the program that starts it.
  const threads = await build({
    ...programs,
    entryPoints: [
      'src/sources/file/scan.thread.ts',
      'src/product-recommendations/training.thread.ts',
      'src/product-recommendations/serving.thread.ts',
    ],
  });
  const { files, contents } = await joinChunks(
    await build({ ...programs, entryPoints: ['src/cli.ts'], splitting: true }),
  );
  return { files: [...threads.outputFiles, ...files], contents: { ...threads.metafile.outputs, ...contents } };
}
