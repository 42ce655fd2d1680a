import { describe, expect, test } from 'vitest';
import { isValueOf, parseQuery } from '../../src/warehouse/named-queries.js';

const FILE = `-- Products by revenue or by units
--
-- Returns are taken off.
--
-- Guests count.
-- @param by revenue|units = revenue  what to rank by
-- @param limit integer = 10  how many
-- @param since date  only orders from this day on
-- @param all boolean = false  codes that are no products too

-- The rows that count.
SELECT ':no' AS label WHERE :by = 'x' AND :limit > 1 AND :all AND d >= CAST(:since AS timestamp);
`;

describe('the file of a named query', () => {
  test('has a summary, help, parameters and SQL', () => {
    expect(parseQuery('top', FILE)).toEqual({
      name: 'top',
      summary: 'Products by revenue or by units',
      help: 'Returns are taken off.\n\nGuests count.',
      parameters: [
        { name: 'by', type: 'text', choices: ['revenue', 'units'], fallback: 'revenue', about: 'what to rank by' },
        { name: 'limit', type: 'integer', fallback: '10', about: 'how many' },
        { name: 'since', type: 'date', about: 'only orders from this day on' },
        { name: 'all', type: 'boolean', fallback: 'false', about: 'codes that are no products too' },
      ],
      sql: `-- The rows that count.\nSELECT ':no' AS label WHERE :by = 'x' AND :limit > 1 AND :all AND d >= CAST(:since AS timestamp)`,
    });
  });

  test('may have nothing but a summary, and lines as Windows ends them', () => {
    expect(parseQuery('one', '-- One\r\nSELECT 1\r\n')).toEqual({
      name: 'one',
      summary: 'One',
      help: '',
      parameters: [],
      sql: 'SELECT 1',
    });
  });

  test.each([
    ['SELECT 1', 'sql/x.sql: its first line is not a comment that says what it answers'],
    ['--\nSELECT 1', 'its first line is not a comment'],
    ['-- @param a text  b\nSELECT :a', 'its first line is not a comment'],
    [`-- ${'long '.repeat(13)}\nSELECT 1`, 'its first line has 64 characters; valid: at most 60'],
    ['-- One', 'there is no SQL after its comment'],
    ['-- One\n;', 'there is no SQL after its comment'],
    ['-- One\n-- @param a text\nSELECT :a', '"@param a text"; valid: @param name type = default  what it does'],
    ['-- One\n-- @param a text b\nSELECT :a', '"@param a text b"; valid'],
    ['-- One\n-- @parm a text  b\nSELECT :a', '"@parm a text  b"; valid'],
    [
      '-- One\n-- @param a float  b\nSELECT :a',
      'the type of a is float; valid: text, integer, count, decimal, boolean, date',
    ],
    ['-- One\n-- @param a toString  b\nSELECT :a', '"@param a toString  b"; valid'],
    ['-- One\n-- @param a constructor  b\nSELECT :a', 'the type of a is constructor; valid'],
    ['-- One\n-- @param a integer = 1.5  b\nSELECT :a', 'the default of a is 1.5, which is no integer'],
    ['-- One\n-- @param a b|c = d  e\nSELECT :a', 'the default of a is d, which is no b|c'],
    ['-- One\n-- @param a text  b\nSELECT 1', 'its SQL has no :a'],
    ["-- One\n-- @param a text  b\nSELECT ':a'", 'its SQL has no :a'],
    ['-- One\n-- @param a text  b\n-- @param a text  b\nSELECT :a', 'it has @param a twice'],
    ['-- One\nSELECT :a', ':a has no line -- @param a'],
  ])('is refused: %j', (text, message) => {
    expect(() => parseQuery('x', text)).toThrow(message);
  });
});

test.each([
  ['integer', '12', true],
  ['integer', '-3', true],
  ['integer', '1e3', false],
  ['integer', '', false],
  ['count', '0', true],
  ['count', '-1', false],
  ['count', '9999999999', false],
  ['decimal', '0.02', true],
  ['decimal', '.5', false],
  ['boolean', 'true', true],
  ['boolean', 'yes', false],
  ['date', '2011-12-09', true],
  ['date', '2011-13-09', false],
  ['date', '9 Dec', false],
  ['text', 'United Kingdom', true],
] as const)('a value of %s: %j is %j', (type, typed, isValid) => {
  expect(isValueOf({ name: 'a', type, about: 'b' }, typed)).toBe(isValid);
});
