/** The rate alarm: its window, from a crossing to whoever is told, and what it costs those who stream. */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { putOrders } from './put-orders.js';
import { ALAKAZAM, bundled, median, realOrders, run, scratch } from './run.js';

const EVENTS = 50_000_000;
const SURGES = 40;
const RUNS = 9;

export async function rateAlarm() {
  return [await windowRate(), await latency(), await slowdown()];
}

/** A thousand events a second in the mean, in random clumps. */
async function windowRate() {
  const { createWindow } = await bundled('bench-window', `export { createWindow } from './src/rate-alarm/window.js';`);
  const gaps = Uint8Array.from({ length: 4096 }, () => (Math.random() < 0.5 ? 0 : Math.floor(Math.random() * 5)));
  const rates = [];
  for (let i = 0; i < 5; i++) {
    const window = createWindow(1000);
    const startMs = performance.now();
    let [timeMs, crossings] = [0, 0];
    for (let n = 0; n < EVENTS; n++) {
      timeMs += gaps[n & 4095];
      if (window.add(timeMs, 1) > 1000) crossings++;
    }
    rates.push(EVENTS / (performance.now() - startMs) / 1000);
    if (crossings === 0) throw new Error('no window held more than a thousand');
  }
  const reached = `${median(rates).toFixed(0)} million a second`;
  return { what: 'the window of the rate alarm', peer: `${EVENTS} events`, goal: '≥ 50 million a second', reached };
}

/** From the moment the eleventh order is put to the moment a webhook has the message, sent by `alarm watch`. */
async function latency() {
  const home = join(scratch(), 'home');
  const put = await putOrders(home);
  let came = () => {};
  const server = createServer(async (request, response) => {
    const { event } = await json(request);
    response.end();
    came(event);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const env = {
    ...process.env,
    ALAKAZAM_HOME: home,
    ALAKAZAM_ALARM_QUIET: '1s',
    ALAKAZAM_ALARM_WEBHOOK: `http://127.0.0.1:${server.address().port}/`,
  };
  const watch = spawn(process.execPath, [ALAKAZAM, 'alarm', 'watch'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const latencies = [];
  for (let surge = 0; surge < SURGES; surge++) {
    const until = (wanted) =>
      new Promise((resolve) => {
        came = (event) => event === wanted && resolve(performance.now());
      });
    const began = until('began');
    let sentMs = 0;
    for (let n = 0; n < 11; n++) {
      sentMs = performance.now();
      await put(`S${surge},P${n},LATENCY,1,12/1/2010 8:26,1.00,1,United Kingdom`, 1);
    }
    latencies.push((await began) - sentMs);
    await until('ended');
  }
  watch.kill();
  server.close();
  // The first waits for the start of `alarm watch`.
  const sorted = latencies.slice(1).sort((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))].toFixed(0);
  return {
    what: `from the eleventh order to a webhook, through alarm watch: p50 and p99 of ${sorted.length}`,
    peer: 'a look every 50 ms',
    goal: 'p99 ≤ 100 ms',
    reached: `${at(0.5)} ms, ${at(0.99)} ms`,
  };
}

/** Processor time, which other work on the machine changes less than wall time. */
async function slowdown() {
  const directory = scratch();
  const file = await realOrders(directory);
  const home = join(directory, 'home');
  const without = withoutAlarm(join(directory, 'without'));
  const generate = async (program) => {
    rmSync(home, { recursive: true, force: true });
    const args = [program, 'generate', '--quiet', '--source', file, '--count', '541909'];
    return (await run(process.execPath, args, { ALAKAZAM_HOME: home })).processorSeconds;
  };
  const ratios = [];
  for (let i = 0; i < RUNS; i++) {
    const alone = await generate(without);
    ratios.push((await generate(ALAKAZAM)) / alone);
  }
  return {
    what: '541,909 real orders with the alarm: processor time',
    peer: 'the same without the alarm',
    goal: '≤ 1.03×',
    reached: `${median(ratios).toFixed(2)}×`,
  };
}

/** A build that lacks the stage. */
function withoutAlarm(directory) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const left = ['node_modules', '.git', 'tests', 'dist'].map((name) => join(root, name));
  cpSync(root, directory, { recursive: true, filter: (path) => !left.includes(path) });
  // But for the cache, where a build says what is in it.
  const packages = readdirSync(join(root, 'node_modules')).filter((name) => name !== '.cache');
  mkdirSync(join(directory, 'node_modules'));
  for (const name of packages) symlinkSync(join(root, 'node_modules', name), join(directory, 'node_modules', name));
  const target = join(directory, 'src', 'targets', 'local.ts');
  const before = readFileSync(target, 'utf8');
  const after = before.replace(/^ *localAlarmStage\(alarm\),\n/m, '');
  if (after === before) throw new Error('src/targets/local.ts lists no alarm');
  writeFileSync(target, after);
  execFileSync(process.execPath, ['build.js'], { cwd: directory, stdio: 'inherit' });
  return join(directory, 'bin', 'alakazam.js');
}
