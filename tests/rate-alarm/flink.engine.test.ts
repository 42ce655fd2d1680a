/**
 * The rate alarm on a real Flink, reading and writing Kinesis on MiniStack: the very package that is deployed, the very function
 * that makes episodes of what Flink tells, and the arithmetic of the embedded target, against a reckoning in Python. Records of
 * the order stream arrived when the tests say; Flink gets the time from the stream.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { AlarmSettings } from '../../src/rate-alarm/alarm-settings.js';
import { flinkApplication } from '../../src/rate-alarm/flink-application.js';
import { flinkConnector } from '../../src/rate-alarm/flink-connector.js';
import { createRate } from '../../src/rate-alarm/rate.js';
import { type Handler, runMapping, shardRecords } from '../emulators/event-source.js';
import { useMiniStack } from '../emulators/ministack.js';
import { seeded } from '../fixtures/random.js';
import { describeReal, REAL_GZ } from '../fixtures/real-file.js';
import { describeUnless } from '../missing.js';
import { finish, ROOT, temporaryDirectory } from '../run-cli.js';
import { type FlinkJobs, startFlink } from './flink-jobs.js';
import { type AlarmRecord, type Arrival, createStream, putArrivals, readAlarms } from './order-stream.js';
import { loadFunction, placeFunction } from './rate-alarm-function.js';
import { USUAL } from './usual-settings.js';

const LONG_MS = 600_000;
const CACHE = join(ROOT, 'node_modules', '.cache', 'alakazam-flink-connector');
const connector = await flinkConnector({ cacheDirectory: CACHE }).catch((error: Error) => error.message);
/** Long enough for an emulator on a machine that others work on. */
const BOUND_MS = 10_000;

interface Reckoned {
  readonly crossings: readonly (readonly [timeMs: number, count: number])[];
  readonly episodes: readonly EpisodeOfSeconds[];
}

interface EpisodeOfSeconds {
  readonly beganMs: number;
  readonly lastMs: number;
  readonly peak: number;
  readonly peakMs: number;
  readonly orders: number;
}

async function python(program: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn('python3', [join(import.meta.dirname, program), ...args]);
  const finished = finish(child);
  child.stdin.end(input);
  const { code, stdout, stderr } = await finished;
  expect(code, stderr).toBe(0);
  return stdout;
}

const reckon = async (arrivals: readonly Arrival[], settings: AlarmSettings): Promise<Reckoned> =>
  JSON.parse(await python('naive-alarm.py', [], JSON.stringify({ arrivals, ...settings })));

const crossingsIn = (records: readonly AlarmRecord[]) =>
  records.flatMap(({ kind, atMs, count }) => (kind === 'crossing' ? [[atMs, count] as const] : []));

/** Those of the embedded target. */
function localEpisodes(arrivals: readonly Arrival[], settings: AlarmSettings): EpisodeOfSeconds[] {
  const rate = createRate(settings);
  const inOrder = arrivals.toSorted(([a], [b]) => (a as number) - (b as number));
  const changes = inOrder.flatMap(([timeMs, invoiceNos]) =>
    rate.arrive(timeMs as number, invoiceNos.length, () => invoiceNos),
  );
  const ended = [...changes, ...rate.passTime(Number.MAX_SAFE_INTEGER)].filter(({ kind }) => kind === 'ended');
  return ended.map(({ episode: { endedMs: _, ...episode } }) => episode);
}

/** Whether all is known until this time: there is a crossing then, and it is the last arrival of its second. */
const endsAt = (timeMs: number) => (records: readonly AlarmRecord[]) =>
  records.some(({ kind, atMs }) => kind === 'crossing' && atMs === timeMs) &&
  records.some(({ kind, lastMs }) => kind === 'second' && lastMs === timeMs);

/** A surge a while after all others, with which a test ends. */
const surgeAfter = (arrivals: readonly Arrival[], size: number): Arrival => [
  arrivals.reduce((latest, [timeMs]) => Math.max(latest, timeMs ?? 0), 0) + 300_000,
  Array.from({ length: size }, (_, i) => `LAST${i}`),
];

/** Half a day ago, so that the stream still has it. */
const BASE = Math.floor(Date.now() / 1000 - 43_200) * 1000;

