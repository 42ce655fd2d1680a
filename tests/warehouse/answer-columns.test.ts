/** The columns of an answer as a person reads them, and its charts. */
import { expect, test } from 'vitest';
import { render } from '../../src/terminal/text.js';
import { chartOf } from '../../src/warehouse/answer-chart.js';
import { columnsOf, rowOf } from '../../src/warehouse/answer-columns.js';
import type { AnswerColumn, AnswerValue } from '../../src/warehouse/warehouse.js';

const text = (name: string): AnswerColumn => ({ name, type: 'text' });
const integer = (name: string): AnswerColumn => ({ name, type: 'integer' });
const decimal = (name: string): AnswerColumn => ({ name, type: 'decimal' });

function shown(column: AnswerColumn, value: AnswerValue, isBuiltIn: boolean): string | undefined {
  return columnsOf([column], { isBuiltIn })[0]?.show(rowOf([column], [value]));
}

test.each([
  // A named query of the program; SQL of somebody's own, whose share may be a percentage already.
  ['revenue', '1234.5', '£1,234.50', '£1,234.50'],
  ['mean_value', '1234.5', '£1,234.50', '£1,234.50'],
  ['revenue_share', '0.2595', '25.95%', '0.2595'],
  ['share', '1', '100.00%', '1'],
  ['growth', '-0.2523', '-25.23%', '-0.2523'],
  ['confidence_back', '0.6111', '61.11%', '0.6111'],
  ['median', '303.835', '£303.84', '303.835'],
  ['p90', '940.8', '£940.80', '940.8'],
  ['largest', '168469.6', '£168,469.60', '168,469.6'],
  ['mean_days', '11.2304', '11.2304', '11.2304'],
  ['lift', '1199.6111', '1,199.6111', '1,199.6111'],
])("%s %s is shown as %s, and in SQL of one's own as %s", (name, value, builtIn, own) => {
  expect([shown(decimal(name), value, true), shown(decimal(name), value, false)]).toEqual([builtIn, own]);
});

test('numbers that name something have no thousands, dates have a blank, and NULL is nothing', () => {
  expect(shown(integer('customer_id'), 17850, false)).toBe('17850');
  expect(shown(integer('orders'), 17850, false)).toBe('17,850');
  expect(shown({ name: 'arrived_at', type: 'timestamp' }, '2010-12-01T08:26:00', false)).toBe('2010-12-01 08:26');
  expect(shown(decimal('share'), null, true)).toBe('');
});

test('texts may be cut on a narrow terminal; numbers, dates and codes not', () => {
  const columns = [text('stock_code'), text('description'), integer('n'), { name: 'day', type: 'date' } as const];
  expect(columnsOf(columns).map(({ isNumber, isWhole }) => isNumber || isWhole)).toEqual([true, false, true, true]);
});

function chart(
  columns: readonly AnswerColumn[],
  rows: readonly (readonly AnswerValue[])[],
  width = 30,
): string[] | undefined {
  const drawn = chartOf(
    columnsOf(columns),
    rows.map((values) => rowOf(columns, values)),
    width,
  );
  return drawn === undefined
    ? undefined
    : render(drawn, { isHarmless: true, hasColor: false }).split('\n').slice(0, -1);
}

test('a bar is named by all columns before the number, which stand under each other', () => {
  const columns = [text('weekday'), integer('hour'), integer('orders'), decimal('revenue')];
  expect(
    chart(columns, [
      ['Monday', 8, 1, '50'],
      ['Monday', 10, 2, '100'],
      ['Sunday', 8, 3, null],
    ]),
  ).toEqual(['Monday  8 █████▌       £50.00', 'Monday 10 ███████████ £100.00']);
});

test('a month that comes several times is no time', () => {
  const columns = [text('cohort'), integer('months_later'), integer('customers')];
  const rows = [
    ['2010-12', 0, 4],
    ['2010-12', 1, 2],
    ['2011-01', 0, 4],
  ];
  expect(chart(columns, rows)?.map((line) => line.slice(0, 10))).toEqual(['2010-12 0 ', '2010-12 1 ', '2011-01 0 ']);
});

test('one column of months or dates is time, drawn from left to right', () => {
  const time = (column: AnswerColumn, ...labels: string[]) =>
    chart(
      [column, integer('n')],
      labels.map((label, i) => [label, i]),
    );
  expect(time(text('month'), '2010-12', '2011-01')?.at(-1)).toMatch(/^ +2010-12 +2011-01$/);
  expect(time({ name: 'day', type: 'date' }, '2010-12-01', '2010-12-02')?.at(-1)).toMatch(/^ +2010-12-01 +2010-12-02$/);
  expect(time(text('month'), '2010-12', 'all')).toHaveLength(2);
});

test('names that are long together keep their codes, and share the rest of the room', () => {
  const columns = [text('stock_code'), text('description'), text('other_code'), text('other'), integer('invoices')];
  const mug = 'A RED MUG WITH A LID';
  const bars = chart(columns, [['85123A', mug, 'BANK CHARGES', `${mug}, TWICE`, 2]], 80);
  expect(bars?.[0]?.slice(0, 33)).toBe('85123A A RE… BANK CHARGES A RED… ');
});

test('an answer without a number, or without a name, is refused with what it has', () => {
  expect(() => chart([text('country'), integer('customer_id')], [['EIRE', 1]])).toThrow(
    'the answer has no number to draw; its columns: country, customer_id',
  );
  expect(() => chart([integer('n')], [[1]])).toThrow(
    'the answer has no column that says what each number is of; its columns: n',
  );
  // A number names the rows where nothing else does, wherever the name stands.
  expect(chart([integer('quantity'), integer('n')], [[1000, 2]])?.[0]).toMatch(/^1,000 █+ 2$/);
  expect(chart([decimal('revenue'), text('country')], [['2', 'EIRE']])?.[0]).toMatch(/^EIRE █+ £2\.00$/);
});

test('an answer without rows, or with nothing but nulls, has no chart', () => {
  const columns = [text('country'), integer('n')];
  expect(chart(columns, [])).toBeUndefined();
  expect(chart(columns, [['EIRE', null]])).toBeUndefined();
});

test('a long name leaves room for its bar on a narrow terminal', () => {
  const columns = [text('description'), decimal('revenue')];
  expect(chart(columns, [['PAPER CRAFT , LITTLE BIRDIE', '168469.6']], 40)).toEqual([
    'PAPER CRAFT , L… ██████████ £168,469.60',
  ]);
});

test('more rows than a function takes arguments are drawn', () => {
  const many = Array.from({ length: 200_000 }, (_, i) => [`${i}`, i]);
  expect(chart([text('a'), integer('n')], many)).toHaveLength(200_000);
  expect(chart([{ name: 'day', type: 'date' }, integer('n')], many)).toHaveLength(11);
  expect(
    chart(
      [text('a'), text('b'), integer('n')],
      many.map(([a, n]) => [a as string, 'b', n as number]),
    ),
  ).toHaveLength(200_000);
});
