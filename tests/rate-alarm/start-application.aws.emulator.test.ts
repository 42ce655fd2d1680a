/** Starting the Flink application, against the answers that AWS documents: no emulator runs one. */
import { expect, onTestFinished, test } from 'vitest';
import { openSession } from '../../src/engines/aws/session.js';
import { startApplication } from '../../src/rate-alarm/start-application.aws.js';
import type { StackEvent } from '../../src/stack/stack.js';
import { emulatorEnvironment } from '../emulators/environment.js';
import { type Call, useFaultProxy } from '../emulators/fault-proxy.js';
import { useMiniStack } from '../emulators/ministack.js';

const proxy = useFaultProxy(useMiniStack({ stacks: false }));
const NEVER = new AbortController().signal;
const OUTPUTS = {
  RateApplicationName: 'alakazam-RateApplication-1',
  RateApplicationLogGroupName: 'flink',
  RateApplicationLogStreamArn: 'arn:aws:logs:eu-central-1:000000000000:log-group:flink:log-stream:rate-alarm',
};

interface World {
  /** What DescribeApplication says, one after the other; the last stays. */
  readonly statuses: readonly string[];
  readonly uptimes?: readonly number[];
  readonly hasLog?: boolean;
  readonly hasSnapshot?: boolean;
  readonly logged?: readonly string[];
}

function start({ statuses, uptimes = [60_000], hasLog = true, hasSnapshot = false, logged = [] }: World) {
  const called: { readonly action: string; readonly body: Call['body'] }[] = [];
  const [said, measured] = [[...statuses], [...uptimes]];
  const next = <T>(all: T[]): T => (all.length > 1 ? (all.shift() as T) : (all[0] as T));
  proxy.fault(({ action, body }) => {
    called.push({ action, body });
    if (action === 'DescribeApplication') {
      const CloudWatchLoggingOptionDescriptions = hasLog ? [{ LogStreamARN: 'there' }] : [];
      const detail = { ApplicationStatus: next(said), ApplicationVersionId: 7, CloudWatchLoggingOptionDescriptions };
      return { status: 200, body: { ApplicationDetail: detail } };
    }
    if (action === 'ListApplicationSnapshots')
      return { status: 200, body: { SnapshotSummaries: hasSnapshot ? [{ SnapshotName: 'kept' }] : [] } };
    if (action === 'FilterLogEvents') return { status: 200, body: { events: logged.map((message) => ({ message })) } };
    return { status: 200, body: {} };
  });
  const session = openSession('alakazam', { ...process.env, ...emulatorEnvironment(proxy.url) });
  onTestFinished(() => session.close());
  let nowMs = 1_795_824_000_000;
  const poll = async () => {
    nowMs += 30_000;
  };
  const outputs = new Map(Object.entries(OUTPUTS));
  const uptimeMs = async () => next(measured);
  const started = startApplication({ session, clock: () => nowMs, outputs, poll, uptimeMs }, NEVER);
  const inputOf = (action: string) => called.find((each) => each.action === action)?.body;
  return { started, inputOf, actions: () => called.map(({ action }) => action) };
}

async function statusesOf(events: AsyncIterable<StackEvent>): Promise<string[]> {
  const found: string[] = [];
  for await (const { status } of events) found.push(status);
  return found;
}

test('an application that was just made is started, and followed until its job is up', async () => {
  const { started, inputOf } = start({
    statuses: ['READY', 'READY', 'STARTING', 'STARTING', 'RUNNING'],
    uptimes: [0, 0, 45_000],
  });
  expect(await statusesOf(started)).toEqual(['READY', 'STARTING', 'RUNNING', 'JOB_RUNNING']);
  expect(inputOf('StartApplication')).toEqual({
    ApplicationName: OUTPUTS.RateApplicationName,
    RunConfiguration: { ApplicationRestoreConfiguration: { ApplicationRestoreType: 'SKIP_RESTORE_FROM_SNAPSHOT' } },
  });
  expect(inputOf('AddApplicationCloudWatchLoggingOption')).toBeUndefined();
});

test('it goes on from a snapshot where there is one, and gets its log where CloudFormation could not give it one', async () => {
  const { started, inputOf } = start({ statuses: ['READY', 'READY', 'RUNNING'], hasSnapshot: true, hasLog: false });
  await statusesOf(started);
  expect(inputOf('StartApplication').RunConfiguration.ApplicationRestoreConfiguration).toEqual({
    ApplicationRestoreType: 'RESTORE_FROM_LATEST_SNAPSHOT',
  });
  expect(inputOf('AddApplicationCloudWatchLoggingOption')).toEqual({
    ApplicationName: OUTPUTS.RateApplicationName,
    CurrentApplicationVersionId: 7,
    CloudWatchLoggingOption: { LogStreamARN: OUTPUTS.RateApplicationLogStreamArn },
  });
});

test('one that runs is left alone, and one that is updated is waited for', async () => {
  const running = start({ statuses: ['RUNNING'] });
  expect(await statusesOf(running.started)).toEqual(['RUNNING']);
  const updating = start({ statuses: ['UPDATING', 'UPDATING', 'RUNNING'] });
  expect(await statusesOf(updating.started)).toEqual(['UPDATING', 'RUNNING']);
  for (const { actions } of [running, updating]) expect(actions()).not.toContain('StartApplication');
});

test('one that is RUNNING without a job is an error with what its log says', async () => {
  const message = JSON.stringify({ logger: 'PythonDriver', message: 'Traceback\\n  ValueError: threshold is 0' });
  const { started } = start({ statuses: ['READY', 'READY', 'RUNNING'], uptimes: [0], logged: [message] });
  await expect(statusesOf(started)).rejects.toThrow(
    /^the job of alakazam-RateApplication-1 does not run: Traceback .*ValueError: threshold is 0$/,
  );
});

test('one that does not start is an error, and is not started again and again', async () => {
  const { started, actions } = start({ statuses: ['READY', 'READY', 'STARTING', 'READY'] });
  await expect(statusesOf(started)).rejects.toThrow('alakazam-RateApplication-1 did not start');
  expect(actions().filter((action) => action === 'StartApplication')).toHaveLength(1);
});
