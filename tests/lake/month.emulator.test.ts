/** The query by which Firehose finds the month of an order, as jq itself runs it, held against what the order history takes. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isoDate } from '../../src/orders/order-line.js';
import { MODEL } from '../fixtures/built-stack.js';
import { pythonEnvironment } from '../python/environment.js';

interface Processor {
  readonly Parameters: readonly { readonly ParameterName: string; readonly ParameterValue: string }[];
}

function query(): string {
  const { Properties = {} } = MODEL.template.Resources['LakeDelivery'] ?? {};
  const { ProcessingConfiguration } = Properties['ExtendedS3DestinationConfiguration'] as {
    readonly ProcessingConfiguration: { readonly Processors: readonly Processor[] };
  };
  const parameters = ProcessingConfiguration.Processors.flatMap((each) => each.Parameters);
  return parameters.find(({ ParameterName }) => ParameterName === 'MetadataExtractionQuery')?.ParameterValue as string;
}

const PROGRAM = `
import json, sys, jq
program = jq.compile(sys.argv[1])
def month(date):
    try:
        return program.input_value({"orderDate": date}).first()["month"]
    except ValueError:
        return None
print(json.dumps([month(date) for date in json.load(sys.stdin)]))`;

/** The month of each, null for one that is rejected. */
async function monthsOf(dates: readonly unknown[]): Promise<(string | null)[]> {
  const python = join(await pythonEnvironment('emulators'), 'python');
  return JSON.parse(execFileSync(python, ['-c', PROGRAM, query()], { input: JSON.stringify(dates), encoding: 'utf8' }));
}

test.each([
  ['2010-12-01T08:26:00', '2010-12'],
  ['2012-02-29T23:59:59', '2012-02'],
  ['2000-02-29T00:00:00', '2000-02'],
  ['1900-02-29T00:00:00', null],
  ['2011-02-29T00:00:00', null],
  ['2011-04-31T00:00:00', null],
  ['2010-13-01T00:00:00', null],
  ['2010-12-01T24:00:00', null],
  ['2010-12-01T08:26:00\n', null],
  ['2010-12-01', null],
  ['99', null],
  ['', null],
  [null, null],
  [201012, null],
])('of %j is %j', async (date, month) => {
  expect(await monthsOf([date])).toEqual([month]);
});

test('is found for the dates that the order history takes, and for no others', async () => {
  const number = (min: number, max: number, digits: number) =>
    fc.integer({ min, max }).map((value) => String(value).padStart(digits, '0'));
  const parts = [number(0, 9999, 4), number(0, 13, 2), number(0, 32, 2), number(0, 25, 2), number(0, 61, 2)] as const;
  const date = fc
    .tuple(...parts, fc.constantFrom('T', ' ', 't', ''), fc.option(number(0, 61, 2)))
    .map(([y, m, d, h, min, between, s]) => `${y}-${m}-${d}${between}${h}:${min}${s === null ? '' : `:${s}`}`);
  // The ends of months, where a calendar goes wrong.
  const ends = fc
    .tuple(number(1896, 2104, 4), number(1, 12, 2), number(28, 31, 2))
    .map(([y, m, d]) => `${y}-${m}-${d}T00:00:00`);
  const dates = fc.sample(fc.oneof(date, ends), { numRuns: 5000, seed: 8 });
  const expected = dates.map((each) => isoDate(each)?.slice(0, 7) ?? null);
  expect(expected.filter((month) => month !== null).length).toBeGreaterThan(1000);
  expect(await monthsOf(dates)).toEqual(expected);
});
