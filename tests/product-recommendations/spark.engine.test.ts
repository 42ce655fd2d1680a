/** Recommendations by Apache Spark: `spark/als.py` on a real one, over the lake that the command line wrote. */
import { type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fitAls } from '../../src/product-recommendations/als.js';
import type { Confidences } from '../../src/product-recommendations/confidences.js';
import type { ModelQuality } from '../../src/product-recommendations/evaluation.js';
import type { Evaluation } from '../../src/product-recommendations/recommender.js';
import { startThreads } from '../../src/product-recommendations/training-threads.js';
import { describeReal, REAL_GZ } from '../fixtures/real-file.js';
import { pythonEnvironment } from '../python/environment.js';
import { finish, ROOT, runCli, temporaryDirectory } from '../run-cli.js';

const HERE = join(ROOT, 'tests', 'product-recommendations');
/** Spark takes some seconds to start, and minutes on a machine that others work on. */
const LONG_MS = 600_000;

/** Runs a program of Python's with Spark at hand. */
async function runSpark(program: string, args: readonly string[], input = '') {
  const programs = await pythonEnvironment('spark');
  const options: SpawnOptions = {
    env: { ...process.env, PATH: `${programs}:${process.env['PATH']}`, PYSPARK_PYTHON: join(programs, 'python') },
    // Where it leaves what it leaves.
    cwd: temporaryDirectory(),
    stdio: ['pipe', 'pipe', 'pipe'],
  };
  const child = spawn(join(programs, program), args, options);
  const finished = finish(child);
  child.stdin?.end(input);
  const { code, stdout, stderr } = await finished;
  expect(code, stderr).toBe(0);
  return stdout;
}

describeReal('spark/als.py over the real file', () => {
  test('recommends as well as our own training does', { timeout: LONG_MS }, async () => {
    const home = temporaryDirectory();
    const [lake, out] = [join(home, 'orders'), join(home, 'recommendations')];
    // Somebody mistyped a year.
    const future = join(home, 'future.csv');
    writeFileSync(
      future,
      'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n' +
        '700000,22423,REGENCY CAKESTAND 3 TIER,1,12/31/9999 9:00,12.75,17850,United Kingdom\n',
    );
    for (const args of [
      ['generate', '--source', REAL_GZ, '--count', '541909'],
      ['generate', '--source', future, '--count', '1'],
      ['lake', 'export', '--to', lake],
    ]) {
      const { code, stderr } = await runCli(args, { home });
      expect(code, stderr).toBe(0);
    }
    const als = join(ROOT, 'spark', 'als.py');
    const sql = ['--purchases-sql', join(ROOT, 'spark', 'purchases.sql')];
    const settings = ['spark.ui.enabled=false', 'spark.ui.showConsoleProgress=false'].flatMap((each) => [
      '--conf',
      each,
    ]);
    await runSpark('spark-submit', [
      ...['--master', 'local[2]', '--driver-memory', '2g', ...settings, als],
      ...['--lake', lake, ...sql, '--out', out, '--run', 'first', '--until', '2011-11-09'],
    ]);

    const latest = JSON.parse(readFileSync(join(out, 'latest.json'), 'utf8'));
    expect(latest).toMatchObject({ format: 1, run: 'first', buckets: 64, lastDate: '2011-11-08' });
    expect(latest.future).toEqual({ orders: 1, lastDate: '9999-12-31' });
    const run = join(out, 'runs', 'first');
    expect(readdirSync(out).sort()).toEqual(['latest.json', 'runs']);
    expect(readdirSync(run).sort()).toEqual(['bestsellers.json', 'metrics.json', 'recommendations', 'similar']);
    const buckets = Array.from({ length: 64 }, (_, i) => `${i}.jsonl`).sort();
    for (const name of ['recommendations', 'similar']) expect(readdirSync(join(run, name)).sort()).toEqual(buckets);

    const reckoned = await finish(
      spawn('python3', [join(HERE, 'recall.py'), REAL_GZ, '2011-11-09', join(run, 'recommendations')]),
    );
    expect(reckoned.code, reckoned.stderr).toBe(0);
    const { all, new: fresh, faults } = JSON.parse(reckoned.stdout);
    expect(faults).toEqual([]);
    // What `alakazam evaluate --cut 2011-11-09` says of ours, less two standard errors.
    expect(all[1]).toBe(1387);
    expect(all[0]).toBeGreaterThan(0.329 - 2 * 0.0076);
    expect(fresh[1]).toBe(1238);
    expect(fresh[0]).toBeGreaterThan(0.152 - 2 * 0.006);

    // It measured itself by the 30 days before, as ours does; its orders end with them, so it knows of fewer returns.
    const measured: Evaluation = JSON.parse(readFileSync(join(run, 'metrics.json'), 'utf8')).evaluation;
    const { stdout } = await runCli(['evaluate', '--cut', '2011-10-10', '-o', 'json'], { home });
    const ours: Evaluation = JSON.parse(stdout);
    expect(measured).toMatchObject({ protocol: 'cut', cut: '2011-10-10' });
    expect(measured.models.map(({ name }) => name)).toEqual(['popularity', 'frequency', 'als', 'recommend']);
    expect(Math.abs(measured.customers / ours.customers - 1)).toBeLessThan(0.01);
    for (const { name, ...kinds } of measured.models) {
      const same = ours.models.find((each) => each.name === name) as ModelQuality;
      expect(kinds.new === undefined).toBe(same.new === undefined);
      // Both count the same in the same way, where nothing is learned.
      const isPlain = name === 'popularity' || name === 'frequency';
      for (const kind of ['all', 'new'] as const) {
        const [theirs, own] = [kinds[kind], same[kind]];
        if (!theirs || !own) continue;
        for (const figure of ['recall10', 'ndcg10', 'map10'] as const) {
          const most = isPlain ? 0.002 : 2 * own.standardError;
          expect(Math.abs(theirs[figure] - own[figure]), `${name} ${kind} ${figure}`).toBeLessThan(most);
        }
        expect(Math.abs(theirs.standardError - own.standardError)).toBeLessThan(0.0005);
        if (!isPlain) continue;
        expect(Math.abs(theirs.coverage - own.coverage)).toBeLessThan(0.002);
        expect(Math.abs(theirs.topTenShare - own.topTenShare)).toBeLessThan(0.002);
      }
    }
  });
});

