/** Training on the Spark of this machine, with a stand-in for spark-submit: what it is asked, and what becomes of each end. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { checkedText } from '../../src/durable-file.js';
import type { WorkOptions } from '../../src/product-recommendations/recommender.js';
import { TRAIN_DEFAULTS } from '../../src/product-recommendations/training-options.js';
import { putter } from '../fixtures/orders.js';
import { ROOT, temporaryDirectory } from '../run-cli.js';
import { startLocalRecommender } from './local-recommender.js';

let spark = '';
let asked = () => ({ args: [''], directory: '', pid: 0 });

beforeEach(() => {
  spark = temporaryDirectory();
  mkdirSync(join(spark, 'bin'));
  copyFileSync(
    join(ROOT, 'tests', 'product-recommendations', 'fake-spark-submit.js'),
    join(spark, 'bin', 'spark-submit'),
  );
  const path = join(spark, 'asked.json');
  asked = () => JSON.parse(readFileSync(path, 'utf8'));
  vi.stubEnv('SPARK_HOME', spark);
  vi.stubEnv('FAKE_SPARK_ASKED', path);
  return () => vi.unstubAllEnvs();
});

const work = (onProgress: (what: string) => void = () => {}, signal = new AbortController().signal) => ({
  signal,
  onProgress,
});

/** Two orders and their arrival, and a built-in model in use. */
async function start(act: 'publish' | 'leaveOut' | 'refuse' | 'crash' | 'hang') {
  vi.stubEnv('FAKE_SPARK', act);
  const fixture = await startLocalRecommender();
  const put = putter(fixture.stream);
  await put([
    { invoiceNo: '1', stockCode: '10001', customer: 1 },
    { invoiceNo: '2', stockCode: '10002', customer: 2 },
  ]);
  const before = await fixture.recommender.train(TRAIN_DEFAULTS, work());
  const train = (options = {}, of: WorkOptions = work()) =>
    fixture.recommender.train({ ...TRAIN_DEFAULTS, engine: 'spark', ...options }, of);
  /** What a training may leave: nothing but its model, and the log of the last one. */
  const left = () => ({
    models: readdirSync(join(fixture.home, 'models'))
      .filter((name) => !name.startsWith('writer.'))
      .sort(),
    unfinished: readdirSync(join(fixture.home, 'lake')).filter((name) => name.startsWith('spill')),
  });
  return { ...fixture, put, before, train, left };
}

test('spark-submit gets the program, the files of the lake, and what was asked for', async () => {
  const { home, train } = await start('publish');
  const steps: string[] = [];
  await train(
    { factors: 32, since: '2010-12-01' },
    work((what) => steps.push(what)),
  );
  const { args } = asked();
  const from = (flag: string) => args.slice(args.indexOf(flag) + 1);
  const program = args.findIndex((each) => each.endsWith('als.py'));
  expect(args[program]).toBe(join(ROOT, 'spark', 'als.py'));
  expect(from('--master')[0]).toBe('local[*]');
  const files = from('--lake').slice(0, from('--lake').indexOf('--purchases-sql'));
  expect(files.map((path) => path.startsWith(join(home, 'lake', 'orders')) && existsSync(path))).toEqual([true]);
  expect(from('--purchases-sql')[0]).toBe(join(ROOT, 'spark', 'purchases.sql'));
  expect(from('--today')[0]).toBe('2011-12-31');
  expect(args.slice(program).join(' ')).toContain('--factors 32 --since 2010-12-01');
  // Spark has defaults of its own.
  for (const flag of ['--reg-param', '--iterations', '--seed', '--until']) expect(args).not.toContain(flag);
  expect(steps).toContain('short memory');
});

test('what Spark published is in use, beside the other models', async () => {
  const { recommender, before, train, left, put } = await start('publish');
  const { run } = await train();
  expect(await recommender.runs()).toMatchObject([
    { run, engine: 'spark', isInUse: true, options: { regularization: 0.15 } },
    { run: before.run, engine: 'built-in', isInUse: false },
  ]);
  await put([{ invoiceNo: '3', stockCode: '10003', customer: 1, date: '12/31/9999 9:00' }]);
  await put([{ invoiceNo: '4', stockCode: '10002', customer: 1 }]);
  const found = await recommender.recommend(1, 5);
  expect([found.model, found.new.map(({ stockCode }) => stockCode)]).toEqual([run, ['10003']]);
  await expect(recommender.recommend(1, 51)).rejects.toThrow('-n is 51; valid for a model by Spark: up to 50');
  const basket = await recommender.recommendFor(['10001'], 5);
  expect(basket).toMatchObject({ customerId: null, model: run, again: [] });
  expect(basket.new.map(({ stockCode, score }) => [stockCode, score])).toEqual([
    ['10002', 0.3],
    ['10003', 0.2],
  ]);
  await recommender.use(before.run);
  expect((await recommender.recommend(1, 5)).model).toBe(before.run);
  await recommender.use(run);
  expect((await recommender.recommend(1, 5)).model).toBe(run);
  expect(left()).toEqual({
    models: [`${before.run}.model`, `${run}.spark`, 'models.json', 'spark.log'].sort(),
    unfinished: [],
  });
});

