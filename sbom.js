/**
 * A bill of materials in CycloneDX: every package that is installed with alakazam, and every one whose code is in dist/. npm knows
 * only the first; the others are development dependencies to it, because the build bundles them.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** `inputs` are the files that were bundled, as esbuild names them. The same packages give the same text. */
export function billOfMaterials(inputs) {
  const whole = JSON.parse(npm('sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'));
  const bundled = new Set([...inputs].flatMap(packageOf));
  const components = whole.components
    .filter(({ 'bom-ref': ref, properties = [] }) => bundled.has(ref) || !isForDevelopment(properties))
    .map(({ externalReferences: _, ...component }) => {
      const isBundled = bundled.has(component['bom-ref']);
      return isBundled
        ? { ...component, scope: 'required', properties: [{ name: 'alakazam:bundled', value: 'true' }] }
        : component;
    });
  const refs = new Set([whole.metadata.component['bom-ref'], ...components.map((each) => each['bom-ref'])]);
  const missing = [...bundled].filter((ref) => !refs.has(ref));
  if (missing.length > 0) throw new Error(`bundled, and not in package-lock.json: ${missing.join(', ')}`);
  const dependencies = whole.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) }));
  const { timestamp: _, component, ...metadata } = whole.metadata;
  const { serialNumber: __, ...bill } = whole;
  const own = { ...component, name: component['bom-ref'].replace(/@[^@]*$/, '') };
  return `${JSON.stringify({ ...bill, metadata: { ...metadata, component: own }, components, dependencies }, null, 1)}\n`;
}

function isForDevelopment(properties) {
  return properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true');
}

/** `name@version` of the package that a file is of; none for our own, and for what the build puts in the place of one. */
function packageOf(input) {
  const [directory] = /^(?![\w-]+:).*node_modules\/(@[^/]+\/)?[^/]+/.exec(input) ?? [];
  if (directory === undefined) return [];
  const { name, version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  return [`${name}@${version}`];
}

/** The npm that runs the build, or else the one on the PATH. */
function npm(...args) {
  const path = process.env.npm_execpath;
  const options = { encoding: 'utf8', maxBuffer: 1 << 26 };
  if (path && basename(path).startsWith('npm')) return execFileSync(process.execPath, [path, ...args], options);
  return execFileSync('npm', args, { ...options, shell: process.platform === 'win32' });
}
