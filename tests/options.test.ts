import { homedir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { AlakazamError } from '../src/errors.js';
import { moment, oneOf, orderDate, outputOption, path, rate, speed, text, wholeNumber } from '../src/options.js';
import { FORMATS } from '../src/terminal/answer.js';

type Parser = (typed: string, flag: string) => unknown;

/** Each is refused with the flag, the value and what is valid. */
function refuses(parse: Parser, flag: string, valid: string, typed: readonly string[]): void {
  test.each(typed)(`${flag} %j is refused`, (value) => {
    let error: unknown;
    try {
      parse(value, flag);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(AlakazamError);
    const { code, message } = error as AlakazamError;
    expect([code, message]).toEqual(['usage', `${flag} is ${JSON.stringify(value)}; valid: ${valid}`]);
  });
}

describe('a path', () => {
  test('may begin with the home directory', () => {
    expect(['~', '~/a b.csv', 'a/~', '~ann', '/a'].map((typed) => path(typed, '--to'))).toEqual([
      homedir(),
      `${homedir()}/a b.csv`,
      'a/~',
      '~ann',
      '/a',
    ]);
    expect(() => path('', '--to')).toThrow('--to is ""; give it a value, or leave it out');
  });
});

describe('a whole number', () => {
  test.each([
    ['0', 0],
    ['5000', 5000],
    ['541,909', 541_909],
    ['541_909', 541_909],
    ['1,000,000', 1_000_000],
    ['007', 7],
    ['9007199254740991', 9_007_199_254_740_991],
  ])('%s', (typed, value) => {
    expect(wholeNumber(0)(typed, '--count')).toBe(value);
  });
  refuses(wholeNumber(1), '--count', 'a whole number from 1, such as 100', [
    ...['', '0', '-5', '+5', '1.5', '1e3', '0x10', 'ten', ' 5', '5 ', 'NaN', 'Infinity'],
    ...['1,00', ',100', '100,', '1,,000', '1000,000', '1,000_000', '9007199254740992', '１２'],
  ]);
  refuses(wholeNumber(12_346), '--customer', 'a whole number from 12346, such as 12346', ['12345']);
});

describe('a rate', () => {
  test.each([
    ['20', 20],
    ['0.5', 0.5],
    ['100000', 100_000],
  ])('%s', (typed, value) => {
    expect(rate(typed, '--rate')).toBe(value);
  });
  refuses(rate, '--rate', 'orders a second, above 0, such as 20', [
    '',
    '0',
    '0.0',
    '-1',
    '.5',
    '5.',
    '1e3',
    'x',
    '20/s',
  ]);
});

describe('a speed', () => {
  test.each([
    ['3600x', 3600],
    ['3600', 3600],
    ['0.5x', 0.5],
  ])('%s', (typed, value) => {
    expect(speed(typed, '--speed')).toBe(value);
  });
  refuses(speed, '--speed', 'how many times as fast, such as 3600x', [
    '',
    'x',
    '0x',
    '-1x',
    '10xx',
    'x10',
    '1e3',
    '1 x',
  ]);
});

describe('a moment', () => {
  test.each([
    ['start', 'start'],
    ['90s', { agoMs: 90_000 }],
    ['10m', { agoMs: 600_000 }],
    ['1.5h', { agoMs: 5_400_000 }],
    ['2d', { agoMs: 172_800_000 }],
    ['2026-11-23', { atMs: Date.UTC(2026, 10, 23) }],
    ['2026-11-23T09:00', { atMs: Date.UTC(2026, 10, 23, 9) }],
    ['2026-11-23T09:00:30.5', { atMs: Date.UTC(2026, 10, 23, 9, 0, 30, 500) }],
    ['2026-11-23T09:00:30Z', { atMs: Date.UTC(2026, 10, 23, 9, 0, 30) }],
    ['2026-11-23T09:00+01:00', { atMs: Date.UTC(2026, 10, 23, 8) }],
    ['2028-02-29', { atMs: Date.UTC(2028, 1, 29) }],
  ])('%s', (typed, value) => {
    expect(moment(typed, '--since')).toEqual(value);
  });
  refuses(moment, '--since', 'how long ago (10m, 2h, 1d), a moment (2026-11-23T09:00), or start', [
    ...['', 'now', '10', '10 m', '-10m', '10y', '.5h', 'yesterday', '23/11/2026', '2026-11', '2026-11-23 09:00'],
    ...['2026-13-01', '2026-11-23T25:00', '2026-02-30', '2027-02-29', '2026-04-31T09:00', '2026-11-23T09:00+1'],
  ]);
});

describe('an order date', () => {
  test.each(['2011-11-09', '2011-11-09T08:00', '2011-11-09T08:00:30', '2012-02-29'])('%s', (typed) => {
    expect(orderDate(typed, '--since')).toBe(typed);
  });
  refuses(orderDate, '--until', 'a day such as 2011-11-09, or a moment such as 2011-11-09T08:00', [
    ...['', '2011', '9/11/2011', '2011-11-9', '2011-11-09T08', '2011-11-09T08:00Z', '2011-11-09 08:00', '10m'],
    ...['2011-13-09', '2011-11-09T24:30', '2011-02-30', '2011-02-29', '2011-11-31T08:00'],
  ]);
});

describe('a choice', () => {
  test('is one of those there are', () => {
    expect(oneOf('start', 'continue')('continue', '--from')).toBe('continue');
    expect(FORMATS.map((format) => outputOption.parse(format, '--output'))).toEqual(['table', 'json', 'ndjson', 'csv']);
    expect(outputOption.about).toContain('table, json, ndjson, csv');
  });
  refuses(oneOf('start', 'continue'), '--from', 'start, continue', ['', 'Start', 'end', 'start ']);
});

test('text is what was typed', () => {
  expect(text(' a\tb ', '--order')).toBe(' a\tb ');
});

test('text is not nothing', () => {
  expect(() => text('', '--order')).toThrow(
    new AlakazamError('usage', '--order is ""; give it a value, or leave it out'),
  );
});
