import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { whyNoAnswer } from '../../src/warehouse/failures.athena.js';
import type { ParameterType } from '../../src/warehouse/named-queries.js';
import { athenaStatement, checkQuestion, explainStatement, literalOf } from '../../src/warehouse/question.athena.js';

const value = (name: string, text: string | null, type: ParameterType = 'text') => ({ name, type, value: text });

describe('parameters', () => {
  test('stand in a cast each, with a literal for every place', () => {
    const { text, parameters } = athenaStatement({
      sql: "SELECT ':no', :a WHERE d >= CAST(:since AS timestamp) AND :a = x -- :no",
      values: [value('a', "O'Brien; DROP"), value('since', '2011-06-01', 'date')],
    });
    expect(text).toBe(
      "SELECT ':no', CAST(? AS varchar) WHERE d >= CAST(CAST(? AS date) AS timestamp) AND CAST(? AS varchar) = x -- :no",
    );
    expect(parameters).toEqual(["'O''Brien; DROP'", "'2011-06-01'", "'O''Brien; DROP'"]);
  });

  test.each([
    ['integer', 'bigint'],
    ['count', 'integer'],
    ['decimal', 'decimal(18, 6)'],
    ['boolean', 'boolean'],
  ] as const)('of type %s are cast to %s, and null stays NULL', (type, sqlType) => {
    expect(athenaStatement({ sql: 'SELECT :x', values: [value('x', null, type)] })).toMatchObject({
      text: `SELECT CAST(? AS ${sqlType})`,
      parameters: ['NULL'],
    });
  });

  test('without a value are an error', () => {
    expect(() => athenaStatement({ sql: 'SELECT :x', values: [] })).toThrow('a parameter :x, and it has no value');
  });

  test('that the SQL does not have are an error', () => {
    const asked = (sql: string) => () => athenaStatement({ sql, values: [value('a', '1'), value('x', '1')] });
    expect(asked('SELECT :a, :b, :a')).toThrow('a parameter :b, and it has no value');
    expect(asked("SELECT :a, ':x', :a")).toThrow('the SQL has no parameter :x; it has :a');
    expect(asked('SELECT 1')).toThrow('the SQL has no parameter :a; it has none');
  });

  test('that are longer than Athena takes are an error', () => {
    expect(() => athenaStatement({ sql: 'SELECT :x', values: [value('x', 'x'.repeat(1023))] })).toThrow(
      'parameter x is longer than Athena takes: 1024 characters',
    );
    expect(athenaStatement({ sql: 'SELECT :x', values: [value('x', 'x'.repeat(1022))] }).parameters[0]).toHaveLength(
      1024,
    );
  });
});

/** The text of a literal by the grammar of Trino, where nothing but a quote means anything: STRING: '\'' ( ~'\'' | '\'\'' )* '\'' */
function textOfLiteral(literal: string): string | undefined {
  let text = '';
  if (!literal.startsWith("'")) return undefined;
  for (let i = 1; i < literal.length; i++) {
    if (literal[i] !== "'") text += literal[i];
    else if (literal[i + 1] === "'") text += literal[i++];
    else return i === literal.length - 1 ? text : undefined;
  }
  return undefined;
}

test('any text comes back out of its literal', () => {
  const hard = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...`'"\\;-/*?\n`) }));
  fc.assert(
    fc.property(hard, (text) => {
      expect(textOfLiteral(literalOf(text))).toBe(text);
    }),
    { numRuns: 5000 },
  );
});

describe('one question', () => {
  test.each([
    'SELECT 1',
    'select 1;',
    '-- DELETE\n/* ; */ SELECT 1 -- ;',
    'WITH a AS (SELECT 1) SELECT * FROM a',
    "VALUES ('; DROP')",
    '((SELECT 1) UNION SELECT 2)',
    'TABLE orders',
    'SELECT ";"',
  ])('is let through: %s', (sql) => {
    expect(() => checkQuestion(sql)).not.toThrow();
  });

  test.each([
    ['DELETE FROM orders', 'begins with DELETE'],
    ['  -- SELECT\n create table x AS SELECT 1', 'begins with CREATE'],
    ["UNLOAD (SELECT 1) TO 's3://x'", 'begins with UNLOAD'],
    ['/* SELECT */INSERT INTO x SELECT 1', 'begins with INSERT'],
    ['MSCK REPAIR TABLE orders', 'begins with MSCK'],
    ['EXECUTE x', 'begins with EXECUTE'],
    ['EXPLAIN ANALYZE SELECT 1', 'that is no question, but EXPLAIN'],
    ['SELECT 1; DROP TABLE orders', 'several statements; valid: one'],
    ['SELECT 1;;', 'several statements; valid: one'],
    ['"SELECT"', 'begins with "\'"'],
    [' -- nothing', 'there is no SQL'],
  ])('is not: %s', (sql, message) => {
    expect(() => checkQuestion(sql)).toThrow(message);
  });
});

