import { expect, test } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import { openEmrJobs } from '../../src/product-recommendations/spark-jobs.emr.js';
import { CREATED, refusal, stateOfLast, useEmr } from '../emulators/emr.js';
import { BILLED, testSparkJobs } from './spark-jobs.contract.js';

const emr = useEmr();

const open = () =>
  openEmrJobs({
    session: openSession('shop'),
    settings: {
      ...{ stack: 'shop', name: 'alakazam shop', release: 'emr-7.13.0', serviceRole: 's', instanceProfile: 'n' },
      ...{ subnets: ['subnet-1'], workers: 0, workersAreSpot: false, logs: 's3://lake/recommendations/logs/' },
    },
    price: { perUnit: 0.2, region: 'us-east-1', asOf: '2025-06-01' },
    clock: () => (CREATED + 60) * 1000,
  });

testSparkJobs('EMR', {
  ...BILLED,
  open,
  runs() {
    stateOfLast(emr()).cluster('RUNNING');
    stateOfLast(emr()).step('RUNNING');
  },
  ends: () => stateOfLast(emr()).step('COMPLETED', { Timeline: { EndDateTime: CREATED + 60 } }),
  fails: (Message) => stateOfLast(emr()).step('FAILED', { FailureDetails: { Reason: 'Unknown Error.', Message } }),
  refuse(type, message, times = Number.POSITIVE_INFINITY) {
    emr().calls.clear();
    emr().instead = (action, number) =>
      action === 'RunJobFlow' && number <= times ? refusal(type, message) : undefined;
  },
});

test('each cluster is described once', async () => {
  for (const run of ['a1', 'b2']) await open().start({ run, main: 's3://lake/als.py', arguments: [] });
  emr().calls.clear();
  expect(await open().latest()).toMatchObject({ run: 'b2' });
  expect(emr().calls.get('DescribeCluster')).toHaveLength(2);
});
