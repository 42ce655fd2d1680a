/** Bundles src/ into dist/: one file for what every command needs, others for what some do. */
import { readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

rmSync('dist', { recursive: true, force: true });
await build({
  entryPoints: ['src/cli.ts', 'src/orders/scan.thread.ts'],
  outdir: 'dist',
  entryNames: '[name]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  legalComments: 'none',
  // Native code, and JavaScript that evaluates text with the names it was written with: it stays a package of its own.
  external: ['lmdb'],
  // The same code as ES modules, of which the bundler leaves out what isn't used.
  alias: { yaml: './node_modules/yaml/browser/index.js' },
  define: { VERSION: JSON.stringify(version) },
  // Some packages are CommonJS and ask for Node's own modules by `require`.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
