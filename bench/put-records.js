/** All real orders into a Kinesis stream on an emulator: what the command line takes of the processor, and of memory. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { startMiniStack } from './ministack.js';
import { ALAKAZAM, realOrders, run, scratch } from './run.js';

const ORDERS = 541_909;
const SHARDS = 4;
const ROWS_SHOWN = 15;

export async function putRecords() {
  const directory = scratch();
  const file = await realOrders(directory);
  const emulator = await startMiniStack();

  async function put(count, program = [ALAKAZAM]) {
    const name = `orders-${count}-${program.length}`;
    await emulator.createStream(name, SHARDS);
    const before = emulator.processorSeconds();
    const measured = await run(
      process.execPath,
      [...program, 'generate', '--quiet', '--source', file, '--count', `${count}`],
      {
        ...emulator.environment,
        ALAKAZAM_TARGET: 'aws',
        ALAKAZAM_HOME: join(directory, name),
        ALAKAZAM_ORDERS_STREAM: name,
      },
    );
    return { ...measured, emulatorSeconds: emulator.processorSeconds() - before };
  }

  // Before this the heap still grows to the size it then keeps.
  const part = await put(Math.round(ORDERS / 5));
  const all = await put(ORDERS);
  const tenth = Math.round(ORDERS / 10);
  const profiles = join(directory, 'profiles');
  await put(tenth, ['--cpu-prof', `--cpu-prof-dir=${profiles}`, await readable()]);
  emulator.stop();
  show(profiles, tenth);
  return [
    {
      what: `processor time of 541,909 real orders into Kinesis (${(all.ms / 1000).toFixed(0)} s)`,
      peer: `MiniStack, which takes them: ${all.emulatorSeconds.toFixed(1)} s`,
      goal: '≤ 0.25×',
      reached: `${(all.processorSeconds / all.emulatorSeconds).toFixed(2)}×, ${all.processorSeconds.toFixed(1)} s`,
    },
    {
      what: 'peak memory of 541,909 real orders into Kinesis',
      peer: `108,382 orders: ${part.peakMiB.toFixed(0)} MiB`,
      goal: '≤ 1.2×',
      reached: `${(all.peakMiB / part.peakMiB).toFixed(2)}×, ${all.peakMiB.toFixed(0)} MiB`,
    },
  ];
}

/** The program with the names it was written with. */
async function readable() {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const outdir = join(root, 'node_modules/.cache/alakazam-bench/readable');
  mkdirSync(outdir, { recursive: true });
  writeFileSync(join(outdir, 'package.json'), '{"type":"module"}');
  await build({
    absWorkingDir: root,
    entryPoints: ['src/cli.ts', 'src/sources/file/scan.thread.ts'],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    outdir,
    entryNames: '[name]',
    external: ['lmdb'],
    logLevel: 'warning',
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
  });
  return join(outdir, 'cli.js');
}

/** Prints where the time of the main thread went, by file or package. */
function show(profiles, count) {
  const microseconds = new Map();
  for (const name of readdirSync(profiles)) {
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(profiles, name), 'utf8'));
    // The other thread reads the file ahead.
    if (!nodes.some(({ callFrame }) => callFrame.url.endsWith('/cli.js'))) continue;
    const groups = new Map(nodes.map(({ id, callFrame }) => [id, groupOf(callFrame)]));
    for (const [i, id] of samples.entries()) {
      const group = groups.get(id);
      microseconds.set(group, (microseconds.get(group) ?? 0) + timeDeltas[i]);
    }
  }
  console.log(`self time of the main thread, microseconds an order, of ${count}:`);
  for (const [group, sum] of [...microseconds].sort((a, b) => b[1] - a[1]).slice(0, ROWS_SHOWN)) {
    console.log(`${(sum / count).toFixed(2).padStart(8)}  ${group}`);
  }
}

const texts = new Map();

/** The bundle says in comments which file each of its parts is from. */
function groupOf({ functionName, url, lineNumber }) {
  if (!url) return functionName || 'native code';
  if (!url.startsWith('file:')) return 'node';
  if (!texts.has(url)) texts.set(url, readFileSync(fileURLToPath(url), 'utf8').split('\n'));
  const lines = texts.get(url);
  for (let i = lineNumber; i >= 0; i--) {
    const [, path] = /^ *\/\/ ((?:src|node_modules)\/.*)/.exec(lines[i]) ?? [];
    if (path) return path.replace(/^node_modules\/((?:@[^/]+\/)?[^/]+).*/, '$1');
  }
  return 'node';
}
