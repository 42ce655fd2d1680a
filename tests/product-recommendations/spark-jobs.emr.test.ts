import { openSession } from '../../src/engines/aws/session.js';
import { openEmrJobs } from '../../src/product-recommendations/spark-jobs.emr.js';
import { CREATED, refusal, stateOfLast, useEmr } from '../emulators/emr.js';
import { testSparkJobs } from './spark-jobs.contract.js';

const emr = useEmr();

testSparkJobs('EMR', {
  open: () =>
    openEmrJobs({
      session: openSession('shop'),
      settings: {
        ...{ stack: 'shop', name: 'alakazam shop', release: 'emr-7.13.0', serviceRole: 's', instanceProfile: 'n' },
        ...{ subnets: ['subnet-1'], workers: 0, workersAreSpot: false, logs: 's3://lake/recommendations/logs/' },
      },
      price: { perUnit: 0.2, region: 'us-east-1', asOf: '2025-06-01' },
      clock: () => (CREATED + 60) * 1000,
    }),
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
