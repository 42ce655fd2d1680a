/** Bundles src/ into dist/: one file for what every command needs, others for what some do, and what `deploy` brings to AWS. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

rmSync('dist', { recursive: true, force: true });
await build({
  ...options,
  entryPoints: ['src/cli.ts', 'src/orders/scan.thread.ts'],
  outdir: 'dist',
  entryNames: '[name]',
  splitting: true,
  target: 'node20',
  // Native code, and JavaScript that evaluates text with the names it was written with: it stays a package of its own.
  external: ['lmdb'],
  // The same code as ES modules, of which the bundler leaves out what isn't used.
  alias: { yaml: './node_modules/yaml/browser/index.js' },
});

// The stack: its template and prices as they are, and each Lambda function as the zip that Lambda takes.
mkdirSync('dist/stack');
for (const name of ['template.yaml', 'prices.json']) copyFileSync(`src/stack/${name}`, `dist/stack/${name}`);
for (const [name, path] of Object.entries({ 'process-orders': 'src/order-history/process-orders.lambda.ts' })) {
  // With the SDK: what Lambda brings along is another version than the one that was tested.
  const { outputFiles } = await build({ ...options, entryPoints: [path], target: 'node24', write: false });
  // The same code is the same zip, byte for byte, since `deploy` names it by its content.
  const file = [outputFiles[0].contents, { mtime: new Date(1980, 0, 2), level: 9 }];
  writeFileSync(`dist/stack/${name}.zip`, zipSync({ [`${name}.mjs`]: file }));
}
