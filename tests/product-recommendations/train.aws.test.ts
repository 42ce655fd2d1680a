/** How a training on AWS goes, and what becomes of each thing that can happen to it. No stand-in runs a step: the tests say what does. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import type { TrainOptions } from '../../src/product-recommendations/recommender.js';
import { s3RunFiles } from '../../src/product-recommendations/run-files.aws.js';
import { openEmrJobs } from '../../src/product-recommendations/spark-jobs.emr.js';
import { openEmrServerlessJobs } from '../../src/product-recommendations/spark-jobs.emr-serverless.js';
import { PROGRAM_FLAGS } from '../../src/product-recommendations/spark-program.js';
import { openStandingCluster } from '../../src/product-recommendations/standing-cluster.emr.js';
import { openAwsTraining } from '../../src/product-recommendations/train.aws.js';
import { TRAIN_DEFAULTS } from '../../src/product-recommendations/training-options.js';
import { CREATED, refusal, standing, stateOfLast, useEmr } from '../emulators/emr.js';

const emr = useEmr();

const PRICE = { perUnit: 0.2, region: 'us-east-1', asOf: '2025-06-01' };
const SETTINGS = {
  ...{ stack: 'shop', name: 'alakazam shop', release: 'emr-7.13.0', serviceRole: 'service', instanceProfile: 'nodes' },
  ...{ subnets: [], workers: 1, workersAreSpot: true, logs: 's3://lake/recommendations/logs/' },
};

/** `steps` happen one after the other, each while the training is waited for. `named` is a standing cluster. */
function start(steps: readonly (() => void)[] = [], stack = 'shop', named?: string) {
  const session = openSession(stack);
  const left = [...steps];
  const notes: string[] = [];
  const controller = new AbortController();
  const { signal } = controller;
  const clock = () => (CREATED + 1800) * 1000;
  const training = openAwsTraining({
    session,
    ...{ bucket: 'lake', orders: 'orders/', prefix: 'recommendations/' },
    files: s3RunFiles(session, 'lake', 'recommendations/'),
    cluster: openEmrJobs({ session, settings: { ...SETTINGS, stack }, price: PRICE, clock }),
    serverless: openEmrServerlessJobs({
      ...{ session, application: 'app', role: 'arn:role', logs: SETTINGS.logs, clock },
      prices: { processor: PRICE, memory: { ...PRICE, perUnit: 0.01 } },
    }),
    standing: named ? { cluster: named, jobs: openStandingCluster({ session, cluster: named, clock }) } : undefined,
    async wait() {
      const next = left.shift();
      if (!next) throw new Error('nothing happens any more, and it still waits');
      next();
    },
  });
  const work = { signal, onNote: (text: string) => void notes.push(text) };
  const train = (options: Partial<TrainOptions> = {}) => training.train({ ...TRAIN_DEFAULTS, ...options }, work);
  const begin = (options: Partial<TrainOptions> = {}) =>
    training.startTraining({ ...TRAIN_DEFAULTS, ...options }, work);
  return { ...training, train, begin, notes, controller };
}

const last = () => stateOfLast(emr());
const cluster = (state: string, reason?: object) => () => last().cluster(state, reason);
const step = (state: string, more?: object) => () => last().step(state, more);
const job = (state: string, details?: string) => () => last().job(state, details);
/** What als.py does last. */
const publish = () => {
  const [asked] = ['RunJobFlow', 'StartJobRun', 'AddJobFlowSteps']
    .map((action) => emr().calls.get(action))
    .find(Boolean) as [Record<string, never>];
  const text = JSON.stringify(asked);
  const run = /"--run","(\w+)"/.exec(text)?.[1];
  const options = { factors: 64, regParam: 0.1, iterations: 10, halfLifeDays: 42, seed: 1, since: null, until: null };
  const about = { run, trainedAt: '2026-11-27T10:00:00.000Z', options, customers: 2, products: 3, purchases: 4 };
  const latest = { format: 1, buckets: 64, ...about, lastDate: '2011-12-09' };
  emr().objects.set('/lake/recommendations/latest.json', JSON.stringify(latest));
};
const all =
  (...acts: (() => void)[]) =>
  () => {
    for (const act of acts) act();
  };

