/** Bundles src/ into dist/: one file for what every command needs, others for what some do, and what `deploy` brings to AWS. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { zipSync } from 'fflate';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

const options = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  // Packages as ES modules: of the SDK, less than half is used, and how to sign in is loaded by who has to.
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  define: { VERSION: JSON.stringify(version) },
  // Some packages are CommonJS and ask for Node's own modules by `require`.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
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
  // Imported, all of its names are looked up, and one of them is a second implementation of HTTP.
  { filter: /^node:http$/, importer: /@smithy/, contents: 'module.exports = require("node:http")' },
];

const lighter = {
  name: 'lighter',
  setup({ onResolve, onLoad }) {
    for (const [n, { filter, importer, contents }] of LIGHTER.entries()) {
      const there = { path: filter.source, namespace: `lighter-${n}`, sideEffects: false };
      onResolve({ filter }, (from) => (importer.test(from.importer) ? there : undefined));
      onLoad({ filter: /.*/, namespace: `lighter-${n}` }, () => ({ contents }));
    }
  },
};

const { metafile, outputFiles: modules } = await build({
  ...options,
  write: false,
  entryPoints: ['src/cli.ts', 'src/sources/file/scan.thread.ts'],
  outdir: 'dist',
  entryNames: '[name]',
  splitting: true,
  target: 'node20',
  // Native code, and JavaScript that evaluates text with the names it was written with: it stays a package of its own.
  external: ['lmdb'],
  // The same code as ES modules, of which the bundler leaves out what isn't used.
  alias: { yaml: './node_modules/yaml/browser/index.js' },
  plugins: [lighter],
  metafile: true,
});

const sources = readdirSync('src', { recursive: true }).map((path) => `src/${path.replaceAll('\\', '/')}`);

// Each Lambda function, as the zip that Lambda takes.
const zips = new Map();
for (const path of sources.filter((path) => path.endsWith('.lambda.ts'))) {
  const name = basename(path, '.lambda.ts');
  // With the SDK: what Lambda brings along is another version than the one that was tested.
  const { outputFiles } = await build({ ...options, entryPoints: [path], target: 'node24', write: false });
  // The same code is the same zip, byte for byte, since `deploy` names it by its content.
  const file = [outputFiles[0].contents, { mtime: new Date(1980, 0, 2), level: 9 }];
  zips.set(name, zipSync({ [`${name}.mjs`]: file }));
}

// The fragments of the stages, joined to the template. Parameters and widgets are shown in this order, those of a stage that
// is not in the list after it.
const ORDER = ['stream', 'order-history', 'lake', 'warehouse'];
const placeOf = ({ stage }) => (stage === 'stack' ? Number.POSITIVE_INFINITY : ORDER.indexOf(stage) >>> 0);
const fragments = sources
  .filter((path) => basename(path) === 'stack.yaml')
  .map((path) => ({ path, stage: basename(dirname(path)), text: readFileSync(path, 'utf8') }))
  .sort((a, b) => placeOf(a) - placeOf(b) || a.stage.localeCompare(b.stage));
// Beside node_modules, where it finds its packages.
const joiner = resolve('node_modules/.cache/alakazam/join-template.mjs');
await build({
  entryPoints: ['src/stack/join-template.ts'],
  outfile: joiner,
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
});
const { joinTemplate } = await import(pathToFileURL(joiner).href);
const template = joinTemplate(fragments);

// All at once, and only now: whoever runs it meanwhile finds the one or the other.
rmSync('dist', { recursive: true, force: true });
mkdirSync('dist/stack', { recursive: true });
for (const { path, contents } of modules) writeFileSync(path, contents);
writeFileSync('dist/stack/template.yaml', template.yaml);
writeFileSync('dist/stack/template.json', template.json);
copyFileSync('src/stack/prices.json', 'dist/stack/prices.json');
for (const [name, zip] of zips) writeFileSync(`dist/stack/${name}.zip`, zip);

// Which file holds what of which package: the tests look there what a command loads.
mkdirSync('node_modules/.cache/alakazam', { recursive: true });
writeFileSync('node_modules/.cache/alakazam/dist.json', JSON.stringify(metafile.outputs));
