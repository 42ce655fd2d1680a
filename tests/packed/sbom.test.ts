/** The bill of materials names each package whose code others get, installed or bundled, and no other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../run-cli.js';

interface Bill {
  readonly bomFormat: string;
  readonly metadata: { readonly component: { readonly name: string } };
  readonly components: readonly { readonly name: string; readonly version: string; readonly purl: string }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
const bill = read('dist/sbom.cdx.json') as Bill;
const listed = new Set(bill.components.map(({ name, version }) => `${name}@${version}`));
/** Where npm puts each package, with its version, and whether only developers need it. */
const locked = read('package-lock.json').packages as Record<
  string,
  { readonly version: string; readonly dev?: boolean }
>;

/** As npm's own list has them. */
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

test('names every package that is installed with it', () => {
  const installed = Object.entries(locked).filter(([path, { dev }]) => path !== '' && !dev);
  expect(installed.length).toBeGreaterThan(10);
  for (const [path, { version }] of installed) expect(listed).toContain(`${nameOf(path)}@${version}`);
});

test('names every package whose code is in dist/, and no other', () => {
  const outputs = read('node_modules/.cache/alakazam/dist.json') as Record<string, { inputs: Record<string, unknown> }>;
  const bundled = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const paths = bundled.flatMap(
    (input) => /^node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? [],
  );
  expect(new Set(paths).size).toBeGreaterThan(50);
  for (const path of new Set(paths)) expect(listed).toContain(`${nameOf(path)}@${locked[path]?.version}`);
  // What only tests and the build need.
  for (const name of ['vitest', 'typescript', 'esbuild', 'fast-check', 'assemblyscript', 'pg']) {
    expect([...listed].filter((each) => each.startsWith(`${name}@`))).toEqual([]);
  }
});

test('is CycloneDX, of this package, and whole in itself', () => {
  expect([bill.bomFormat, bill.metadata.component.name]).toEqual(['CycloneDX', 'alakazam']);
  expect(bill.components.every(({ purl }) => purl.startsWith('pkg:npm/'))).toBe(true);
  const refs = new Set(bill.dependencies.map(({ ref }) => ref));
  for (const { dependsOn } of bill.dependencies) for (const ref of dependsOn) expect(refs).toContain(ref);
});