describe('a failure', () => {
  const question = {
    sql: 'SELECT stock_code,\n  :a || :b || descripton, x\nFROM orders',
    values: [value('a', 'x'), value('b', '1', 'integer')],
  };
  const statement = athenaStatement(question);

  test('shows the line as it was typed, and the place in it', () => {
    const sent = statement.text.split('\n')[1] as string;
    const column = sent.indexOf('descripton') + 1;
    const error = whyNoAnswer(`COLUMN_NOT_FOUND: line 2:${column}: Column 'descripton' cannot be resolved`, statement);
    expect(error).toMatchObject({
      code: 'usage',
      message: "Column 'descripton' cannot be resolved",
      hint: `  :a || :b || descripton, x\n${' '.repeat(14)}^`,
    });
  });

  test('within a parameter points at the parameter', () => {
    expect(statement.placeOf(2, 30)).toEqual({ line: '  :a || :b || descripton, x', before: 8 });
  });

  test('of what is put in front counts from the question on', () => {
    const explained = explainStatement(question);
    expect(explained.text).toMatch(
      /^EXPLAIN SELECT stock_code,\n {2}CAST\('x' AS varchar\) \|\| CAST\('1' AS bigint\)/,
    );
    expect(explained.parameters).toEqual([]);
    const column = (explained.text.split('\n')[1] as string).indexOf('descripton') + 1;
    expect(explained.placeOf(2, column)).toMatchObject({ before: 14 });
    expect(explained.placeOf(1, 'EXPLAIN '.length + 8)).toEqual({ line: 'SELECT stock_code,', before: 7 });
    expect(explained.placeOf(2, 3)).toMatchObject({ before: 2 });
  });

  test('has no place where a parameter has several lines', () => {
    const values = [value('a', 'x\ny')];
    expect(explainStatement({ sql: 'SELECT :a,\nb', values }).placeOf(2, 1)).toBeUndefined();
    expect(athenaStatement({ sql: 'SELECT :a,\nb', values }).placeOf(2, 1)).toEqual({ line: 'b', before: 0 });
  });

  test('counts characters, of which some take two places in JavaScript', () => {
    const { placeOf } = athenaStatement({ sql: "SELECT '😀', foo", values: [] });
    expect(placeOf(1, 13)).toEqual({ line: "SELECT '😀', foo", before: 12 });
  });

  test('at no place of the question has none', () => {
    expect(whyNoAnswer('SYNTAX_ERROR: line 9:1: odd', statement)).toMatchObject({ message: 'odd', hint: undefined });
    expect(statement.placeOf(1, 500)).toBeUndefined();
  });

  test('far into a long line shows what is around it', () => {
    const long = athenaStatement({ sql: `SELECT ${'a, '.repeat(200)}b`, values: [] });
    const { hint = '' } = whyNoAnswer('line 1:608: odd', long);
    const [line = '', caret = ''] = hint.split('\n');
    expect(line).toHaveLength(100);
    expect(line[caret.length - 1]).toBe('b');
  });

  test.each([
    [
      'Query exhausted resources at this scale factor',
      'failed',
      'Query exhausted resources at this scale factor',
      undefined,
    ],
    [
      'Query cancelled! : Bytes scanned limit was exceeded',
      'failed',
      'Query cancelled! : Bytes scanned limit was exceeded',
      /QueryScanLimitBytes/,
    ],
    [
      "TABLE_NOT_FOUND: line 3:6: Table 'awsdatacatalog.alakazam.order' does not exist",
      'usage',
      "Table 'awsdatacatalog.alakazam.order' does not exist",
      /^FROM orders\n {5}\^\nthe tables are orders and order_arrivals; .*alakazam deploy/,
    ],
    [
      'Permission denied on S3 path: s3://lake/orders/month=2011-01',
      'access',
      'Permission denied on S3 path: s3://lake/orders/month=2011-01',
      /alakazam doctor/,
    ],
    [
      "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved or requester is not authorized to access requested resources",
      'usage',
      "Column 'x' cannot be resolved or requester is not authorized to access requested resources",
      /^SELECT stock_code,\n {7}\^$/,
    ],
    ['WorkGroup orders is not found.', 'failed', 'WorkGroup orders is not found.', /alakazam deploy/],
  ] as const)('%s', (reason, code, message, hint) => {
    const error = whyNoAnswer(reason, statement);
    expect(error).toMatchObject({ code, message });
    if (hint) expect(error.hint).toMatch(hint);
    else expect(error.hint).toBeUndefined();
  });
});