describe('a training on a cluster', () => {
  test('is followed from its start to the model that it publishes', async () => {
    const { train, notes } = start([
      cluster('BOOTSTRAPPING'),
      all(cluster('RUNNING'), step('RUNNING')),
      all(step('COMPLETED'), publish),
    ]);
    const run = await train({ seed: 7 });
    expect(run).toMatchObject({ customers: 2, purchases: 4, lastDate: '2011-12-09', isInUse: true });
    expect(notes).toEqual([
      'trains on 2 nodes of EMR, about $0.10 for a quarter of an hour (list price of us-east-1 on 2025-06-01)',
      'EMR cluster j-1: STARTING',
      'EMR cluster j-1: BOOTSTRAPPING',
      'EMR cluster j-1: step RUNNING',
      'EMR cluster j-1: COMPLETED',
      // Half an hour of two nodes.
      'it cost about $0.20 by the price list',
    ]);
    const [asked] = emr().calls.get('RunJobFlow') as [Record<string, never>];
    expect(asked).toMatchObject({
      ...{ Name: 'alakazam shop', ReleaseLabel: 'emr-7.13.0', ServiceRole: 'service', JobFlowRole: 'nodes' },
      Instances: {
        KeepJobFlowAliveWhenNoSteps: false,
        InstanceFleets: [
          { InstanceFleetType: 'MASTER', TargetOnDemandCapacity: 1 },
          {
            ...{ InstanceFleetType: 'CORE', TargetSpotCapacity: 1 },
            LaunchSpecifications: { SpotSpecification: { TimeoutAction: 'SWITCH_TO_ON_DEMAND' } },
          },
        ],
      },
      AutoTerminationPolicy: { IdleTimeout: 600 },
    });
    expect(asked['Instances']).not.toHaveProperty('Ec2SubnetIds');
    expect(asked['Tags']).toEqual(
      expect.arrayContaining([
        { Key: 'alakazam:stack', Value: 'shop' },
        { Key: 'alakazam:run', Value: run.run },
      ]),
    );
    const [{ ActionOnFailure, HadoopJarStep }] = asked['Steps'] as unknown as [
      { ActionOnFailure: string; HadoopJarStep: { Args: string[] } },
    ];
    expect(ActionOnFailure).toBe('TERMINATE_CLUSTER');
    const [main, ...rest] = HadoopJarStep.Args.slice(5);
    expect(HadoopJarStep.Args.slice(0, 3)).toEqual(['spark-submit', '--deploy-mode', 'cluster']);
    // The program is where the step looks for it, whole.
    const path = (url = '') => url.replace('s3:/', '');
    expect(emr().objects.get(path(main))).toBe(readFileSync('spark/als.py', 'utf8'));
    expect(emr().objects.get(path(rest[rest.indexOf('--purchases-sql') + 1]))).toBe(
      readFileSync('spark/purchases.sql', 'utf8'),
    );
    expect(rest.slice(0, 2)).toEqual(['--lake', 's3://lake/orders/']);
    // Spark keeps its own defaults where nothing else was asked for.
    expect(rest.slice(-4)).toEqual(['--run', run.run, '--seed', '7']);
  });

  test('passes on what the program takes', async () => {
    const program = readFileSync('spark/als.py', 'utf8');
    const known = [...program.matchAll(/add_argument\("(--[\w-]+)"/g)].map(([, flag]) => flag);
    expect(known).toEqual(expect.arrayContaining(Object.values(PROGRAM_FLAGS)));
    await start().begin({ since: '2011-01-01', regularization: 0.2, halfLifeDays: 30 });
    const [{ Steps }] = emr().calls.get('RunJobFlow') as [{ Steps: [{ HadoopJarStep: { Args: string[] } }] }];
    const flags = Steps[0].HadoopJarStep.Args.filter((each) => /^--(?!deploy-mode|conf)/.test(each));
    expect(flags.filter((flag) => !known.includes(flag))).toEqual([]);
    expect(flags).toEqual(expect.arrayContaining(['--since', '--reg-param', '--half-life', '--run', '--out']));
  });

  test('a second call finds the one under way, and starts none', async () => {
    const first = await start().begin();
    const second = start([all(step('COMPLETED'), publish)]);
    expect((await second.train()).run).toBe(first.run);
    expect(emr().calls.get('RunJobFlow')).toHaveLength(1);
    expect(second.notes[0]).toBe(`a training is under way: EMR cluster j-1, since ${first.startedAt}`);
    // It is done, so the next call is another training.
    cluster('TERMINATED', { Code: 'ALL_STEPS_COMPLETED' })();
    expect((await start().begin()).id).toBe('j-2');
  });

  test('one under way is found among others, by its tag', async () => {
    await start([], 'other').begin();
    expect(await start().remoteTraining()).toBeUndefined();
    const { id } = await start().begin();
    await start([], 'other').begin();
    expect(await start().remoteTraining()).toMatchObject({ id, state: 'running', status: 'STARTING' });
    expect(emr().clusters).toHaveLength(2);
  });

  test('a step that fails: its reason, and where its logs are', async () => {
    const FailureDetails = { Reason: 'Unknown Error.', Message: 'no column order_id', LogFile: 's3://lake/stderr.gz' };
    const { train, remoteTraining } = start([step('FAILED', { FailureDetails })]);
    await expect(train()).rejects.toMatchObject({
      code: 'failed',
      message: 'the training failed (EMR cluster j-1): Unknown Error.; no column order_id; see s3://lake/stderr.gz',
      hint: 'its logs: s3://lake/recommendations/logs/j-1/',
    });
    expect(await remoteTraining()).toMatchObject({ state: 'failed', status: 'FAILED' });
  });

  test.each([
    [
      { Code: 'USER_REQUEST', Message: 'Terminated by user request' },
      /ended before its step: USER_REQUEST: Term/,
      /logs/,
    ],
    [{ Code: 'BOOTSTRAP_FAILURE', Message: 'Node failed' }, /BOOTSTRAP_FAILURE: Node failed/, /logs/],
    [
      { Code: 'VALIDATION_ERROR', Message: 'The subnet configuration was invalid: no default VPC' },
      /no default VPC/,
      /SubnetIds/,
    ],
    [{ Code: 'INSTANCE_FAILURE', Message: 'Insufficient capacity' }, /Insufficient capacity/, /--serverless/],
    [{ Code: 'VALIDATION_ERROR', Message: 'Invalid InstanceProfile: nodes' }, /Invalid InstanceProfile/, /deploy/],
  ])('a cluster that ends before its step: %o', async (reason, message, hint) => {
    const { train } = start([all(cluster('TERMINATED_WITH_ERRORS', reason), step('CANCELLED'))]);
    await expect(train()).rejects.toMatchObject({
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  test('without a default subnet EMR Serverless trains', async () => {
    emr().instead = (action) =>
      action === 'RunJobFlow' ? refusal('ValidationException', 'No default VPC for this user.') : undefined;
    const { train, notes } = start([job('RUNNING'), all(job('SUCCESS'), publish)]);
    const { run } = await train();
    expect(emr().jobRuns.map(({ name }) => name)).toEqual([`train ${run}`]);
    expect(notes).toContain('this account has no default subnet for a cluster, so EMR Serverless trains');
  });

  test('without a service-linked role it says how to make one', async () => {
    const message =
      'The service-linked role for EC2 Spot could not be created: not authorized to perform iam:CreateServiceLinkedRole';
    emr().instead = (action) => (action === 'RunJobFlow' ? refusal('ValidationException', message) : undefined);
    await expect(start().begin()).rejects.toMatchObject({
      message: `AWS starts no training: ${message}`,
      hint: expect.stringContaining('aws iam create-service-linked-role --aws-service-name spot.amazonaws.com'),
    });
  });

  test('throttling delays it, and a look that fails for a while too', async () => {
    emr().instead = (action, number) =>
      /RunJobFlow|DescribeCluster/.test(action) && number <= 2
        ? refusal('ThrottlingException', 'Rate exceeded')
        : undefined;
    const { train } = start([() => {}, all(step('COMPLETED'), publish)]);
    await expect(train()).resolves.toMatchObject({ isInUse: true });
    expect(emr().clusters).toHaveLength(1);
  });

  test('whoever stops waiting hears how to return, and the training goes on', async () => {
    const { train, controller } = start([() => controller.abort()]);
    await expect(train()).rejects.toMatchObject({
      code: 'interrupted',
      message: 'stopped looking; the training goes on as EMR cluster j-1',
      hint: 'alakazam train --status --target aws',
    });
    expect([...emr().calls.keys()]).not.toContain('TerminateJobFlows');
    expect(await start().remoteTraining()).toMatchObject({ id: 'j-1', state: 'running' });
  });

  test('a permission that is lost on the way: the training goes on', async () => {
    const { train } = start([
      () => {
        emr().instead = (action) => (action === 'DescribeCluster' ? refusal('AccessDeniedException', 'no') : undefined);
      },
    ]);
    await expect(train()).rejects.toMatchObject({
      code: 'access',
      message: expect.stringMatching(/^no permission: emr:DescribeCluster; the training goes on as EMR cluster j-1$/),
    });
  });

  test('says what it left out', async () => {
    const leaveOut = () => {
      const path = '/lake/recommendations/latest.json';
      const latest = JSON.parse(emr().objects.get(path) as string);
      emr().objects.set(path, JSON.stringify({ ...latest, future: { orders: 1, lastDate: '9999-12-31' } }));
    };
    const { train, notes } = start([all(step('COMPLETED'), publish, leaveOut)]);
    await train();
    expect(notes.at(-1)).toBe('left out: 1 order dated in the future, such as on 9999-12-31');
  });

  test('a program that ends well and publishes nothing is no success', async () => {
    await expect(start([step('COMPLETED')]).train()).rejects.toThrow(/ended well, and published no model/);
  });

  test('what is about this machine is refused before anything is started', async () => {
    await expect(start().begin({ threads: 2 })).rejects.toMatchObject({ code: 'usage' });
    await expect(start().begin({ engine: 'built-in' })).rejects.toMatchObject({
      message: '--engine is "built-in"; valid on the aws target: spark',
    });
    await expect(start().begin({ tune: { forMs: 1000, fixed: [] } })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringMatching(/^--tune is for this machine/),
    });
    expect(emr().calls.size).toBe(0);
  });
});

describe('a training on a standing cluster', () => {
  test('is followed, and said to cost nothing of its own', async () => {
    const id = standing(emr());
    const { train, notes } = start(
      [all(cluster('RUNNING'), step('RUNNING')), all(step('COMPLETED'), publish)],
      'shop',
      id,
    );
    await train();
    expect(notes).toEqual([
      `trains on cluster ${id}, as a step of it; a cluster that stands is billed whether it trains or not`,
      ...['step PENDING', 'step RUNNING', 'COMPLETED'].map((status) => `EMR step s-1: ${status}`),
    ]);
    expect(emr().clusters).toHaveLength(1);
  });

  test('a second call finds the one under way, wherever it would have trained itself', async () => {
    const id = standing(emr());
    await start([], 'shop', id).begin();
    expect(await start([], 'shop', id).begin({ serverless: true })).toMatchObject({ id: 's-1', engine: 'EMR step' });
    expect(emr().calls.get('AddJobFlowSteps')).toHaveLength(1);
    expect(emr().jobRuns).toEqual([]);
  });

  test('whoever stops waiting hears which cluster to name', async () => {
    const id = standing(emr());
    const { train, controller } = start([() => controller.abort()], 'shop', id);
    await expect(train()).rejects.toMatchObject({
      message: 'stopped looking; the training goes on as EMR step s-1',
      hint: `alakazam train --status --target aws --cluster ${id}`,
    });
  });

  test('a step that fails: its reason, and where its logs are', async () => {
    const id = standing(emr());
    const FailureDetails = { Reason: 'Unknown Error.', Message: 'no column order_id' };
    await expect(start([step('FAILED', { FailureDetails })], 'shop', id).train()).rejects.toMatchObject({
      message: 'the training failed (EMR step s-1): Unknown Error.; no column order_id',
      hint: `its logs: s3://lake/recommendations/logs/${id}/steps/s-1/`,
    });
  });

  test('--serverless goes before a cluster that is configured', async () => {
    await start([], 'shop', standing(emr())).begin({ serverless: true });
    expect(emr().jobRuns).toHaveLength(1);
    expect(emr().calls.has('AddJobFlowSteps')).toBe(false);
  });
});

describe('a training on EMR Serverless', () => {
  test('is followed, and says what was billed', async () => {
    const { train, notes } = start([job('SCHEDULED'), job('RUNNING'), all(job('SUCCESS'), publish)]);
    const { run } = await train({ serverless: true });
    expect(notes.slice(1)).toEqual([
      ...['SUBMITTED', 'SCHEDULED', 'RUNNING', 'SUCCESS'].map((state) => `EMR Serverless job 00job1: ${state}`),
      // 1 × 0.2 + 4 × 0.01
      'it cost about $0.24 by the price list',
    ]);
    expect(emr().calls.has('RunJobFlow')).toBe(false);
    const [asked] = emr().calls.get('StartJobRun') as [Record<string, never>];
    expect(asked).toMatchObject({
      executionRoleArn: 'arn:role',
      tags: { 'alakazam:run': run },
      configurationOverrides: { monitoringConfiguration: { s3MonitoringConfiguration: { logUri: SETTINGS.logs } } },
    });
  });

  test('two who start at once get one job; after it, another', async () => {
    const { begin } = start();
    const options = { serverless: true };
    const both = await Promise.all([begin(options), start().begin(options)]);
    expect(both.map(({ id }) => id)).toEqual(['00job1', '00job1']);
    job('FAILED')();
    expect((await begin(options)).id).toBe('00job2');
  });

  test('a token that somebody else used with other arguments leads to that job', async () => {
    emr().instead = (action) => {
      if (action !== 'StartJobRun') return undefined;
      emr().jobRuns.push({
        ...{ id: 'other', name: 'train abc', clientToken: 'x', state: 'RUNNING', stateDetails: '' },
        more: { createdAt: CREATED },
      });
      return refusal('ConflictException', 'Idempotency token has been used with other parameters', 409);
    };
    expect(await start().begin({ serverless: true })).toMatchObject({ id: 'other', run: 'abc', state: 'running' });
  });

  test('a job that fails: its reason, and where its logs are', async () => {
    const { train } = start([job('FAILED', 'Job failed: exit code 1')]);
    await expect(train({ serverless: true })).rejects.toMatchObject({
      message: 'the training failed (EMR Serverless job 00job1): Job failed: exit code 1',
      hint: 'its logs: s3://lake/recommendations/logs/applications/app/jobs/00job1/',
    });
  });
});