/**
 * Each customer bought `each` products, and each product has as many customers: then ALS-WR is ALS. Three kinds of customers buy
 * three kinds of products, so that three factors have one best place, and both find it.
 */
function regularConfidences(count: number, each: number): Confidences {
  const kind = count / 3;
  const pairs = Array.from({ length: count }, (_, customer) =>
    Array.from({ length: each }, (_, i) => customer - (customer % kind) + ((customer + 3 * i) % kind)).sort(
      (a, b) => a - b,
    ),
  );
  expect(pairs.every((products) => new Set(products).size === each)).toBe(true);
  return {
    width: count,
    starts: Uint32Array.from({ length: count + 1 }, (_, i) => i * each),
    columns: Uint32Array.from(pairs.flat()),
    values: Float32Array.from(pairs.flat(), (product, i) => 1.5 + ((i * 7919 + product * 104_729) % 97) / 16),
  };
}

/** By the book (Hu, Koren, Volinsky 2008), over all pairs. */
function lossOf({ width, starts, columns, values }: Confidences, x: number[][], y: number[][], regularization: number) {
  const squares = [...x, ...y].flat().reduce((sum, value) => sum + value * value, 0);
  let loss = regularization * squares;
  for (const [customer, taste] of x.entries()) {
    const bought = new Map<number, number>();
    for (let i = starts[customer] as number; i < (starts[customer + 1] as number); i++) {
      bought.set(columns[i] as number, values[i] as number);
    }
    for (let product = 0; product < width; product++) {
      const score = taste.reduce((sum, value, k) => sum + value * (y[product]?.[k] as number), 0);
      const confidence = bought.get(product);
      loss += (confidence ?? 1) * ((confidence === undefined ? 0 : 1) - score) ** 2;
    }
  }
  return loss;
}

const rowsOf = ({ rank, rows }: { rank: number; rows: Float32Array }) =>
  Array.from({ length: rows.length / rank }, (_, i) => [...rows.subarray(i * rank, (i + 1) * rank)]);

test('Spark and our own ALS agree in loss', { timeout: LONG_MS }, async () => {
  const [count, each, rank, regParam, iterations] = [60, 8, 3, 0.05, 60];
  const confidences = regularConfidences(count, each);
  const regularization = regParam * each;
  const threads = startThreads(1);
  const ours = await fitAls(confidences, { rank, regularization, iterations, seed: 1 }, threads).finally(() =>
    threads.end(),
  );
  const pairs = [...confidences.columns].map((product, i) => [Math.floor(i / each), product, confidences.values[i]]);
  const asked = JSON.stringify({ pairs, factors: rank, regParam, iterations });
  const spark = JSON.parse(await runSpark('python', [join(HERE, 'spark-factors.py'), join(ROOT, 'spark')], asked));
  const loss = lossOf(confidences, rowsOf(ours.customers), rowsOf(ours.products), regularization);
  const lossOfSpark = lossOf(confidences, spark.customers, spark.products, regularization);
  expect(Math.abs(lossOfSpark / loss - 1)).toBeLessThan(1e-3);
  // Factors of nothing but zeros would lose all confidences.
  expect(loss).toBeLessThan(confidences.values.reduce((sum, value) => sum + value, 0) / 2);
  expect(existsSync(join(ROOT, 'spark', '__pycache__'))).toBe(false);
});
