/** The calls to EMR and EMR Serverless in the shapes that an emulator of others knows. It runs no step, and checks no role. */
import { EMRClient, ListClustersCommand, RunJobFlowCommand, TerminateJobFlowsCommand } from '@aws-sdk/client-emr';
import {
  CreateApplicationCommand,
  EMRServerlessClient,
  ListApplicationsCommand,
  StartJobRunCommand,
} from '@aws-sdk/client-emr-serverless';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { beforeAll, expect, test } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import { openEmrJobs } from '../../src/product-recommendations/spark-jobs.emr.js';
import { openEmrServerlessJobs } from '../../src/product-recommendations/spark-jobs.emr-serverless.js';
import { openStandingCluster } from '../../src/product-recommendations/standing-cluster.emr.js';
import { useMoto } from '../emulators/moto.js';

useMoto();

const requestHandler = new NodeHttpHandler();
// It loads a service when it is first asked, for longer than anybody waits for a first answer.
beforeAll(async () => {
  await new EMRClient({ requestHandler }).send(new ListClustersCommand({}));
  await new EMRServerlessClient({ requestHandler }).send(new ListApplicationsCommand({}));
});

const PRICE = { perUnit: 0.2, region: 'us-east-1', asOf: '2025-06-01' };
const PROGRAM = { run: 'abc123', main: 's3://lake/als.py', arguments: ['--run', 'abc123'] };
const logs = 's3://lake/recommendations/logs/';

test('a cluster is made, found by its tags, and seen to end early', async () => {
  const open = (stack: string) =>
    openEmrJobs({
      session: openSession(stack),
      settings: {
        ...{ stack, name: 'alakazam', release: 'emr-7.13.0', serviceRole: 's', instanceProfile: 'n' },
        ...{ subnets: [], workers: 1, workersAreSpot: true, logs },
      },
      price: PRICE,
      clock: Date.now,
    });
  const { id } = await open('one').start(PROGRAM);
  expect(await open('one').latest()).toMatchObject({ id, run: 'abc123', state: 'running', logs: `${logs}${id}/` });
  expect(await open('other').latest()).toBeUndefined();
  await new EMRClient({ requestHandler }).send(new TerminateJobFlowsCommand({ JobFlowIds: [id] }));
  expect(await open('one').look(id)).toMatchObject({
    state: 'failed',
    reason: expect.stringMatching(/^the cluster ended before its step: /),
  });
});

test('a step is added to a cluster that stands, and found again', async () => {
  const client = new EMRClient({ requestHandler });
  const { JobFlowId: cluster = '' } = await client.send(
    new RunJobFlowCommand({
      ...{ Name: 'reports', ReleaseLabel: 'emr-7.13.0', Applications: [{ Name: 'Spark' }], LogUri: logs },
      Instances: { KeepJobFlowAliveWhenNoSteps: true, InstanceCount: 1, MasterInstanceType: 'm6g.xlarge' },
    }),
  );
  const jobs = openStandingCluster({ session: openSession('one'), cluster, clock: Date.now });
  expect(await jobs.latest()).toBeUndefined();
  const { id } = await jobs.start(PROGRAM);
  expect(await jobs.latest()).toMatchObject({ id, run: 'abc123', logs: `${logs}${cluster}/steps/${id}/` });
  expect((await jobs.start(PROGRAM)).id).toBe(id);
  await client.send(new TerminateJobFlowsCommand({ JobFlowIds: [cluster] }));
  await expect(jobs.start(PROGRAM)).rejects.toThrow(/is TERMINATED.*; a step needs one that is STARTING/);
  const gone = openStandingCluster({ session: openSession('one'), cluster: 'j-NOWHERE', clock: Date.now });
  await expect(gone.latest()).rejects.toThrow('EMR knows no cluster j-NOWHERE in this region');
});

test('a job is started among others, found, and seen to end', async () => {
  const client = new EMRServerlessClient({ requestHandler });
  const { applicationId = '' } = await client.send(
    new CreateApplicationCommand({ releaseLabel: 'emr-7.13.0', type: 'SPARK' }),
  );
  const role = 'arn:aws:iam::123456789012:role/train';
  // Before the first job it says that there is no such application.
  await client.send(
    new StartJobRunCommand({ applicationId, executionRoleArn: role, clientToken: 'other', name: 'of somebody else' }),
  );
  const jobs = openEmrServerlessJobs({
    ...{ session: openSession('one'), application: applicationId, role, logs, clock: Date.now },
    prices: { processor: PRICE, memory: PRICE },
  });
  const { id } = await jobs.start(PROGRAM);
  // Its jobs end at once.
  expect(await jobs.latest()).toMatchObject({ id, run: 'abc123', state: 'done', status: 'SUCCESS' });
});