test('what Spark left out as of the future is said, and the model does not count as knowing every order', async () => {
  const { home, before, train } = await start('leaveOut');
  const notes: string[] = [];
  const { run } = await train({}, { ...work(), onNote: (text: string) => notes.push(text) });
  expect(notes).toEqual(['left out: 2 orders dated in the future, such as on 9999-12-31']);
  const { runs } = JSON.parse(checkedText(readFileSync(join(home, 'models', 'models.json'), 'utf8')) as string);
  expect(runs).toMatchObject([
    { run, lakeVersion: null },
    { run: before.run, lakeVersion: expect.any(String) },
  ]);
});

test('evaluate says that it measures the other engine', async () => {
  const { recommender, before, train } = await start('publish');
  await train();
  const said = async () => {
    const notes: string[] = [];
    const options = { protocol: 'last-invoice', train: TRAIN_DEFAULTS } as const;
    // There are too few orders to measure anything.
    await recommender.evaluate(options, { ...work(), onNote: (text) => notes.push(text) }).catch(() => {});
    return notes;
  };
  expect(await said()).toEqual(['the model in use is by Spark; what is measured is the built-in engine']);
  await recommender.use(before.run);
  expect(await said()).toEqual([]);
});

test('a run of which a file is gone is not put in use', async () => {
  const { home, recommender, before, train } = await start('publish');
  const { run } = await train();
  await recommender.use(before.run);
  rmSync(join(home, 'models', `${run}.spark`, 'runs', run, 'similar', '7.jsonl'));
  await expect(recommender.use(run)).rejects.toMatchObject({
    message: expect.stringMatching(/^the model \w+ is gone: .*similar\/7\.jsonl$/),
    hint: 'alakazam train --engine spark',
  });
  expect((await recommender.recommend(1, 5)).model).toBe(before.run);
});

test('of more than three models the oldest goes, as a whole', async () => {
  const { train, left } = await start('publish');
  const runs = [];
  for (let i = 0; i < 4; i++) runs.push((await train()).run);
  const kept = runs.slice(1).map((run) => `${run}.spark`);
  expect(left().models).toEqual([...kept, 'models.json', 'spark.log'].sort());
});

test.each([
  ['refuse', 'no order of a known customer is in the lake'],
  ['crash', 'Spark ended with exit code 1'],
] as const)('a training that fails says why, and the old model serves: %s', async (act, message) => {
  const { home, recommender, before, train, left } = await start(act);
  const log = join(home, 'models', 'spark.log');
  await expect(train()).rejects.toMatchObject({ code: 'failed', message, hint: `its log: ${log}` });
  expect(readFileSync(log, 'utf8')).toContain(act === 'crash' ? 'java.lang.OutOfMemoryError' : message);
  expect((await recommender.recommend(1, 5)).model).toBe(before.run);
  expect(left()).toEqual({ models: [`${before.run}.model`, 'models.json', 'spark.log'].sort(), unfinished: [] });
});

test('Spark ends with a training that is interrupted, and leaves nothing', async () => {
  const { recommender, before, train, left } = await start('hang');
  const controller = new AbortController();
  const training = train(
    {},
    work((what) => what === 'short memory' && controller.abort(), controller.signal),
  );
  await expect(training).rejects.toThrow();
  expect(() => process.kill(asked().pid, 0)).toThrow('ESRCH');
  expect((await recommender.recommend(1, 5)).model).toBe(before.run);
  expect(left()).toEqual({ models: [`${before.run}.model`, 'models.json', 'spark.log'].sort(), unfinished: [] });
});

test('without Spark it says what to install', async () => {
  const { train, left } = await start('publish');
  rmSync(join(spark, 'bin', 'spark-submit'));
  await expect(train()).rejects.toMatchObject({
    message: `Spark is not on this machine: there is no ${join(spark, 'bin', 'spark-submit')}`,
    hint: expect.stringContaining('pip install pyspark'),
  });
  expect(left().unfinished).toEqual([]);
});

test.each([
  ['threads', 2],
  ['serverless', true],
  ['tune', { forMs: 1000, fixed: [] }],
] as const)('--%s is refused', async (name, value) => {
  const { train } = await start('publish');
  await expect(train({ [name]: value })).rejects.toMatchObject({
    code: 'usage',
    message: `--${name} is not for Spark on this machine`,
    hint: `leave --${name} out`,
  });
});
