import { openSession } from '../../src/engines/aws/session.js';
import { openEmrServerlessJobs } from '../../src/product-recommendations/spark-jobs.emr-serverless.js';
import { CREATED, refusal, stateOfLast, useEmr } from '../emulators/emr.js';
import { BILLED, testSparkJobs } from './spark-jobs.contract.js';

const emr = useEmr();
const PRICE = { perUnit: 0.04, region: 'us-east-1', asOf: '2025-06-01' };

testSparkJobs('EMR Serverless', {
  ...BILLED,
  open: () =>
    openEmrServerlessJobs({
      session: openSession('shop'),
      ...{ application: 'app', role: 'arn:role', logs: 's3://lake/recommendations/logs/' },
      prices: { processor: PRICE, memory: PRICE },
      clock: () => (CREATED + 60) * 1000,
    }),
  runs: () => stateOfLast(emr()).job('RUNNING'),
  ends: () => stateOfLast(emr()).job('SUCCESS'),
  fails: (reason) => stateOfLast(emr()).job('FAILED', `Job failed: ${reason}`),
  refuse(type, message, times = Number.POSITIVE_INFINITY) {
    emr().calls.clear();
    emr().instead = (action, number) =>
      action === 'StartJobRun' && number <= times ? refusal(type, message) : undefined;
  },
});
