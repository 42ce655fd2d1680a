/** The state of resources as AWS answers that the emulator does not make, or makes in no other state. */
import { expect, onTestFinished, test } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import { probe } from '../../src/stack/probes.aws.js';
import { emulatorEnvironment } from '../emulators/environment.js';
import { type Answer, useFaultProxy } from '../emulators/fault-proxy.js';
import { useMiniStack } from '../emulators/ministack.js';

const proxy = useFaultProxy(useMiniStack());

/** A session to which these actions are answered so. */
function answering(answers: Readonly<Record<string, Answer>>) {
  proxy.fault(({ action }) => answers[action]);
  const session = openSession('alakazam', { ...process.env, ...emulatorEnvironment(proxy.url) });
  onTestFinished(() => session.close());
  return session;
}

const dashboard = {
  name: 'QuicksightDashboard',
  type: 'AWS::QuickSight::Dashboard',
  id: '000000000000|alakazam-orders',
};
const workgroup = { name: 'RedshiftWorkgroup', type: 'AWS::RedshiftServerless::Workgroup', id: 'orders-1' };
const asked = 'GET /accounts/000000000000/dashboards/alakazam-orders';

test('the state of a dashboard is that of its version', async () => {
  const answer = (Version: object) => answering({ [asked]: { status: 200, body: { Dashboard: { Version } } } });
  expect(await probe(answer({ Status: 'UPDATE_SUCCESSFUL' }), dashboard, '')).toMatchObject({
    isHealthy: true,
    isUsual: true,
  });
  const failed = answer({ Status: 'CREATION_FAILED', Errors: [{ Message: 'the data set is not there' }] });
  expect(await probe(failed, dashboard, '')).toEqual({
    isHealthy: false,
    status: 'CREATION_FAILED',
    isUsual: false,
    finding: 'the data set is not there',
  });
});

test('the state of Athena has the limit of a query, and how the last one ended', async () => {
  const group = { name: 'WorkGroup', type: 'AWS::Athena::WorkGroup', id: 'alakazam' };
  const Configuration = { BytesScannedCutoffPerQuery: 10_000_000 };
  const answers = (QueryExecutionIds: readonly string[]) => ({
    GetWorkGroup: { status: 200, body: { WorkGroup: { Name: 'alakazam', State: 'ENABLED', Configuration } } },
    ListQueryExecutions: { status: 200, body: { QueryExecutionIds } },
    GetQueryExecution: {
      status: 200,
      body: { QueryExecution: { Status: { State: 'FAILED', SubmissionDateTime: 1_795_785_600 } } },
    },
  });
  expect((await probe(answering(answers([])), group, '')).finding).toBe('at most 10.0 MB a query');
  expect((await probe(answering(answers(['newest'])), group, '')).finding).toBe(
    'at most 10.0 MB a query, the last FAILED at 2026-11-27T13:20Z',
  );
});

test.each([
  ['AVAILABLE', true, true],
  ['MODIFYING', true, false],
  ['DELETING', false, false],
])('the state of Redshift while it is %s', async (state, isHealthy, isUsual) => {
  const body = { workgroup: { status: state, baseCapacity: 8, maxCapacity: 16 } };
  expect(await probe(answering({ GetWorkgroup: { status: 200, body } }), workgroup, '')).toEqual({
    ...{ isHealthy, status: state, isUsual },
    finding: '8 to 16 RPUs',
  });
});
