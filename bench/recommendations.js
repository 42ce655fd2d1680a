/** Recommendations: the fit of ALS against `implicit` (PyPI) on the same pairs, and what a person waits for. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alakazam, bundled, median, ratio, realOrders, run, scratch, withPackage } from './run.js';

const ORDERS = 541_909;
const IMPLICIT = '0.7.3';
const FITS = 9;

export async function recommendations() {
  const directory = scratch();
  const home = join(directory, 'home');
  await alakazam(['generate', '--quiet', '--source', await realOrders(directory), '--count', `${ORDERS}`], home);
  await alakazam(['train', '--quiet'], home);
  const fit = await fits(home, directory);

  const threads = availableParallelism();
  const trainings = [];
  for (let i = 0; i < 5; i++) trainings.push((await alakazam(['train', '--quiet'], home)).ms / 1000);
  const all = [];
  for (let i = 0; i < 5; i++) all.push((await alakazam(['recommend', '--all', '-o', 'ndjson'], home)).ms / 1000);
  const one = await ratio(
    15,
    () => alakazam(['recommend', '--customer', '17850'], home),
    () => run(process.execPath, ['-e', '0']),
  );
  return [
    {
      what: `ALS, rank 64, 10 iterations, ${threads} threads`,
      peer: `\`implicit\` ${IMPLICIT} on as many`,
      goal: '≤ 0.9×',
      reached: `${fit.ratio.toFixed(2)}×, ${Math.round(fit.ms)} ms`,
    },
    {
      what: '`train`, from the lake to the stored model',
      peer: 'Spark 3.5 `local[2]`, 27 to 30 s',
      goal: '≤ 1/20, 1.4 s',
      reached: `${median(trainings).toFixed(1)} s`,
    },
    { what: '`recommend --customer`', peer: '`node -e 0`', goal: '≤ 2.5×', reached: `${one.toFixed(2)}×` },
    { what: '`recommend --all`, 4,339 customers', peer: '', goal: '≤ 2 s', reached: `${median(all).toFixed(1)} s` },
  ];
}

/** Fits of both, in turn, on the pairs of the model in use. */
async function fits(home, directory) {
  const { openModelStore, confidencesOf, fitAls, startThreads } = await bundled(
    'bench-als',
    `export { openModelStore } from './src/product-recommendations/model-store.local.js';
     export { confidencesOf } from './src/product-recommendations/confidences.js';
     export { fitAls } from './src/product-recommendations/als.js';
     export { startThreads } from './src/product-recommendations/training-threads.js';`,
  );
  const { model } = openModelStore(join(home, 'models')).read();
  const pairs = confidencesOf(model.purchases, model.today, model.short.recency);
  const path = join(directory, 'pairs.csv');
  writeFileSync(path, linesOf(pairs).join('\n'));

  const count = availableParallelism();
  const python = join(withPackage('implicit', IMPLICIT), 'python');
  const threads = startThreads(count);
  const options = { rank: 64, regularization: 10, iterations: 10, seed: 1 };
  const [ratios, ours] = [[], []];
  try {
    for (let i = 0; i <= FITS; i++) {
      const startMs = performance.now();
      await fitAls(pairs, options, threads);
      const ms = performance.now() - startMs;
      const script = fileURLToPath(new URL('implicit_als.py', import.meta.url));
      // The second of two: the first compiles and warms up.
      const text = execFileSync(python, [script, path, `${count}`, '2'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const theirs = Number(text.trim().split('\n').at(-1));
      if (i === 0) continue;
      ours.push(ms);
      ratios.push(ms / theirs);
    }
  } finally {
    await threads.end();
  }
  return { ratio: median(ratios), ms: median(ours) };
}

function linesOf({ starts, columns, values }) {
  const lines = [];
  for (let row = 0; row + 1 < starts.length; row++) {
    for (let i = starts[row]; i < starts[row + 1]; i++) lines.push(`${row},${columns[i]},${values[i]}`);
  }
  return lines;
}
