/** Runs whole processes and says how long they took and how much memory they had at most. */
import { execFileSync, spawn } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { build } from 'esbuild';

export const ALAKAZAM = fileURLToPath(new URL('../bin/alakazam.js', import.meta.url));

/** Runs a command and waits for it: wall time in milliseconds, processor time and peak memory as `/usr/bin/time` has them. */
export async function run(command, args, environment = {}) {
  const startMs = performance.now();
  const timed = existsSync('/usr/bin/time');
  const [program, words] = timed ? ['/usr/bin/time', ['-f', '%U %S %M', command, ...args]] : [command, args];
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...environment } });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} exited with ${code}: ${errors}`);
  const ms = performance.now() - startMs;
  const [user, system, peakKiB] = timed ? errors.trim().split('\n').at(-1).split(' ').map(Number) : [];
  return { ms, processorSeconds: user + system, peakMiB: peakKiB / 1024 };
}

export function alakazam(args, home) {
  return run(process.execPath, [ALAKAZAM, ...args], { ALAKAZAM_HOME: home });
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs two things in turn and gives the median of the ratios of their times. */
export async function ratio(times, ours, theirs) {
  const ratios = [];
  await ours();
  await theirs();
  for (let i = 0; i < times; i++) {
    const a = await ours();
    const b = await theirs();
    ratios.push(a.ms / b.ms);
  }
  return median(ratios);
}

/** A directory that is gone when the process ends. */
export function scratch() {
  const path = mkdtempSync(join(tmpdir(), 'alakazam-bench-'));
  process.on('exit', () => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The real orders as a plain file, from the directory that ALAKAZAM_DATA names. */
export async function realOrders(directory) {
  const data = process.env.ALAKAZAM_DATA;
  if (!data)
    throw new Error(
      'set ALAKAZAM_DATA to the directory with OnlineRetail.csv.gz; data/README.md says where it comes from',
    );
  const path = join(directory, 'OnlineRetail.csv');
  await pipeline(createReadStream(join(data, 'OnlineRetail.csv.gz')), createGunzip(), createWriteStream(path));
  return path;
}

/** What `contents` exports from the sources, bundled into `name` beside what the build makes, where threads and kernels are found. */
export async function bundled(name, contents) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const outfile = join(root, 'dist', `${name}.mjs`);
  await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile,
    external: ['lmdb'],
    logLevel: 'warning',
  });
  process.on('exit', () => rmSync(outfile, { force: true }));
  return import(outfile);
}

/** The directory of the programs of an environment with one package of PyPI. Made beside the tools of the tests, once. */
export function withPackage(name, version) {
  const cache = fileURLToPath(new URL('../node_modules/.cache', import.meta.url));
  const environment = join(cache, `alakazam-${name}-${version}`);
  if (!existsSync(join(environment, 'complete'))) {
    execFileSync('python3', ['-m', 'venv', '--clear', environment]);
    execFileSync(join(environment, 'bin', 'pip'), ['install', '--quiet', `${name}==${version}`]);
    execFileSync('touch', [join(environment, 'complete')]);
  }
  return join(environment, 'bin');
}
