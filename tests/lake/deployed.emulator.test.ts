/** The lake of a deployed stack: Firehose fills it, and the commands look after it. MiniStack stands in for all services. */
import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type AwsSession, openSession } from '../../src/engines/aws/session.js';
import { describeDelivery } from '../../src/lake/delivery.aws.js';
import { openAwsLake } from '../../src/lake/lake.aws.js';
import { LAKE_BUCKET, LAKE_DELIVERY, LAKE_PREFIX } from '../../src/lake/resources.js';
import { GUEST } from '../../src/orders/order-block.js';
import { reconcile } from '../../src/reconciliation/reconcile.js';
import { findResources } from '../../src/stack/resources.aws.js';
import { openArrivals } from '../../src/stream/kinesis/arrivals.aws.js';
import { ORDERS_STREAM } from '../../src/stream/resources.js';
import { openAwsStream } from '../../src/stream/stream.aws.js';
import { ATHENA_WORK_GROUP, GLUE_DATABASE } from '../../src/warehouse/resources.js';
import { openAthenaWarehouse } from '../../src/warehouse/warehouse.athena.js';
import { emulatorEnvironment } from '../emulators/environment.js';
import { useMiniStack } from '../emulators/ministack.js';
import { progressStore, QUICK } from '../emulators/order-history.js';
import { type Line, putter } from '../fixtures/orders.js';
import { runCli, temporaryDirectory } from '../run-cli.js';

const emulator = useMiniStack();
const STACK = 'shop';
const home = temporaryDirectory();
const openBookmarks = progressStore();

const cli = (...args: string[]) =>
  runCli(args, { home, env: { ...emulatorEnvironment(emulator.url), ALAKAZAM_TARGET: 'aws', ALAKAZAM_STACK: STACK } });

/** Of three months, with every kind of value. The last is a later version of the first. */
const LINES: readonly Line[] = [
  { stockCode: 'A', date: '12/1/2010 8:26', description: 'SAYS "HI", TWICE', unitPrice: '2.50' },
  { stockCode: 'B', date: '12/2/2010 8:26', description: ' two\r\nlines\n', country: '', customer: GUEST },
  { stockCode: 'C', date: '1/4/2011 10:00', description: 'a\rb', quantity: -3, unitPrice: '002.500' },
  { stockCode: 'C', date: '1/4/2011 10:00', description: '', occurrence: 2, unitPrice: '-11062.06' },
  { stockCode: 'É', date: '12/9/2011 12:50', description: '🎁 £5', quantity: 999_999_999_999_999, customer: 0 },
  { stockCode: 'A', date: '12/1/2010 8:26', description: 'NULL', country: 'null', quantity: 2 },
];
const MONTHS = { '2010-12': 3, '2011-01': 2, '2011-12': 1 };

function opened() {
  const session = openSession(STACK);
  onTestFinished(() => session.close());
  return session;
}

/** The drivers as the target opens them, on a clock of the test's own. */
async function open({ aheadMs = 3_600_000, session = opened() } = {}) {
  const { nameOf } = findResources(session);
  const name = await nameOf(ORDERS_STREAM);
  const stream = await openAwsStream({ session, name, openBookmarks, clock: Date.now, arrivals: QUICK });
  onTestFinished(() => stream.close());
  const [bucket, delivery] = [await nameOf(LAKE_BUCKET), await nameOf(LAKE_DELIVERY)];
  const athena = openAthenaWarehouse({
    session,
    workGroup: await nameOf(ATHENA_WORK_GROUP),
    database: await nameOf(GLUE_DATABASE),
    isFresh: true,
    price: { perUnit: 5, region: 'us-east-1', asOf: '2025-06-01' },
  });
  const { signal } = new AbortController();
  const lake = openAwsLake({
    session,
    bucket,
    firstMonth: '2009-12',
    clock: () => Date.now() + aheadMs,
    ask: (sql, signal) => athena.ask({ sql, values: [] }, { signal }),
    delivery: () => describeDelivery(session, delivery),
    arrivals: async () => openArrivals(session, name, QUICK),
    streamCreatedMs: async () => 0,
    heldSinceMs: () => stream.heldSinceMs(),
  });
  const s3 = session.client(S3Client);

  async function keys(): Promise<string[]> {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: LAKE_PREFIX }));
    return Contents.map(({ Key = '' }) => Key).sort();
  }

  return {
    stream,
    lake,
    keys,
    async lose(isLost: (key: string) => boolean) {
      for (const Key of (await keys()).filter(isLost)) await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    },
    async verified() {
      const view = lake.view();
      await view.update();
      return reconcile({ stream, bookmarks: stream.bookmarks, views: [view] }, { signal, onProgress() {} });
    },
    /** Every row that questions read, whoever wrote it. */
    async rows() {
      const sql = 'SELECT * FROM delivered_orders ORDER BY sequence';
      const { columns, rows } = await athena.ask({ sql, values: [] }, { signal });
      const found = [];
      for await (const some of rows) found.push(...some);
      return { columns, found };
    },
  };
}

/** What Firehose delivered of the lines. */
let delivered: Awaited<ReturnType<Awaited<ReturnType<typeof open>>['rows']>>;

beforeAll(async () => {
  const { code, stderr } = await cli('deploy', '--yes');
  expect([code, stderr]).toEqual([0, expect.stringContaining('is deployed')]);
}, 120_000);

