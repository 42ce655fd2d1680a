/** Builds dist/: the command line, and what `deploy` brings to AWS. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { zipSync } from 'fflate';
import { bundleCommandLine, options } from './bundle.js';

const { files, contents } = await bundleCommandLine();
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
for (const { path, contents } of files) writeFileSync(path, contents);
writeFileSync('dist/stack/template.yaml', template.yaml);
writeFileSync('dist/stack/template.json', template.json);
copyFileSync('src/stack/prices.json', 'dist/stack/prices.json');
for (const [name, zip] of zips) writeFileSync(`dist/stack/${name}.zip`, zip);

// Which file holds what of which package: the tests look there what a command loads.
mkdirSync('node_modules/.cache/alakazam', { recursive: true });
writeFileSync('node_modules/.cache/alakazam/dist.json', JSON.stringify(contents));
