/** The driver of AWS over a table on an emulator. Flink is the plainest reckoning, and the function's parts are those of the function. */
import { expect, onTestFinished, test } from 'vitest';
import type { Shard } from '../../src/engines/aws/shards.js';
import { orderOf } from '../../src/orders/order-block.js';
import { openAwsAlarm } from '../../src/rate-alarm/alarm.aws.js';
import type { TestResult } from '../../src/rate-alarm/alarm.js';
import type { AlarmConfig } from '../../src/rate-alarm/alarm-settings.js';
import type { Subscriber } from '../../src/rate-alarm/alarm-topic.aws.js';
import { openKeptEpisodes } from '../../src/rate-alarm/kept-episodes.dynamodb.js';
import type { Notifier } from '../../src/rate-alarm/notifier.js';
import { readShares } from '../../src/rate-alarm/read-shares.aws.js';
import { takeRecords } from '../../src/rate-alarm/take-records.js';
import { tellDue } from '../../src/rate-alarm/tell-due.js';
import type { ArrivalLog, KinesisRecord } from '../../src/stream/kinesis/arrived-orders.js';
import { useMiniStack } from '../emulators/ministack.js';
import { blockOf, type Line } from '../fixtures/orders.js';
import { type AlarmFixture, recorder, testAlarm } from './alarm.contract.js';
import { alarmRecords } from './alarm-stream.js';
import type { Arrival } from './naive.js';
import { emulated, makeEpisodesTable } from './rate-alarm-parts.js';
import { USUAL } from './usual-settings.js';

useMiniStack({ stacks: false });

const NEVER = new AbortController().signal;
const NOBODY: Notifier = recorder('nobody').notifier;

/** An order stream of one shard in memory: no emulator lets a test choose when a record arrives. */
function orderStream() {
  const records: KinesisRecord[] = [];
  const shard: Shard = { id: 'shard', parents: [], isClosed: false };
  const log: ArrivalLog = {
    ...{ stream: 'orders', pollMs: 1, shards: async () => [shard] },
    iterator: async (_, position) => {
      const sinceMs = typeof position === 'object' && 'sinceMs' in position ? position.sinceMs : 0;
      const at = records.findIndex((each) => (each.ApproximateArrivalTimestamp?.getTime() ?? 0) >= sinceMs);
      return String(at < 0 ? records.length : at);
    },
    page: async (iterator) => ({
      records: records.slice(Number(iterator)),
      next: String(records.length),
      isCaughtUp: true,
    }),
    sequenceOf: ({ SequenceNumber = '' }) => SequenceNumber,
    arrivalOf: ({ ApproximateArrivalTimestamp }) => ApproximateArrivalTimestamp?.getTime() ?? 0,
    ...{ isExpired: () => false, isTransient: () => false, isThrottling: () => false, isMissing: () => false },
  };
  const put = (timeMs: number, lines: readonly Line[]) => {
    const block = blockOf(lines);
    for (let i = 0; i < lines.length; i++) {
      records.push({
        Data: Buffer.from(JSON.stringify(orderOf(block, i))),
        SequenceNumber: String(records.length),
        ApproximateArrivalTimestamp: new Date(timeMs),
      });
    }
  };
  return { log, put };
}

interface Options {
  readonly subscribers?: readonly Subscriber[];
  readonly outcomes?: readonly TestResult[];
}

async function create({ subscribers = [], outcomes = [] }: Options = {}) {
  const episodes = openKeptEpisodes(emulated(), await makeEpisodesTable());
  const { log, put } = orderStream();
  const arrivals: Arrival[] = [];
  const told = new Set<string>();
  let nowMs = 0;
  const clock = () => nowMs;
  let config: AlarmConfig = { ...USUAL, reminderMs: 900_000, notify: [] };

  const fixture: AlarmFixture = {
    async arrive(timeMs, lines) {
      nowMs = Math.max(nowMs, timeMs);
      put(timeMs, lines);
      arrivals.push(...lines.map(({ invoiceNo = '536365' }) => ({ timeMs, invoiceNo })));
      const records = alarmRecords(arrivals, config).map((record) => JSON.stringify(record));
      const fresh = records.filter((record) => !told.has(record));
      for (const record of fresh) told.add(record);
      const batch = fresh.map((record, i) => ({ sequenceNumber: String(i), data: Buffer.from(record) }));
      const refuse = async () => expect.unreachable('every record is one');
      expect(await takeRecords(batch, { episodes, quietMs: config.quietMs, clock, refuse })).toMatchObject({
        refused: 0,
      });
    },
    setTime(timeMs) {
      nowMs = timeMs;
    },
    async open({ notifiers = [], reminderMs = 900_000, ...settings } = {}) {
      const [notifier] = notifiers;
      const notify = notifier ? (['began', 'reminder', 'ended', 'caught-up', 'test'] as const) : (['test'] as const);
      config = { ...USUAL, ...settings, reminderMs, notify };
      const own = config;
      const shares = { log: async () => log, windowMs: own.windowMs };
      const telling = {
        ...{ episodes, notifier: notifier ?? NOBODY, config: own, place: 'stack test', clock, random: () => 0 },
        timing: { lagMs: 0, settledMs: 0 },
        sharesOf: (of: Parameters<typeof readShares>[0]) => readShares(of, shares),
      };
      const alarm = openAwsAlarm({
        ...{ episodes, config: own, place: 'stack test', clock, log: async () => log },
        sharesOf: telling.sharesOf,
        topic: {
          notifier: notifier ?? NOBODY,
          subscribers: async () => subscribers,
          lastOutcomes: async () => outcomes,
        },
      });
      onTestFinished(() => alarm.close());
      // What the function does each minute.
      const byItself = async () => void (await tellDue(telling, NEVER));
      return {
        ...alarm,
        update: () => byItself().then(() => alarm.update()),
        deliver: () => byItself().then(() => alarm.deliver(NEVER)),
      };
    },
  };
  return fixture;
}

testAlarm('aws', create, { hasOutbox: false });

test('says of an e-mail address that it is not confirmed, and of a topic that nobody has subscribed', async () => {
  const { notifier } = recorder('sns topic alarms');
  const alone = await (await create()).open({ notifiers: [notifier] });
  expect(await alone.destinations()).toEqual([
    expect.objectContaining({ name: 'sns topic alarms', problem: 'nobody has subscribed to it' }),
  ]);
  const subscribers = [
    { name: 'e-mail a…@example.org', protocol: 'email', isConfirmed: false },
    { name: 'SMS +44…00', protocol: 'sms', isConfirmed: true },
  ];
  const told = await (await create({ subscribers })).open({ notifiers: [notifier] });
  expect((await told.destinations()).map(({ name, problem }) => [name, problem])).toEqual([
    ['e-mail a…@example.org', expect.stringMatching(/not confirmed/)],
    ['SMS +44…00', null],
  ]);
});

test('a test message says what became of it for each subscriber, or why the topic refused it', async () => {
  const outcomes = [{ destination: 'SMS +44…00', isDelivered: false, detail: 'Phone is currently unreachable' }];
  const fixture = await create({ outcomes });
  const taking = recorder('topic');
  expect(await (await fixture.open({ notifiers: [taking.notifier] })).test(NEVER)).toEqual(outcomes);
  expect(taking.got.map(({ event }) => event)).toEqual(['test']);
  const refusing = recorder('topic', () => ({ outcome: 'failed', reason: 'SNS: not authorized' }));
  expect(await (await fixture.open({ notifiers: [refusing.notifier] })).test(NEVER)).toEqual([
    { destination: 'topic', isDelivered: false, detail: 'SNS: not authorized' },
  ]);
});
