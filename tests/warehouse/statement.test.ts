import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitParameters, withoutEnd } from '../../src/warehouse/statement.js';

const split = (sql: string) => splitParameters(sql, (name, index) => `<${name} ${index}>`);

describe('the parameters of a statement', () => {
  test('are written as the callback says, in the order of the text', () => {
    expect(split('SELECT :a+:b_2, f(:a) WHERE x>=:_c')).toEqual({
      text: 'SELECT <a 0>+<b_2 1>, f(<a 2>) WHERE x>=<_c 3>',
      names: ['a', 'b_2', 'a', '_c'],
    });
  });

  test.each([
    ['a text', `':a'`],
    ['a text with quotes in it', `'it''s :a'`],
    ['an E text with a backslash', `E'it\\'s :a'`],
    ['an E text with both kinds of quotes', `e'it''s\\' :a'`],
    ['a text between dollar signs', "$$it's :a$$"],
    ['one with a tag', '$größe$ $$ ; :a $a$ $größe$'],
    ['one that is not closed', '$a$ :a $b$'],
    ['an identifier', `":a"`],
    ['an identifier with quotes in it', `"say "":a"" "`],
    ['a comment up to the end of the line', `-- it's :a`],
    ['a comment', `/* it's\n:a "*/`],
    ['a text that is not closed', `'it''s :a`],
    ['an identifier that is not closed', `" :a`],
    ['a comment that is not closed', `/* :a`],
    ['a cast', 'x::date'],
    ['a slice', 'list[1:a]'],
    ['a slice after a column', 'list[b:a]'],
    ['a field', `{'b':a}`],
    ['a time', '10:30'],
    ['an assignment', 'f(b := 1)'],
    ['a colon alone', ': a'],
  ])('are not: %s', (_, sql) => {
    expect(split(`${sql}`)).toEqual({ text: sql, names: [] });
  });

  test.each([
    [`'a':b`, `'a':b`],
    [`'a' :b`, `'a' <b 0>`],
    [`-- :a\n:b`, `-- :a\n<b 0>`],
    [`/* :a */:b`, `/* :a */<b 0>`],
    [`"a" = :b`, `"a" = <b 0>`],
    [`name'\\':b'`, `name'\\':b'`],
    [`'\\' || :b || '\\'`, `'\\' || <b 0> || '\\'`],
    ['$$:a$$ :b', '$$:a$$ <b 0>'],
    ['a$$ || :b || c$$', 'a$$ || <b 0> || c$$'],
    ['$1$ || :b', '$1$ || <b 0>'],
    [':größe', '<gr 0>öße'],
  ])('begin after what is none: %s', (sql, text) => {
    expect(split(sql).text).toBe(text);
  });
});

describe('the end of a statement', () => {
  test.each([
    ['SELECT 1;', 'SELECT 1'],
    ['SELECT 1 ; -- that is all;\n /* ; */ ', 'SELECT 1 '],
    ['SELECT 1 -- ;\n;', 'SELECT 1 -- ;\n'],
    ["SELECT ';'", "SELECT ';'"],
    ["SELECT ';';", "SELECT ';'"],
    ['SELECT ";', 'SELECT ";'],
    ['SELECT $$;', 'SELECT $$;'],
    ['SELECT $$;$$;', 'SELECT $$;$$'],
    ['SELECT 1 -- x;', 'SELECT 1 -- x;'],
    ['SELECT 1;;', 'SELECT 1;'],
    ['', ''],
  ])('of %j', (sql, without) => {
    expect(withoutEnd(sql)).toBe(without);
  });
});

/** Pieces of SQL; those of `opaque` must come out as they went in. */
const opaque = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => `'${text.replaceAll("'", "''")}'`),
  fc.string({ unit: 'binary' }).map((text) => `"${text.replaceAll('"', '""')}"`),
  fc.string({ unit: 'binary' }).map((text) => `-- ${text.replaceAll('\n', ' ')}\n`),
  fc.string({ unit: 'binary' }).map((text) => `$tag$${text.replaceAll('$', '')}$tag$`),
  fc.string({ unit: 'binary' }).map((text) => `/*${text.replaceAll('*/', '*')} */`),
  fc.constantFrom(` ':a' `, ` ":a" `, '-- :a\n', '/* :a */', ' x::date ', ' list[1:a] '),
);
const plain = fc.constantFrom(' SELECT ', ' x ', ' + ', ' 1.5 ', ' ( ', ' ) ', ' , ', ' - ', ' / ', ' * ', '\n');
const parameter = fc.stringMatching(/^[A-Za-z_][A-Za-z_0-9]{0,5}$/);

describe('any statement', () => {
  test('without a colon comes back unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...`'"-/*\n \\eEx1$;`) }), (sql) => {
        expect(split(sql)).toEqual({ text: sql, names: [] });
      }),
      { numRuns: 5000 },
    );
  });

  test('keeps what is in texts, identifiers and comments, and loses no parameter', () => {
    const piece = fc.oneof(
      opaque.map((text) => ({ text, name: undefined })),
      plain.map((text) => ({ text, name: undefined })),
      parameter.map((name) => ({ text: ` :${name} `, name })),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const { text, names } = splitParameters(pieces.map((each) => each.text).join(' '), (name) => `$${name}`);
        expect(text).toBe(pieces.map((each) => (each.name ? ` $${each.name} ` : each.text)).join(' '));
        expect(names).toEqual(pieces.flatMap((each) => each.name ?? []));
      }),
      { numRuns: 3000 },
    );
  });

  test('that is long takes no long time', () => {
    const text = `'${"''".repeat(100_000)}' ${"E'\\''".repeat(20_000)} :a`;
    expect(split(text).names).toEqual(['a']);
  });
});
