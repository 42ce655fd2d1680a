/** Training as a step of a cluster that somebody else made, and that goes on without us. */
import { describe, expect, test } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import { openStandingCluster } from '../../src/product-recommendations/standing-cluster.emr.js';
import { CREATED, refusal, standing, stateOfLast, useEmr } from '../emulators/emr.js';
import { testSparkJobs } from './spark-jobs.contract.js';

const emr = useEmr();

const open = (cluster: string, stack = 'shop', daysLater = 0) =>
  openStandingCluster({
    ...{ session: openSession(stack), cluster },
    clock: () => (CREATED + 60 + daysLater * 86_400) * 1000,
  });
const PROGRAM = { run: 'abc123', main: 's3://lake/als.py', arguments: ['--run', 'abc123'] };
const OF_OTHERS = {
  Id: 's-1',
  Name: 'train abc123',
  Status: { State: 'RUNNING', Timeline: { CreationDateTime: CREATED } },
};

testSparkJobs('a standing cluster', {
  // What it costs, it costs without a training too.
  ...{ estimate: /^cluster j-STANDING0, as a step of it; .* is billed whether it trains or not$/, cost: null },
  open: () => open(emr().clusters[0]?.Id ?? standing(emr())),
  runs() {
    stateOfLast(emr()).cluster('RUNNING');
    stateOfLast(emr()).step('RUNNING');
  },
  ends: () => stateOfLast(emr()).step('COMPLETED'),
  fails: (Message) => stateOfLast(emr()).step('FAILED', { FailureDetails: { Reason: 'Unknown Error.', Message } }),
  refuse(type, message, times = Number.POSITIVE_INFINITY) {
    emr().calls.clear();
    emr().instead = (action, number) =>
      action === 'AddJobFlowSteps' && number <= times ? refusal(type, message) : undefined;
  },
});

describe('a standing cluster', () => {
  test('gets a step that does not end it when it fails', async () => {
    const id = standing(emr());
    const started = await open(id).start(PROGRAM);
    expect(started).toMatchObject({ id: 's-1', engine: 'EMR step', state: 'running', status: 'step PENDING' });
    const [{ JobFlowId, Steps }] = emr().calls.get('AddJobFlowSteps') as [{ JobFlowId: string; Steps: object[] }];
    expect(JobFlowId).toBe(id);
    expect(Steps).toEqual([
      {
        ...{ Name: 'alakazam shop: train abc123', ActionOnFailure: 'CONTINUE' },
        HadoopJarStep: {
          Jar: 'command-runner.jar',
          Args: expect.arrayContaining(['spark-submit', 's3://lake/als.py', '--run', 'abc123']),
        },
      },
    ]);
    stateOfLast(emr()).step('COMPLETED');
    expect(await open(id).look('s-1')).toMatchObject({ state: 'done' });
    expect([...emr().calls.keys()].filter((action) => /RunJobFlow|Terminate|AddTags/.test(action))).toEqual([]);
  });

  test('a step of the same run that is there already is found, and none is added', async () => {
    const id = standing(emr());
    const { id: first } = await open(id).start(PROGRAM);
    await open(id).start({ ...PROGRAM, run: 'other' });
    expect((await open(id).start(PROGRAM)).id).toBe(first);
    expect(emr().calls.get('AddJobFlowSteps')).toHaveLength(2);
  });

  test('steps of others, of other stacks, and of long ago are none of ours', async () => {
    const id = standing(emr(), { Steps: [OF_OTHERS] });
    await open(id, 'other').start(PROGRAM);
    expect(await open(id).latest()).toBeUndefined();
    const { id: ours } = await open(id).start(PROGRAM);
    await open(id, 'other').start({ ...PROGRAM, run: 'def' });
    expect(await open(id).latest()).toMatchObject({ id: ours, run: 'abc123' });
    expect(await open(id, 'shop', 15).latest()).toBeUndefined();
  });

  test.each(['TERMINATING', 'TERMINATED', 'TERMINATED_WITH_ERRORS'])('that is %s takes no step', async (State) => {
    const StateChangeReason = { Code: 'USER_REQUEST', Message: 'Terminated by user request' };
    const id = standing(emr(), { Status: { State, StateChangeReason } });
    await expect(open(id).start(PROGRAM)).rejects.toMatchObject({
      code: 'failed',
      message: `cluster ${id} is ${State} (USER_REQUEST: Terminated by user request); a step needs one that is STARTING, BOOTSTRAPPING, RUNNING, WAITING`,
      hint: expect.stringContaining('name another one by --cluster'),
    });
    expect(emr().calls.has('AddJobFlowSteps')).toBe(false);
  });

  test.each([
    [[{ Name: 'Hadoop' }, { Name: 'Hive' }], 'only Hadoop, Hive'],
    [[], 'only no application at all'],
  ])('without Spark takes no step', async (Applications, words) => {
    const id = standing(emr(), { Applications });
    await expect(open(id).start(PROGRAM)).rejects.toMatchObject({ message: `cluster ${id} has no Spark, ${words}` });
    expect(emr().calls.has('AddJobFlowSteps')).toBe(false);
  });

  test('that EMR does not know is named', async () => {
    const message = 'EMR knows no cluster j-GONE in this region';
    await expect(open('j-GONE').start(PROGRAM)).rejects.toMatchObject({ code: 'failed', message });
    await expect(open('j-GONE').latest()).rejects.toMatchObject({ message });
  });

  test.each([
    ['TERMINATED_WITH_ERRORS', 'CANCELLED', 'the cluster ended before its step: INSTANCE_FAILURE: The primary failed'],
    ['TERMINATING', 'INTERRUPTED', 'the cluster ended before its step: INSTANCE_FAILURE: The primary failed'],
    // Somebody cancelled this one step.
    ['RUNNING', 'CANCELLED', 'the step was cancelled'],
  ])('that is %s when the step is %s', async (cluster, step, reason) => {
    const id = standing(emr());
    await open(id).start(PROGRAM);
    stateOfLast(emr()).cluster(cluster, { Code: 'INSTANCE_FAILURE', Message: 'The primary failed' });
    stateOfLast(emr()).step(step);
    expect(await open(id).latest()).toMatchObject({ state: 'failed', reason });
  });

  test('logs are where the cluster puts them', async () => {
    const id = standing(emr());
    expect((await open(id).start(PROGRAM)).logs).toBe(`s3://lake/recommendations/logs/${id}/steps/s-1/`);
    const other = standing(emr(), { LogUri: '', Steps: [] });
    expect((await open(other).start(PROGRAM)).logs).toBe(
      `/mnt/var/log/hadoop/steps/s-1/ on the primary node of ${other}`,
    );
  });
});