test('is counted by month, with its files and what that costs', async () => {
  const { stream, lake, rows } = await open();
  await putter(stream)(LINES);
  await expect.poll(async () => (await lake.status()).arrivals, { timeout: 30_000 }).toBe(LINES.length);
  delivered = await rows();
  const { code, stdout, stderr } = await cli('lake', 'status', '-o', 'json');
  expect(code).toBe(0);
  const { months, ...status } = JSON.parse(stdout);
  expect(status).toEqual({
    place: expect.stringMatching(/^s3:\/\/.+\/orders\/$/),
    arrivals: LINES.length,
    replaced: 1,
    bytes: expect.any(Number),
  });
  const arrivals = months.map((month: { month: string; arrivals: number }) => [month.month, month.arrivals]);
  expect(Object.fromEntries(arrivals)).toEqual(MONTHS);
  for (const { files, bytes } of months) expect([files > 0, bytes > 0]).toEqual([true, true]);
  expect(stderr).toMatch(/Athena: .* read, \$0\.00005 /);
}, 90_000);

test('is a part of verify, beside the history', async () => {
  const { code, stdout, stderr } = await cli('verify', '-o', 'json');
  expect(JSON.parse(stdout)).toMatchObject({
    pass: true,
    differences: [],
    streamed: 6,
    // The earlier version is not due yet, and nobody asks whether there is a later one.
    views: { history: { held: 4 }, lake: { held: 5, repeated: 0, notExpected: 0, notDue: 1 } },
  });
  expect(code).toBe(0);
  expect(stderr).toMatch(/the data lake .* Firehose began/);
}, 60_000);

describe('an order that Firehose lost', () => {
  const isLost = (key: string) => /month=2011/.test(key);

  test('is not due at first, is missing later, and comes back from the stream as it was', async () => {
    const early = await open({ aheadMs: 0 });
    await early.lose(isLost);
    expect(await early.verified()).toMatchObject({ pass: true, views: { lake: { held: 2, notDue: 4 } } });
    expect(await early.lake.backfill()).toBe(0);

    const late = await open();
    expect(await late.verified()).toMatchObject({ pass: false, views: { lake: { held: 2, repeated: 1, notDue: 0 } } });
    expect(await late.lake.backfill()).toBe(3);
    expect(await late.verified()).toMatchObject({ pass: true, differences: [], views: { lake: { held: 5 } } });
    expect(await late.rows()).toEqual(delivered);
    expect(await late.lake.backfill()).toBe(0);
  }, 60_000);

  test('comes back in a file of the same name, however often it is lost', async () => {
    const { lake, keys, lose } = await open();
    const before = (await keys()).filter(isLost);
    expect(before).toEqual([
      expect.stringMatching(/^orders\/month=2011-01\/backfill-\d+\.parquet$/),
      expect.stringMatching(/^orders\/month=2011-12\/backfill-\d+\.parquet$/),
    ]);
    await lose(isLost);
    expect(await lake.backfill()).toBe(3);
    expect((await keys()).filter(isLost)).toEqual(before);
  }, 60_000);

  test('comes back once, when the backfill is cut off between two files and repeated', async () => {
    const { lake, lose, rows } = await open({ session: failingAt(2) });
    await lose(() => true);
    await expect(lake.backfill()).rejects.toThrow('cut off');
    expect((await lake.status()).arrivals).toBe(MONTHS['2010-12']);
    const again = await open();
    expect(await again.lake.backfill()).toBe(LINES.length - MONTHS['2010-12']);
    expect(await rows()).toEqual(delivered);
  }, 60_000);

  test('stays lost when a signal ends the backfill, which says how many came back', async () => {
    const { lake, lose } = await open();
    await lose(isLost);
    const controller = new AbortController();
    const backfilled = lake.backfill({ signal: controller.signal, onProgress: () => controller.abort() });
    expect(await backfilled).toBe(0);
    expect(await lake.backfill()).toBe(3);
  }, 60_000);

  /** A session on which the n-th file is not written. */
  function failingAt(n: number): AwsSession {
    const session = opened();
    const s3 = session.client(S3Client);
    let puts = 0;
    const send = async (command: Parameters<typeof s3.send>[0]) => {
      if (command instanceof PutObjectCommand && ++puts === n) throw new Error('cut off');
      return s3.send(command);
    };
    const client: AwsSession['client'] = (Client, options) =>
      (Client as unknown) === S3Client
        ? ({ send } as unknown as InstanceType<typeof Client>)
        : session.client(Client, options);
    return { ...session, client };
  }
});

test('is looked after by the command line, which says what it can’t do', async () => {
  const backfilled = await cli('lake', 'backfill', '-o', 'json');
  expect([backfilled.code, backfilled.stderr]).toEqual([0, expect.stringContaining('0 orders brought in')]);
  expect(JSON.parse(backfilled.stdout)).toMatchObject({ arrivals: LINES.length });
  const compacted = await cli('lake', 'compact');
  expect([compacted.code, compacted.stderr]).toEqual([1, expect.stringMatching(/a question that reads its files/)]);
  const { stdout } = await cli('doctor', '-o', 'json');
  expect(JSON.parse(stdout)).toContainEqual({
    name: 'lake',
    isGood: true,
    finding: expect.stringMatching(/^Firehose delivers within 10 min 0 s what arrived since 20/),
  });
}, 60_000);
