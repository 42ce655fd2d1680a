/** Order and completeness of what is put, against a stream that refuses what it likes. */
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createOrderedPuts,
  type PutOptions,
  type PutRecord,
  type Refusals,
} from '../../../src/stream/kinesis/ordered-puts.js';

const THROTTLED = 'ProvisionedThroughputExceededException';

interface FakeStream {
  /** What was taken, in order. */
  readonly taken: string[];
  /** How often each record was sent. */
  readonly sent: Map<string, number>;
  readonly refused: Map<string, number>;
  readonly requests: number[];
  inFlightMax: number;
  send(records: readonly PutRecord[]): Promise<Refusals>;
}

/** `refuse` says whether a record is refused, `waitMs` how long an answer takes. */
function fakeStream(refuse: (record: PutRecord, request: number) => boolean, waitMs: () => number): FakeStream {
  let inFlight = 0;
  const stream: FakeStream = {
    taken: [],
    sent: new Map(),
    refused: new Map(),
    requests: [],
    inFlightMax: 0,
    async send(records) {
      stream.inFlightMax = Math.max(stream.inFlightMax, ++inFlight);
      const request = stream.requests.push(records.length);
      await delay(waitMs());
      const answer = records.map((record) => {
        stream.sent.set(record.data, (stream.sent.get(record.data) ?? 0) + 1);
        if (refuse(record, request)) {
          stream.refused.set(record.data, (stream.refused.get(record.data) ?? 0) + 1);
          return THROTTLED;
        }
        stream.taken.push(record.data);
        return undefined;
      });
      await delay(waitMs());
      inFlight--;
      return answer;
    },
  };
  return stream;
}

function putsOn(stream: FakeStream, more: Partial<PutOptions> = {}) {
  return createOrderedPuts({
    send: stream.send,
    isThrottling: (code) => code === THROTTLED,
    givenUp: (code, taken, count) => new Error(`${taken} of ${count}: ${code}`),
    requestRecordsMax: 500,
    requestBytesMax: 1_000_000,
    random: () => 0.01,
    ...more,
  });
}

/** Records `key.number`, numbered in each key. */
function recordsOf(keys: readonly string[]) {
  const numbers = new Map<string, number>();
  const names = keys.map((key) => {
    const number = numbers.get(key) ?? 0;
    numbers.set(key, number + 1);
    return `${key}.${number}`;
  });
  return {
    names,
    records: { count: keys.length, keyOf: (i: number) => keys[i] as string, encode: (i: number) => names[i] as string },
  };
}

/** Of each key, the numbers of its records. */
function byKey(names: readonly string[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const name of names) {
    const [key, number] = name.split('.') as [string, string];
    found.set(key, [...(found.get(key) ?? []), Number(number)]);
  }
  return new Map([...found].sort());
}

describe('records that are refused', () => {
  test('are sent again alone, and those of a key arrive once and in order', async () => {
    const key = fc.integer({ min: 0, max: 12 }).map((n) => `k${n}`);
    const cases = fc.record({
      keys: fc.array(key, { maxLength: 150 }),
      seed: fc.integer(),
      requestRecordsMax: fc.integer({ min: 1, max: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ keys, seed, requestRecordsMax }) => {
        const random = randomOf(seed);
        // The first request fails in part, so that all that follows is careful.
        const stream = fakeStream(
          (_, request) => request === 1 || random() < 0.2,
          () => random() * 2,
        );
        const { names, records } = recordsOf(keys);
        const counts: number[] = [];
        const puts = putsOn(stream, { requestRecordsMax, random: () => random() / 100 });
        await puts.put(records, (count) => counts.push(count));
        expect(counts).toEqual([...counts].sort((a, b) => a - b));
        expect(counts.at(-1) ?? 0).toBe(keys.length);
        expect(byKey(stream.taken)).toEqual(byKey(names));
        for (const name of names) expect(stream.sent.get(name)).toBe(1 + (stream.refused.get(name) ?? 0));
        expect(Math.max(0, ...stream.requests)).toBeLessThanOrEqual(requestRecordsMax);
      }),
      { numRuns: 30 },
    );
  });

  test('after many whole requests go again with those of their key behind them', async () => {
    const keys = Array.from({ length: 6000 }, (_, i) => `k${i % 3}`);
    const { names, records } = recordsOf(keys);
    let isRefusing = false;
    const stream = fakeStream(
      ({ data }) => isRefusing && data === 'k1.1950',
      () => 0,
    );
    const puts = putsOn(stream);
    await puts.put(recordsOf(Array.from({ length: 60 }, () => 'warm')).records);
    isRefusing = true;
    const put = puts.put(records);
    while (!stream.refused.has('k1.1950')) await delay(1);
    isRefusing = false;
    await put;
    const last = new Map(stream.taken.map((name, at) => [name, at]));
    for (const [key, numbers] of byKey(names)) {
      const places = numbers.map((number) => last.get(`${key}.${number}`) as number);
      expect(places).toEqual([...places].sort((a, b) => a - b));
    }
    expect(stream.requests.length).toBeLessThan(200);
  });

  test('for too long make an error that says how far it came', async () => {
    const stream = fakeStream(
      ({ key }) => key === 'b',
      () => 0,
    );
    const puts = putsOn(stream, { giveUpMs: 50 });
    await expect(puts.put(recordsOf(['a', 'b', 'a']).records)).rejects.toThrow(`2 of 3: ${THROTTLED}`);
  });
});

test('an error of a request is thrown when what was under way has ended', async () => {
  const stream = fakeStream(
    () => false,
    () => 5,
  );
  let ended = 0;
  const puts = putsOn(stream, {
    requestRecordsMax: 1,
    async send(records) {
      const answer = await stream.send(records);
      ended++;
      if (records[0]?.key === 'b') throw new Error('denied');
      return answer;
    },
  });
  await expect(puts.put(recordsOf(['a', 'b', 'c', 'd']).records)).rejects.toThrow('denied');
  const endedThen = ended;
  await delay(30);
  expect(ended).toBe(endedThen);
});

test('nothing is sent for no records', async () => {
  const stream = fakeStream(
    () => false,
    () => 0,
  );
  await putsOn(stream).put(recordsOf([]).records);
  expect(stream.requests).toEqual([]);
});

test('no request has too many bytes, and several are under way', async () => {
  const stream = fakeStream(
    () => false,
    () => 2,
  );
  const keys = Array.from({ length: 400 }, (_, i) => `k${i}`);
  const data = 'x'.repeat(4000);
  const sizes: number[] = [];
  const puts = putsOn(stream, {
    requestBytesMax: 30_000,
    async send(records) {
      sizes.push(records.reduce((sum, { key, data: encoded }) => sum + key.length + (encoded.length * 3) / 4, 0));
      return stream.send(records);
    },
  });
  await puts.put({ count: keys.length, keyOf: (i) => keys[i] as string, encode: (i) => `${i}.${data}` });
  expect(Math.max(...sizes)).toBeLessThanOrEqual(30_000);
  expect(stream.taken).toHaveLength(400);
  expect(stream.inFlightMax).toBeGreaterThan(1);
});

test('records of one key take few requests once all goes well', async () => {
  const stream = fakeStream(
    () => false,
    () => 0,
  );
  await putsOn(stream).put(recordsOf(Array.from({ length: 5000 }, () => 'one')).records);
  expect(byKey(stream.taken).get('one')).toEqual(Array.from({ length: 5000 }, (_, i) => i));
  expect(stream.requests.length).toBeLessThan(16 + 60);
});

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
