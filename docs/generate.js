/**
 * Writes the tables of the README that say what the source says: commands, settings, exit codes. `npm run docs` writes them;
 * `node docs/generate.js --check` changes nothing and fails if a table is out of date.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const isCheck = process.argv.includes('--check');
const readme = process.argv.slice(2).find((word) => !word.startsWith('--')) ?? 'README.md';
const source = await loadSource();
const tables = { commands: commands(), settings: await settings(), 'exit-codes': exitCodes() };

const before = readFileSync(readme, 'utf8');
let after = before;
for (const [name, table] of Object.entries(tables)) {
  const section = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
  if (!section.test(after)) fail(`${readme} has no <!-- ${name} --> … <!-- /${name} -->`);
  const written = after.replace(section, (_, start, end) => start + table + end);
  if (isCheck && written !== after) fail(`the table of ${name} in ${readme} is out of date; npm run docs writes it`);
  after = written;
}
if (after !== before) writeFileSync(readme, after);

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

/** The modules that hold the facts, bundled since they are TypeScript; beside node_modules, where they find their packages. */
async function loadSource() {
  const outfile = resolve('node_modules/.cache/alakazam/docs.mjs');
  mkdirSync(resolve(outfile, '..'), { recursive: true });
  const contents = ['command', 'commands/index', 'config', 'errors', 'options', 'settings'].map(
    (name) => `export * from './src/${name}.js';`,
  );
  await build({
    stdin: { contents: contents.join('\n'), resolveDir: process.cwd() },
    outfile,
    bundle: true,
    splitting: false,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    logLevel: 'warning',
  });
  return import(pathToFileURL(outfile).href);
}

function table(head, rows) {
  const cell = (text) => text.replaceAll('|', '\\|');
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |\n`).join('');
}

function commands() {
  const rows = source.COMMANDS.map(({ name, summary, examples: [[line]] }) => [`\`${name}\``, summary, `\`${line}\``]);
  return table(['command', 'what it does', 'for example'], rows);
}

/** The defaults are those that the program finds where nothing is set. */
async function settings() {
  const { SETTINGS, KEYS, COMMANDS, COMMON_OPTIONS, readConfig, flagFor, variableOf } = source;
  const unset = { flags: {}, environment: {}, directory: '/', targets: ['local', 'aws'], isWithoutFiles: true };
  const config = await readConfig(unset);
  const takes = (options, key) => Object.values(options).some(({ setting }) => setting === key);
  const flagsOf = (key) => {
    if (takes(COMMON_OPTIONS, key)) return `\`${flagFor(key)}\``;
    const own = COMMANDS.filter(({ options }) => takes(options, key));
    return own.length === 0 ? 'none' : `\`${flagFor(key)}\` of ${own.map(({ name }) => `\`${name}\``).join(', ')}`;
  };
  const rows = KEYS.map((key) => {
    const value = config.get(key)?.replace(homedir(), '~');
    return [`\`${key}\``, SETTINGS[key].about, flagsOf(key), `\`${variableOf(key)}\``, value ? `\`${value}\`` : 'none'];
  });
  return table(['key', 'what it sets', 'flag', 'environment variable', 'default'], rows);
}

function exitCodes() {
  return table(
    ['code', 'meaning'],
    Object.values(source.EXIT_CODES).map(({ code, meaning }) => [`${code}`, meaning]),
  );
}
