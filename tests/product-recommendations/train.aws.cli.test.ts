/** The commands that train on AWS and recommend by what was trained there, on a stack of which only EMR and S3 answer. */
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { CREATED, standing, stateOfLast, useEmr } from '../emulators/emr.js';
import { emulatorEnvironment } from '../emulators/environment.js';
import { expectFields } from '../json-output.js';
import { runCli, temporaryDirectory } from '../run-cli.js';

const emr = useEmr();
const home = temporaryDirectory();
const OUTPUTS = {
  TrainingApplicationId: 'app',
  TrainingRoleArn: 'arn:role',
  TrainingServiceRoleArn: 'arn:service',
  TrainingProfileName: 'nodes',
  TrainingSubnets: 'subnet-1,subnet-2',
  TrainingClusterWorkers: '0',
  TrainingClusterMarket: 'ON_DEMAND',
  LakeBucketName: 'lake',
};

const run = (line: string, outputs: Record<string, string> = OUTPUTS, more: Record<string, string> = {}) => {
  emr().outputs = outputs;
  const env = { ...emulatorEnvironment(emr().url), ALAKAZAM_TARGET: 'aws', ...more };
  return runCli(line.split(' '), { home, env });
};

test('train --no-wait starts a cluster as the stack says, and --status shows how it does', async () => {
  const started = await run('train --no-wait -o json');
  expect(started.stderr).toContain('trains on one node of EMR, about $0.05 for a quarter of an hour');
  expect(started.stderr).toContain('it goes on; ');
  expect(started.code).toBe(0);
  const [asked] = emr().calls.get('RunJobFlow') as [Record<string, object>];
  expect(asked).toMatchObject({
    ...{ ServiceRole: 'arn:service', JobFlowRole: 'nodes', LogUri: 's3://lake/recommendations/logs/' },
    Instances: { Ec2SubnetIds: ['subnet-1', 'subnet-2'], InstanceFleets: [{ InstanceFleetType: 'MASTER' }] },
  });
  const running = await run('train --status -o json');
  expect(JSON.parse(running.stdout)).toMatchObject({ id: 'j-1', state: 'running', status: 'STARTING' });
  expect(running.code).toBe(0);
  stateOfLast(emr()).step('FAILED', { FailureDetails: { Message: 'no orders' }, Timeline: { EndDateTime: CREATED } });
  const failed = await run('train --status -o json');
  expect(JSON.parse(failed.stdout)).toMatchObject({ state: 'failed', reason: 'no orders' });
  expect(failed.code).toBe(1);
  expectFields(
    [started, failed].map(({ stdout }) => JSON.parse(stdout)),
    'training',
  );
});

test('train --cluster adds a step to a cluster that stands; a configured one gives way to --serverless', async () => {
  const id = standing(emr());
  const started = await run(`train --no-wait -o json --cluster ${id}`);
  expect(started.stderr).toContain(`alakazam train --status --target aws --cluster ${id} shows how it does`);
  expect(JSON.parse(started.stdout)).toMatchObject({ id: 's-1', engine: 'EMR step', status: 'step PENDING' });
  expectFields([JSON.parse(started.stdout)], 'training');
  // Who does not name it does not find it.
  expect((await run('train --status -o json')).stdout).toBe('null\n');
  const both = await run(`train --no-wait --serverless --cluster ${id}`);
  expect([both.code, both.stderr]).toEqual([
    2,
    expect.stringContaining('--cluster and --serverless exclude each other'),
  ]);
  const wrong = await run('train --cluster reports');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('valid: the id of a cluster, such as j-2A')]);

  stateOfLast(emr()).step('COMPLETED');
  const configured = await run('train --no-wait --serverless -o json', OUTPUTS, { ALAKAZAM_CLUSTER: id });
  expect(JSON.parse(configured.stdout)).toMatchObject({ engine: 'EMR Serverless job' });
  expect(emr().calls.has('RunJobFlow')).toBe(false);
});

test('train --status says if there was no training', async () => {
  const { code, stdout, stderr } = await run('train --status -o json');
  expect([code, JSON.parse(stdout), stderr]).toEqual([
    0,
    null,
    expect.stringContaining('nothing was trained there lately'),
  ]);
});

test('a stack without training says how to add it; nobody trains unasked', async () => {
  const { code, stderr } = await run('train', { LakeBucketName: 'lake' });
  expect([code, stderr]).toEqual([1, expect.stringContaining('deploy --with training')]);
  const asked = await run('recommend --all', { LakeBucketName: 'lake' });
  expect(asked.stderr).toContain('there is no model to recommend by in s3://lake/recommendations/');
  expect(emr().clusters).toEqual([]);
});

test('recommend --all, recommend --basket and evaluate need nothing but S3', async () => {
  const product = { stockCode: '10001', description: 'LAMP', score: 0.5, because: ['bestseller now'] };
  const line = { customerId: 7, model: 'abc', coldStart: false, new: [product], again: [], all: [product] };
  const put = (path: string, text: string) => emr().objects.set(`/lake/recommendations/${path}`, text);
  put('latest.json', JSON.stringify({ format: 1, buckets: 8, run: 'abc', customers: 1, options: {} }));
  for (let bucket = 0; bucket < 8; bucket++) put(`runs/abc/recommendations/${bucket}.jsonl`, '');
  put('runs/abc/recommendations/7.jsonl', `${JSON.stringify(line)}\n`);
  const { code, stdout } = await run('recommend --all -o ndjson');
  expect([code, JSON.parse(stdout)]).toEqual([0, line]);

  const near = { stockCode: '10002', description: 'MUG', score: 0.5 };
  for (let bucket = 0; bucket < 8; bucket++) put(`runs/abc/similar/${bucket}.jsonl`, '');
  const lamp = { stockCode: '10001', description: 'LAMP', similar: [near], boughtTogether: [] };
  put(`runs/abc/similar/${crc32('10001') % 8}.jsonl`, `${JSON.stringify(lamp)}\n`);
  const basket = JSON.parse((await run('recommend --basket 10001 -o json')).stdout);
  expect(basket.new).toEqual([{ ...near, score: 0.25, because: ['10001 LAMP'] }]);

  const quality = { customers: 1387, recall10: 0.3224, ndcg10: 0.3, map10: 0.2, standardError: 0.0076 };
  const both = { ...quality, coverage: 0.6, topTenShare: 0.1 };
  const models = [{ name: 'recommend', all: both, new: both }];
  const measured = { protocol: 'cut', cut: '2011-11-09', customers: 1387, models };
  put('runs/abc/metrics.json', JSON.stringify({ evaluation: measured }));
  const evaluated = await run('evaluate -o json');
  expect([evaluated.code, JSON.parse(evaluated.stdout)]).toEqual([0, measured]);
  expectFields([measured], 'evaluate');
  expect((await run('evaluate -o csv')).stdout).toContain('all,recommend,0.3224,0.0076,0.3,0.2,0.6,0.1\n');
  const refused = await run('evaluate --last-invoice');
  expect([refused.code, refused.stdout]).toEqual([2, '']);
  expect([...emr().calls.keys()].filter((action) => !/^GET object$|^POST object$/.test(action))).toEqual([]);
});
