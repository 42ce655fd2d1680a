/** The recommender of the AWS target, over objects in an emulator's S3. What Spark would write is written by the embedded one. */
import { crc32 } from 'node:zlib';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, test } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import { openAwsRecommender } from '../../src/product-recommendations/recommender.aws.js';
import type { ModelRun, Recommender } from '../../src/product-recommendations/recommender.js';
import { s3RunFiles } from '../../src/product-recommendations/run-files.aws.js';
import { TRAIN_DEFAULTS } from '../../src/product-recommendations/training-options.js';
import { useMiniStack } from '../emulators/ministack.js';
import { putter } from '../fixtures/orders.js';
import { clock, startLocalRecommender } from './local-recommender.js';
import { testRecommendations } from './recommender.contract.js';

useMiniStack({ stacks: false });

const BUCKETS = 64;
const QUIET = { signal: new AbortController().signal };
const QUALITY = { customers: 1387, recall10: 0.3224, ndcg10: 0.3, map10: 0.2, standardError: 0.0076 };
const EVALUATION = {
  ...{ protocol: 'cut', cut: '2010-11-15', customers: 1387 },
  models: [{ name: 'recommend', all: { ...QUALITY, coverage: 0.6, topTenShare: 0.1 } }],
};
let count = 0;

async function start() {
  const bucket = `lake-${count++}`;
  const s3 = new S3Client({ requestHandler: new NodeHttpHandler() });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const put = (path: string, Body: string) =>
    s3.send(
      new PutObjectCommand({
        ...{ Bucket: bucket, Key: `recommendations/${path}`, Body, ContentLength: Buffer.byteLength(Body) },
      }),
    );
  const { stream, history, recommender: local } = await startLocalRecommender();
  const session = openSession('alakazam');
  const recommender = openAwsRecommender({
    files: s3RunFiles(session, bucket, 'recommendations/'),
    async history() {
      await history.update();
      return history;
    },
    training: async () => ({
      async train(options, work) {
        const run = await local.train(options, work);
        await publish(local, run, put);
        return run;
      },
      startTraining: async () => Promise.reject(new Error('not here')),
      remoteTraining: async () => undefined,
    }),
    clock,
  });
  return { stream, recommender, put };
}

type Put = (path: string, body: string) => Promise<unknown>;

/** As the first lines of spark/als.py say. */
async function publish(local: Recommender, { isInUse: _, ...about }: ModelRun, put: Put): Promise<void> {
  const directory = `runs/${about.run}/`;
  const lines = new Map<string, string[]>();
  const add = (path: string, line: object) => lines.get(path)?.push(JSON.stringify(line));
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    for (const folder of ['recommendations', 'similar']) lines.set(`${folder}/${bucket}.jsonl`, []);
  }
  const products = new Set<string>();
  for await (const found of local.everyone(50, QUIET)) {
    add(`recommendations/${Number(found.customerId) % BUCKETS}.jsonl`, found);
    for (const { stockCode } of found.all) products.add(stockCode);
  }
  for (const code of products) add(`similar/${crc32(code) % BUCKETS}.jsonl`, (await local.similar(code, 50)) as object);
  for (const [path, each] of lines) await put(directory + path, each.map((line) => `${line}\n`).join(''));
  const bestsellers = { ...(await local.recommend(99_999, 50)), customerId: null };
  await put(`${directory}bestsellers.json`, JSON.stringify(bestsellers));
  await put(`${directory}metrics.json`, JSON.stringify({ ranking: {}, isLearned: true, evaluation: EVALUATION }));
  await put(
    'latest.json',
    JSON.stringify({
      format: 1,
      buckets: BUCKETS,
      ...about,
      options: { ...about.options, regParam: 0.1, since: null, until: null },
    }),
  );
}

testRecommendations('aws', start);

describe('the recommender on AWS', () => {
  async function trained() {
    const fixture = await start();
    const add = putter(fixture.stream);
    await add([
      { invoiceNo: '1', stockCode: '10001', customer: 1 },
      { invoiceNo: '2', stockCode: '10002', customer: 2 },
      { invoiceNo: '3', stockCode: '10001', customer: 65 },
    ]);
    const run = await fixture.recommender.train(TRAIN_DEFAULTS, QUIET);
    return { ...fixture, add, run };
  }

  test('tells customers of one file apart', async () => {
    const { recommender } = await trained();
    for (const id of [1, 65]) expect((await recommender.recommend(id, 5)).customerId).toBe(id);
  });

  test('somebody of whom the model knows nothing gets its bestsellers, without what they bought since', async () => {
    const { recommender, add } = await trained();
    await add([{ invoiceNo: '9', stockCode: '10001', customer: 129 }]);
    // No training knows of this one.
    await add([{ invoiceNo: '10', stockCode: '10002', customer: 129, date: '12/31/9999 9:00' }]);
    const found = await recommender.recommend(129, 5);
    expect(found).toMatchObject({ customerId: 129, coldStart: true });
    expect(found.new.map(({ stockCode }) => stockCode)).toEqual(['10002']);
  });

  test('evaluates as the training measured, and says so', async () => {
    const { recommender, run } = await trained();
    const notes: string[] = [];
    const work = { ...QUIET, onNote: (text: string) => void notes.push(text) };
    expect(await recommender.evaluate({ protocol: 'cut', train: TRAIN_DEFAULTS }, work)).toEqual(EVALUATION);
    expect(notes).toEqual([expect.stringContaining(`model ${run.run}, as its training measured it`)]);
    const asked = recommender.evaluate({ protocol: 'last-invoice', train: TRAIN_DEFAULTS }, work);
    await expect(asked).rejects.toThrow('--last-invoice was not measured');
  });

  test('names the model with its options', async () => {
    const { recommender } = await trained();
    const [{ options }] = (await recommender.runs()) as [ModelRun];
    expect(options).toMatchObject({ factors: 64, regularization: 0.1 });
    expect(options).not.toHaveProperty('since');
  });

  test('refuses longer lists than there are, and another model', async () => {
    const { recommender } = await trained();
    await expect(recommender.recommend(1, 51)).rejects.toThrow('-n is 51; valid for a model by Spark: up to 50');
    await expect(recommender.use('abc')).rejects.toThrow("can't put abc in use");
  });

  test.each([
    ['latest.json', '{"format":2,"run":"x","buckets":64}', /has format 2; this program reads format 1/],
    ['latest.json', 'not JSON', /latest\.json is damaged/],
    [
      'latest.json',
      '{"format":1,"run":"gone","buckets":64,"options":{}}',
      /model gone is not whole: .*runs\/gone\/recommendations\/1\.jsonl is gone/,
    ],
  ])('says what is wrong with what was published: %s %s', async (path, text, message) => {
    const { recommender, put } = await start();
    await put(path, text);
    await expect(recommender.recommend(1, 5)).rejects.toThrow(message);
  });

  test('damage in a line names the object', async () => {
    const { recommender, put, run } = await trained();
    await put(`runs/${run.run}/recommendations/1.jsonl`, '{"customerId":1,');
    await expect(recommender.recommend(1, 5)).rejects.toThrow(/recommendations\/1\.jsonl is damaged/);
  });
});
