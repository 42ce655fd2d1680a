/** The simulated event source mapping keeps to the rules that AWS documents. */
import { expect, test } from 'vitest';
import { type Handler, runMapping, shardRecords } from './event-source.js';

const numbered = (count: number) => shardRecords(Array.from({ length: count }, (_, i) => String(i)));
const textOf = ({ kinesis }: { kinesis: { data: string } }) => Buffer.from(kinesis.data, 'base64').toString();

test('one record that always throws is given up alone, after its retries', async () => {
  let tries = 0;
  const seen = new Set<string>();
  const handler: Handler = async ({ Records }) => {
    if (Records.some((record) => textOf(record) === '333')) {
      if (Records.length === 1) tries++;
      throw new Error('poison');
    }
    for (const record of Records) seen.add(textOf(record));
    return { batchItemFailures: [] };
  };
  const { givenUp } = await runMapping(numbered(500), handler, { batchSize: 500, retriesMax: 4 });
  expect(givenUp.map(textOf)).toEqual(['333']);
  expect(tries).toBe(5);
  expect(seen.size).toBe(499);
});

test('a reported failure is retried from there on, and given up with all records behind it', async () => {
  const batches: string[][] = [];
  const handler: Handler = async ({ Records }) => {
    batches.push(Records.map(textOf));
    const failed = Records.find((record) => textOf(record) === '3');
    return { batchItemFailures: failed ? [{ itemIdentifier: failed.kinesis.sequenceNumber }] : [] };
  };
  const { givenUp } = await runMapping(numbered(8), handler, { batchSize: 5, retriesMax: 2 });
  expect(batches).toEqual([
    ['0', '1', '2', '3', '4'],
    ['3', '4'],
    ['3', '4'],
    ['5', '6', '7'],
  ]);
  expect(givenUp.map(textOf)).toEqual(['3', '4']);
});

test('a record over the maximum age is given up untried, also between retries', async () => {
  const records = numbered(4);
  const [first] = records.map(({ kinesis }) => kinesis.approximateArrivalTimestamp * 1000) as [number];
  const seen: string[][] = [];
  let nowMs = first + 60_000;
  const handler: Handler = async ({ Records }) => {
    seen.push(Records.map(textOf));
    nowMs += 2;
    return { batchItemFailures: [{ itemIdentifier: Records[0]?.kinesis.sequenceNumber as string }] };
  };
  const mapping = { batchSize: 4, retriesMax: 1000, ageMaxMs: 60_001.5, clock: () => nowMs };
  const { givenUp } = await runMapping(records, handler, mapping);
  expect(seen).toEqual([['0', '1', '2', '3'], ['1', '2', '3'], ['3']]);
  expect(givenUp.map(textOf)).toEqual(['0', '1', '2', '3']);
});
