import { expect, test } from 'vitest';
import { columnOf, rowMaker } from '../../src/warehouse/values.athena.js';

test.each([
  ['varchar', '', 'text', ''],
  ['varchar', 'NULL', 'text', 'NULL'],
  ['char', 'a ', 'text', 'a '],
  ['bigint', '9007199254740991', 'integer', 9007199254740991],
  ['bigint', '9007199254740993', 'integer', '9007199254740993'],
  ['integer', '-5', 'integer', -5],
  ['decimal', '8300065.814000', 'decimal', '8300065.814'],
  ['decimal', '-0.000', 'decimal', '0'],
  ['double', '1.0E10', 'number', 1e10],
  ['double', 'NaN', 'number', Number.NaN],
  ['float', '-Infinity', 'number', Number.NEGATIVE_INFINITY],
  ['boolean', 'true', 'boolean', true],
  ['boolean', 'false', 'boolean', false],
  ['date', '2011-12-09', 'date', '2011-12-09'],
  ['timestamp', '2010-12-01 08:26:00.000', 'timestamp', '2010-12-01T08:26:00'],
  ['timestamp', '2010-12-01 08:26:00.120', 'timestamp', '2010-12-01T08:26:00.12'],
  ['timestamp', '2010-12-01 08:26:00', 'timestamp', '2010-12-01T08:26:00'],
  ['timestamp with time zone', '2010-12-01 08:26:00.000 UTC', 'other', '2010-12-01 08:26:00.000 UTC'],
  ['array', '[a, b]', 'other', '[a, b]'],
])('a cell of %s %j is %s %j', (type, cell, expected, value) => {
  const column = columnOf({ Name: 'x', Type: type });
  expect(column).toEqual({ name: 'x', type: expected });
  expect(rowMaker([column])([cell])).toEqual([value]);
  expect(rowMaker([column])([null])).toEqual([null]);
});

test('a row that lacks its last cells has NULL there', () => {
  expect(rowMaker([columnOf({ Name: 'x', Type: 'bigint' }), columnOf({ Name: 'y', Type: 'varchar' })])(['1'])).toEqual([
    1,
    null,
  ]);
});