describeUnless(typeof connector === 'string' ? connector : undefined, 'the rate alarm on Flink', () => {
  const server = useMiniStack({ stacks: false });
  const temporary = temporaryDirectory();
  let kinesis: KinesisClient;
  let flink: FlinkJobs;
  let handler: Handler;

  beforeAll(async () => {
    // MiniStack closes a connection of HTTP/2 after some requests.
    kinesis = new KinesisClient({ requestHandler: new NodeHttpHandler() });
    const { path } = connector as { path: string };
    const application = temporaryDirectory();
    for (const [name, bytes] of Object.entries(unzipSync(flinkApplication(readFileSync(path)).zip))) {
      mkdirSync(dirname(join(application, name)), { recursive: true });
      writeFileSync(join(application, name), bytes);
    }
    [flink, handler] = [await startFlink(application, temporary), await loadFunction(temporary)];
  }, LONG_MS);
  afterAll(async () => {
    await flink?.close();
    kinesis?.destroy();
  });

  const propertiesOf = (name: string, { threshold, windowMs, counted }: AlarmSettings, boundMs: number) => ({
    ...{ orderStream: name, alarmStream: `${name}-alarm`, region: 'eu-central-1', endpoint: server.url },
    ...{ threshold: `${threshold}`, windowMs: `${windowMs}`, counted, boundMs: `${boundMs}` },
  });

  async function createStreams(name: string, shards: number): Promise<void> {
    await createStream(kinesis, name, shards);
    await createStream(kinesis, `${name}-alarm`, 1);
  }

  const alarmsOf = (name: string, isLast: (records: readonly AlarmRecord[]) => boolean) =>
    readAlarms(kinesis, `${name}-alarm`, isLast, () => flink.check(name));

  /** Runs a job over all arrivals, in the order in which they are given, and compares what it says with what is reckoned. */
  async function compare(
    name: string,
    arrivals: readonly Arrival[],
    streams: { readonly shards: number; readonly used?: number; readonly extra?: readonly string[] },
    settings = USUAL,
  ): Promise<Reckoned> {
    const all = [...arrivals, surgeAfter(arrivals, settings.threshold + 1)];
    await createStreams(name, streams.shards);
    await putArrivals(kinesis, name, all, streams);
    await flink.start(name, propertiesOf(name, settings, BOUND_MS));
    const [expected, records] = await Promise.all([
      reckon(all, settings),
      alarmsOf(name, endsAt(all.at(-1)?.[0] as number)),
    ]);
    await flink.cancel(name);
    expect(records.filter(({ kind }) => kind === 'late')).toEqual([]);
    expect(crossingsIn(records)).toEqual(expected.crossings);
    expect(localEpisodes(all, settings)).toEqual(expected.episodes);
    expect(await functionEpisodes(name, records, settings)).toEqual(expected.episodes);
    return expected;
  }

  /** Those that the function keeps of these records, which it gets as they came; it tells of all in one message. */
  async function functionEpisodes(orderStream: string, records: readonly AlarmRecord[], settings: AlarmSettings) {
    const { kept } = await placeFunction(orderStream, settings);
    const data = records.map((record) => JSON.stringify(record));
    const log = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    onTestFinished(() => log.mockRestore());
    const outcome = await runMapping(shardRecords(data), handler, { batchSize: 100, retriesMax: 0 });
    expect(outcome.givenUp).toEqual([]);
    const now = Date.now;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 91_000);
    await handler(
      { Records: [] },
      { functionName: 'rate-alarm', awsRequestId: '1', getRemainingTimeInMillis: () => 60_000 },
    );
    clock.mockRestore();
    const episodes = (await kept()).reverse();
    expect(new Set(episodes.map(({ notified }) => notified.map(({ event }) => event).join()))).toEqual(
      new Set(['caught-up']),
    );
    return episodes.map(({ firstMs, lastMs, peak, peakMs, before, through }) => {
      return { beganMs: firstMs, lastMs, peak, peakMs, orders: through - before };
    });
  }

  test('100,000 orders with 700 bursts, in five shards, one of which is idle', { timeout: LONG_MS }, async () => {
    const random = seeded(7);
    const arrivals: Arrival[] = [];
    for (let timeMs = BASE; arrivals.length < 100_000; ) {
      const isBurst = random() < 0.004;
      const size = isBurst ? 8 + Math.floor(random() * 33) : 1;
      for (let i = 0; i < size; i++) {
        timeMs += isBurst ? Math.floor(random() * 91) : Math.floor(-250 * Math.log(1 - random()));
        arrivals.push([timeMs, [`${arrivals.length}`]]);
      }
    }
    const { crossings } = await compare('synthetic', arrivals, { shards: 5, used: 4 });
    expect(crossings.length).toBeGreaterThan(600);
  });

  test('orders and others shuffled, many at one time, counted by invoice', { timeout: LONG_MS }, async () => {
    const random = seeded(11);
    // A surge of the very first orders, all at once.
    const arrivals: Arrival[] = [[BASE, ['A', 'B', 'C', 'D', 'A']]];
    for (let timeMs = BASE; arrivals.length < 3000; ) {
      const wait = random();
      timeMs += wait < 0.3 ? 0 : Math.floor(random() * (wait < 0.97 ? 900 : 90_000));
      arrivals.push([
        timeMs,
        Array.from({ length: 1 + Math.floor(random() * 3) }, () => `${Math.floor(random() * 9)}`),
      ]);
    }
    for (let i = arrivals.length - 1; i > 0; i--) {
      const other = Math.floor(random() * (i + 1));
      [arrivals[i], arrivals[other]] = [arrivals[other] as Arrival, arrivals[i] as Arrival];
    }
    const extra = ['no JSON', '[1]', '{"a":1}', '"text"', '\xf3\x89\x9a\xc2 damaged', '\xff'];
    const settings = { threshold: 3, windowMs: 1500, quietMs: 20_000, counted: 'invoices' as const };
    const { episodes } = await compare('shuffled', arrivals, { shards: 2, extra }, settings);
    expect(episodes.length).toBeGreaterThan(20);
    expect(episodes[0]?.beganMs).toBe(BASE);
  });

  test('goes on from a savepoint in the middle of a burst', { timeout: LONG_MS }, async () => {
    const burst = Array.from({ length: 24 }, (_, i): Arrival => [BASE + i * 45, [`${i}`]]);
    const [first, second] = [burst.slice(0, 8), [...burst.slice(8), surgeAfter(burst, 11)]];
    await createStreams('restarted', 2);
    await putArrivals(kinesis, 'restarted', first, { shards: 2 });
    const properties = propertiesOf('restarted', USUAL, 2 * BOUND_MS);
    await flink.start('restarted', properties);
    await expect
      .poll(
        async () => {
          const read = await flink.metrics('restarted', 'WatermarkAssigner');
          return Math.max(...Object.entries(read).map(([name, value]) => (/\.numRecordsIn$/.test(name) ? value : 0)));
        },
        // The orders, the one of long ago, and heartbeats.
        { timeout: LONG_MS },
      )
      .toBeGreaterThan(first.length + 1);
    const savepoint = await flink.stop('restarted', temporary);
    expect(await readAlarms(kinesis, 'restarted-alarm', () => true)).toEqual([]);

    await putArrivals(kinesis, 'restarted', second, { shards: 2 });
    await flink.start('restarted', properties, savepoint);
    const records = await alarmsOf('restarted', endsAt(second.at(-1)?.[0] as number));
    await flink.cancel('restarted');
    const expected = await reckon([...first, ...second], USUAL);
    expect(expected.crossings).toHaveLength(2);
    expect(crossingsIn(records)).toEqual(expected.crossings);
    expect(await functionEpisodes('restarted', records, USUAL)).toEqual(expected.episodes);
  });

  test('says what is read too late, and does not count it; and tells of a burst now, before silence', {
    timeout: LONG_MS,
  }, async () => {
    await createStreams('late', 1);
    const burst: Arrival = [BASE, Array.from({ length: 12 }, (_, i) => `${i}`)];
    await putArrivals(kinesis, 'late', [burst]);
    await flink.start('late', propertiesOf('late', USUAL, 2000));
    await alarmsOf('late', endsAt(BASE));
    const late = Array.from({ length: 5 }, (_, i): Arrival => [BASE + 100 * i, ['late']]);
    await putArrivals(kinesis, 'late', late);
    const [beforeMs, now] = [Date.now(), Array.from({ length: 11 }, (_, i) => `now ${i}`)];
    await putArrivals(kinesis, 'late', [[null, now]]);
    const records = await alarmsOf('late', (all) => all.length >= 4 + late.length);
    const told = records.map(({ kind, count, before = 0, through = 0 }) => `${kind} of ${count}, ${through - before}`);
    expect(told.sort()).toEqual([
      ...['crossing of 11, 11', 'crossing of 12, 12'],
      ...Array(late.length).fill('late of 1, 0'),
      ...['second of 11, 11', 'second of 12, 12'],
    ]);
    expect(records.flatMap(({ kind, atMs }) => (kind === 'late' ? [atMs] : []))).toEqual(late.map(([at]) => at));
    const [, last] = records.filter(({ kind }) => kind === 'crossing') as [AlarmRecord, AlarmRecord];
    expect(last.atMs).toBeGreaterThanOrEqual(beforeMs);
    expect(last.atMs).toBeLessThanOrEqual(Date.now());
    await flink.cancel('late');
  });

  describeReal('the real file', () => {
    test('at 3600 times its speed, in aggregated records', { timeout: LONG_MS }, async () => {
      const arrivals: Arrival[] = JSON.parse(await python('real-arrivals.py', [REAL_GZ, `${BASE}`]));
      expect(arrivals.flatMap(([, invoiceNos]) => invoiceNos)).toHaveLength(541_909);
      // A night takes some 14 seconds. The shop was open on 305 days; the last surge is that of the test.
      const settings = { ...USUAL, quietMs: 10_000 };
      const { episodes } = await compare('real', arrivals, { shards: 2 }, settings);
      expect(episodes).toHaveLength(305 + 1);
    });
  });
});
