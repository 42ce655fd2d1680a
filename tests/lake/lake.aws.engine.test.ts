/** The lake of a stack on the engine inside Athena: the table of the template, and rows as Firehose would deliver them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AwsSession } from '../../src/engines/aws/session.js';
import { openAwsLake } from '../../src/lake/lake.aws.js';
import type { TransformationEvent } from '../../src/lake/stamp-arrivals.lambda.js';
import { reconcile } from '../../src/reconciliation/reconcile.js';
import type { NumberedStream } from '../../src/stream/numbered-stream.js';
import { encoderOf } from '../../src/stream/order-record.js';
import { type AthenaTables, startAthenaTables } from '../engines/trino/athena-tables.js';
import { type TrinoEnvironment, trinoEnvironment } from '../engines/trino/environment.js';
import { localFixture } from '../fixtures/local-pipeline.js';
import { manyLines, putter } from '../fixtures/orders.js';
import { describeUnless } from '../missing.js';
import { testLake } from './lake.contract.js';

const trino = await trinoEnvironment().catch((error: Error) => error.message);
type Records = TransformationEvent['records'];

/** Every order of the stream, with its place as Kinesis would number it. */
async function recordsOf(stream: NumberedStream): Promise<Records> {
  const records: Records[number][] = [];
  for await (const { first, arrivalMs, orders } of stream.from(1)) {
    const encode = encoderOf(orders);
    for (let i = 0; i < orders.count; i++) {
      const origin = { sequenceNumber: `${first + i}`, approximateArrivalTimestamp: arrivalMs };
      records.push({
        recordId: `${first + i}`,
        data: encode(i),
        approximateArrivalTimestamp: arrivalMs,
        kinesisRecordMetadata: origin,
      });
    }
  }
  return records;
}

describeUnless(typeof trino === 'string' ? trino : undefined, 'the lake on AWS with Trino', () => {
  let tables: AthenaTables;
  beforeAll(async () => {
    tables = await startAthenaTables(trino as TrinoEnvironment);
  }, 300_000);
  afterAll(() => tables?.close());

  /** `delivered` says which records Firehose hands over when the lake is brought up to date. */
  async function start({ delivered = (records: Records) => records, latestMs = 0 } = {}) {
    const { open } = await localFixture();
    const stream = await open();
    let schema = await tables.deliver([]);
    let months: string[] = [];
    const listed = async () => ({
      Contents: [...new Set(months)].map((month) => ({ Key: `orders/month=${month}/file`, Size: 1000 })),
    });
    const lake = openAwsLake({
      session: { client: () => ({ send: listed }) } as unknown as AwsSession,
      bucket: 'lake',
      firstMonth: '2009-12',
      clock: Date.now,
      async ask(sql) {
        const { rows } = await tables.ask(sql, schema);
        return {
          rows: (async function* () {
            yield rows;
          })(),
          cost: () => '1 kB read',
        };
      },
      delivery: async () => ({ startMs: 0, latestMs }),
      arrivals: () => Promise.reject(new Error('nobody asks for it')),
      streamCreatedMs: async () => 0,
      heldSinceMs: async () => 0,
    });
    async function deliver() {
      const records = delivered(await recordsOf(stream));
      months = records.map(({ data }) => JSON.parse(Buffer.from(data, 'base64').toString()).orderDate.slice(0, 7));
      schema = await tables.deliver(records);
    }
    const view = lake.view();
    return {
      stream,
      view: { ...view, update: (signal?: AbortSignal) => deliver().then(() => view.update(signal)) },
      lake: { ...lake, update: () => deliver().then(() => lake.update()) },
    };
  }

  async function verified({ stream, view }: Awaited<ReturnType<typeof start>>) {
    const { arrivalMs } = await view.update();
    const options = { signal: new AbortController().signal, onProgress() {}, through: [{ arrivalMs }] };
    return reconcile({ stream, bookmarks: stream.bookmarks, views: [view] }, options);
  }

  testLake('aws', start);

  test('an order that was not delivered is missing once it is due, and before that it is not due', async () => {
    const delivered = (records: Records) => records.filter((_, n) => n !== 4);
    const late = await start({ delivered });
    await putter(late.stream)(manyLines(9));
    expect(await verified(late)).toMatchObject({
      pass: false,
      views: { lake: { held: 8, notDue: 0 } },
      differences: expect.arrayContaining(['order 600001-P1 of customer 2 is in the stream and not in the lake']),
    });
    expect(late.view.notes?.()).toContain('Athena: 1 kB read');
    const early = await start({ delivered, latestMs: 60_000 });
    await putter(early.stream)(manyLines(9));
    expect(await verified(early)).toMatchObject({ pass: true, views: { lake: { held: 8, notDue: 1 } } });
  });

  test('an order that was delivered twice is there once', async () => {
    const fixture = await start({ delivered: (records) => [...records, ...records.slice(0, 3)] });
    await putter(fixture.stream)(manyLines(9));
    expect(await verified(fixture)).toMatchObject({ pass: true, views: { lake: { held: 9, repeated: 0 } } });
    expect(await fixture.lake.status()).toMatchObject({ arrivals: 12, replaced: 3 });
  });

  test('an order that changed its customer is there, in whichever order two shards are read', async () => {
    const fixture = await start();
    const [first, second] = [
      { stockCode: 'X', customer: 4 },
      { stockCode: 'X', customer: 5, quantity: 2 },
    ];
    await putter(fixture.stream)([first, second]);
    const { stream } = fixture;
    const backwards = {
      async *read() {
        const blocks = [];
        for await (const block of stream.read({ from: 'first' })) blocks.push(block);
        yield* blocks.reverse();
      },
    };
    const { arrivalMs } = await fixture.view.update();
    const options = { signal: new AbortController().signal, onProgress() {}, through: [{ arrivalMs }] };
    const result = await reconcile({ stream: backwards, bookmarks: stream.bookmarks, views: [fixture.view] }, options);
    expect(result).toMatchObject({ differences: [], views: { lake: { held: 1, repeated: 1 } } });
  });

  test('an order of a month that no question reads is not expected', async () => {
    const fixture = await start({ delivered: (records) => records.slice(1) });
    await putter(fixture.stream)([{ stockCode: 'A', date: '11/30/2009 8:26' }, { stockCode: 'B' }]);
    expect(await verified(fixture)).toMatchObject({
      pass: true,
      views: { lake: { held: 1, notExpected: 1, notDue: 0 } },
    });
  });

  test.each([
    ['compact', /would fail/, /LakeBufferSeconds/],
    ['rebuild', /has forgotten/, /lake backfill/],
    ['export', /by a question/, /alakazam query --target aws --sql/],
    ['tables', /Glue/, /alakazam query/],
  ] as const)('%s says why not, and what to do', async (method, message, hint) => {
    const { lake } = await start();
    await expect((async () => lake[method]('orders.csv' as never))()).rejects.toMatchObject({
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });
});
