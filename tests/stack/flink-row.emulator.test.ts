/** The row of `status` for the Flink application, against the answers that AWS documents: no emulator runs one. */
import { CloudWatchClient, type GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { expect, onTestFinished, test } from 'vitest';
import { type AwsSession, openSession } from '../../src/engines/aws/session.js';
import { rateAlarmParts } from '../../src/rate-alarm/parts.js';
import { describeParts } from '../../src/stack/status.aws.js';
import { emulatorEnvironment } from '../emulators/environment.js';
import { useFaultProxy } from '../emulators/fault-proxy.js';
import { useMiniStack } from '../emulators/ministack.js';
import { MODEL } from '../fixtures/built-stack.js';

const proxy = useFaultProxy(useMiniStack({ stacks: false }));
const NAME = 'alakazam-RateApplication-1';
const APPLICATION = { name: 'RateApplication', type: 'AWS::KinesisAnalyticsV2::Application', id: NAME };

/** Values by minutes before now. */
type Minutes = Readonly<Record<number, number>>;

interface World {
  readonly status?: string;
  readonly metrics?: Readonly<Record<string, readonly Minutes[]>>;
}

const nameIn = ({ MetricStat, Expression = '' }: MetricDataQuery) =>
  MetricStat?.Metric?.MetricName ?? (/MetricName="(\w+)"/.exec(Expression)?.[1] as string);

async function flinkRow({ status = 'RUNNING', metrics }: World) {
  const asked: MetricDataQuery[] = [];
  proxy.fault(({ action }) =>
    action === 'DescribeApplication'
      ? { status: 200, body: { ApplicationDetail: { ApplicationStatus: status } } }
      : undefined,
  );
  const real = openSession('alakazam', { ...process.env, ...emulatorEnvironment(proxy.url) });
  onTestFinished(() => real.close());
  const nowMs = Date.now();
  const cloudWatch = {
    async send({ input: { MetricDataQueries = [], ScanBy = 'TimestampDescending' } }: GetMetricDataCommand) {
      if (metrics === undefined) throw new Error('no permission');
      asked.push(...MetricDataQueries);
      const MetricDataResults = MetricDataQueries.flatMap((query) =>
        (metrics[nameIn(query)] ?? []).map((minutes) => {
          const data = Object.entries(minutes).sort(([a], [b]) => Number(a) - Number(b));
          if (ScanBy === 'TimestampAscending') data.reverse();
          const Timestamps = data.map(([minute]) => new Date(nowMs - Number(minute) * 60_000));
          return { Id: query.Id, Timestamps, Values: data.map(([, value]) => value) };
        }),
      );
      return { MetricDataResults };
    },
  };
  const session = {
    ...real,
    client: ((Client, options) =>
      (Client as unknown) === CloudWatchClient ? cloudWatch : real.client(Client, options)) as AwsSession['client'],
  };
  const parts = await describeParts(session, { ...MODEL, parts: [rateAlarmParts] }, [APPLICATION]);
  return { row: parts.find(({ name }) => name === 'Flink'), parts, asked };
}

test('says that its job is up, how far it is behind and how often it restarted', async () => {
  const { row, asked } = await flinkRow({
    metrics: {
      uptime: [{ 3: 3_500_000, 2: 3_560_000, 1: 3_620_000 }],
      // 4 to 6, then of a new job that restarted once.
      fullRestarts: [{ 50: 4, 40: 4, 30: 6, 20: 0, 10: 1 }],
      // The stream before and the stream now: what was read last counts.
      millisBehindLatest: [{ 30: 90_000 }, { 2: 90_000, 1: 2500 }],
    },
  });
  expect(row).toEqual({
    name: 'Flink',
    isHealthy: true,
    health: 'finds surges of orders, up 1 h 0 min',
    throughput: '3 restarts',
    lag: '2.5 s',
    waiting: '',
  });
  const queryOf = (name: string) => asked.find((query) => nameIn(query) === name);
  expect(queryOf('uptime')?.MetricStat).toEqual({
    Metric: {
      Namespace: 'AWS/KinesisAnalytics',
      MetricName: 'uptime',
      Dimensions: [{ Name: 'Application', Value: NAME }],
    },
    Period: 60,
    Stat: 'Maximum',
  });
  expect(queryOf('millisBehindLatest')?.Expression).toBe(
    `SEARCH('{AWS/KinesisAnalytics,Application,Flow,Id} MetricName="millisBehindLatest" Application="${NAME}"', 'Maximum', 60)`,
  );
});

test.each([
  ['was up until ten minutes ago', { uptime: [{ 11: 60_000, 10: 120_000 }] }],
  ['ended', { uptime: [{ 2: 120_000, 1: -1 }] }],
  ['was never up', {}],
])('a RUNNING application whose job %s is not healthy', async (_, metrics) => {
  expect((await flinkRow({ metrics })).row).toMatchObject({
    isHealthy: false,
    health: 'RUNNING, but its job does not run: its log says why',
    throughput: '0 restarts',
    lag: '',
  });
});

test('a lag that is not measured yet is none', async () => {
  const metrics = { uptime: [{ 1: 60_000 }], millisBehindLatest: [{ 1: -1 }] };
  expect((await flinkRow({ metrics })).row).toMatchObject({ isHealthy: true, lag: '' });
});

test.each([
  ['READY', false, 'READY, it does not run; alakazam deploy starts it'],
  ['UPDATING', true, 'UPDATING'],
])('an application that is %s says so, whatever its job did before', async (status, isHealthy, health) => {
  expect((await flinkRow({ status, metrics: {} })).row).toMatchObject({ isHealthy, health });
});

test('without permission to read metrics nothing is said of the job', async () => {
  const { row, parts } = await flinkRow({});
  expect(row).toMatchObject({ isHealthy: true, health: 'finds surges of orders', throughput: '? restarts', lag: '' });
  expect(parts.at(-1)).toMatchObject({ name: 'metrics', isHealthy: false });
});
