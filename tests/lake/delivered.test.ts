/** What is known of the lake on AWS without AWS: its columns, its months, and what a list of files and an answer make together. */
import { expect, test } from 'vitest';
import { DELIVERED_COLUMNS } from '../../src/lake/delivered-orders.js';
import { countsIn, statusOf } from '../../src/lake/delivered-status.js';
import { readMonths } from '../../src/lake/read-months.js';
import { FIRST_MONTH, LAKE_PREFIX } from '../../src/lake/resources.js';
import { MODEL } from '../fixtures/built-stack.js';

interface TableInput {
  readonly StorageDescriptor: {
    readonly Columns: readonly { readonly Name: string; readonly Type: string }[];
    readonly Location: { readonly 'Fn::Sub': string };
  };
  readonly Parameters: Readonly<Record<string, unknown>>;
}
const { Properties = {} } = MODEL.template.Resources['LakeTable'] ?? {};
const TABLE = Properties['TableInput'] as TableInput;

test('a backfill writes the columns of the table, where the table looks', () => {
  const types: Readonly<Record<string, string>> = { VARCHAR: 'string', BIGINT: 'bigint' };
  expect(Object.entries(DELIVERED_COLUMNS).map(([Name, type]) => ({ Name, Type: types[type] }))).toEqual(
    TABLE.StorageDescriptor.Columns.map(({ Name, Type }) => ({ Name, Type })),
  );
  expect(TABLE.StorageDescriptor.Location['Fn::Sub']).toBe(`s3://\${LakeBucket}/${LAKE_PREFIX}`);
});

test.each([
  ['2009-11', '2026-11-27T00:00:00Z', false],
  ['2009-12', '2026-11-27T00:00:00Z', true],
  ['2026-12', '2026-11-01T00:00:00Z', true],
  ['2027-01', '2026-11-30T23:59:59Z', false],
  ['2027-01', '2026-12-31T23:59:59Z', true],
  ['2027-02', '2026-12-31T23:59:59Z', false],
])('questions on AWS read %s at %s: %s', (month, now, isRead) => {
  expect(TABLE.Parameters['projection.month.range']).toEqual({ 'Fn::Sub': `\${LakeFirstMonth},NOW+1MONTHS` });
  expect(MODEL.template.Outputs?.[FIRST_MONTH.output]?.Value).toEqual({ Ref: 'LakeFirstMonth' });
  expect(readMonths('2009-12', Date.parse(now))(month)).toBe(isRead);
});

test('months have the files of one list and the orders of another, and those that no question reads are named', async () => {
  const files = new Map([
    ['2010-12', { files: 2, bytes: 500 }],
    ['2009-11', { files: 1, bytes: 70 }],
  ]);
  async function* answer() {
    yield [['2010-12', 40, '3']];
  }
  expect(statusOf(files, await countsIn(answer()))).toEqual({
    arrivals: 40,
    replaced: 3,
    bytes: 570,
    months: [
      { month: '2009-11', arrivals: 0, files: 1, bytes: 70 },
      { month: '2010-12', arrivals: 40, files: 2, bytes: 500 },
    ],
    notes: ['questions read no order of 2009-11: the parameter LakeFirstMonth sets the first month'],
  });
});
