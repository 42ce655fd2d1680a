/** Builds dist/: the command line, and what `deploy` brings to AWS. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { main as compileKernel } from 'assemblyscript/asc';
import { build } from 'esbuild';
import { zipSync } from 'fflate';
import { bundleCommandLine, options } from './bundle.js';
import { billOfMaterials } from './sbom.js';

const KERNEL_FILES = ['kernel/als.ts', 'kernel/candidates.ts', 'kernel/reasons.ts', 'kernel/signals.ts'];
const KERNEL_OPTIONS = [
  ...['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--enable', 'threads'],
  ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '32768'],
];
const kernels = new Map();

const { files, contents } = await bundleCommandLine();
const sources = readdirSync('src', { recursive: true }).map((path) => `src/${path.replaceAll('\\', '/')}`);

// Each Lambda function, as the zip that Lambda takes.
const zips = new Map();
const inputs = new Set(Object.values(contents).flatMap((output) => Object.keys(output.inputs)));
for (const path of sources.filter((path) => path.endsWith('.lambda.ts'))) {
  const name = basename(path, '.lambda.ts');
  // With the SDK: what Lambda brings along is another version than the one that was tested.
  const entry = { entryPoints: [path], target: 'node24', write: false, metafile: true };
  const { outputFiles, metafile } = await build({ ...options, ...entry });
  for (const input of Object.keys(metafile.inputs)) inputs.add(input);
  // The same code is the same zip, byte for byte, since `deploy` names it by its content.
  const file = [outputFiles[0].contents, { mtime: new Date(1980, 0, 2), level: 9 }];
  zips.set(name, zipSync({ [`${name}.mjs`]: file }));
}

// Beside node_modules, where it finds its packages.
const joiner = resolve('node_modules/.cache/alakazam/join-template.mjs');
await build({
  stdin: {
    contents: `export * from './src/stack/join-template.ts'; export * from './src/stack-parts.ts'`,
    resolveDir: '.',
  },
  outfile: joiner,
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
});
const { joinTemplate, PARTS } = await import(pathToFileURL(joiner).href);

// What recommendations calculate with.
const kernel = await compileKernel([...KERNEL_FILES, '--outFile', 'kernel.wasm', ...KERNEL_OPTIONS], {
  readFile: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : null),
  listFiles: () => [],
  writeFile: (path, contents) => void kernels.set(path, contents),
});
if (kernel.error) throw new Error(`kernel: ${kernel.error.message}\n${kernel.stderr}`);

// The fragments of the stages, joined to the template. A stage that is not in the list comes behind it.
const order = PARTS.map(({ stage }) => stage);
const placeOf = ({ stage }) => (stage === 'stack' ? Number.POSITIVE_INFINITY : order.indexOf(stage) >>> 0);
const fragments = sources
  .filter((path) => basename(path) === 'stack.yaml')
  .map((path) => ({ path, stage: basename(dirname(path)), text: readFileSync(path, 'utf8') }))
  .sort((a, b) => placeOf(a) - placeOf(b) || a.stage.localeCompare(b.stage));
const template = joinTemplate(fragments);
const bill = billOfMaterials(inputs);

// All at once, and only now: whoever runs it meanwhile finds the one or the other.
rmSync('dist', { recursive: true, force: true });
mkdirSync('dist/stack', { recursive: true });
for (const { path, contents } of files) writeFileSync(path, contents);
for (const [name, contents] of kernels) writeFileSync(`dist/${name}`, contents);
writeFileSync('dist/stack/template.yaml', template.yaml);
writeFileSync('dist/stack/template.json', template.json);
copyFileSync('src/stack/prices.json', 'dist/stack/prices.json');
writeFileSync('dist/sbom.cdx.json', bill);
for (const [name, zip] of zips) writeFileSync(`dist/stack/${name}.zip`, zip);

// Which file holds what of which package: the tests look there what a command loads.
mkdirSync('node_modules/.cache/alakazam', { recursive: true });
writeFileSync('node_modules/.cache/alakazam/dist.json', JSON.stringify(contents));
