/** Text from outside does nothing to a terminal, whoever writes it. */
import { Readable, Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openTerminal, type Terminal } from '../../src/terminal/terminal.js';
import { printable, printableJson, render, styled } from '../../src/terminal/text.js';

/** What reaches the screen of a terminal without colours. */
function screen(use: (terminal: Terminal) => unknown, environment: Record<string, string> = { NO_COLOR: '1' }): string {
  let shown = '';
  const stream = () =>
    Object.assign(
      new Writable({
        write(chunk, _, done) {
          shown += chunk;
          done();
        },
      }),
      { isTTY: true },
    );
  const streams = { stdin: Readable.from([]), stdout: stream(), stderr: stream() };
  use(openTerminal(streams, { environment, isQuiet: false }));
  return shown;
}

const KINDS = {
  'a colour': '\u001b[31m',
  'the title of the window': '\u001b]0;OWNED\u0007',
  'an 8-bit escape': '\u009b31m',
  'a bell': '\u0007',
  'a carriage return': '\r',
  'a line feed': '\n',
  'a backspace': '\b',
  'a delete': '\u007f',
  'a next line': '\u0085',
  'a right-to-left override': '\u202e',
  'an isolate': '\u2066',
  'a right-to-left mark': '\u200f',
  'an Arabic letter mark': '\u061c',
  'a line separator': '\u2028',
  'a paragraph separator': '\u2029',
  'an annotation that hides text': '\ufffa',
  'a tag that hides text': '\u{e0041}',
};
const HOSTILE = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\u{fff9}-\u{fffb}\u{e0000}-\u{e007f}]/u;
const hostile = fc.string({
  unit: fc.oneof(fc.constantFrom(...Object.values(KINDS)), fc.string({ unit: 'grapheme', maxLength: 3 })),
});

describe.each(Object.entries(KINDS))('%s', (_, kind) => {
  test.each<[string, (terminal: Terminal, text: string) => unknown]>([
    ['an answer', ({ write }, text) => write(text)],
    ['a styled part of an answer', ({ write }, text) => write(['a', styled('bold', text)])],
    ['a message', ({ say }, text) => say(text)],
    ['a warning', ({ warn }, text) => warn(text)],
    ['an error', ({ fail }, text) => fail(text)],
    ['a hint', ({ fail }, text) => fail('', text)],
    ['a line above the progress', ({ progress }, text) => progress().print(text)],
  ])('does nothing in %s', (writer, use) => {
    const shown = screen((terminal) => use(terminal, `x${kind}y`));
    expect(shown).toContain('y');
    expect(shown.replaceAll('\n', '')).not.toMatch(HOSTILE);
    // Nothing looks like another message, either.
    if (!/answer|hint/.test(writer)) expect(shown.match(/\n/g)).toHaveLength(1);
  });
});

test('nothing that is written has a control but line feeds, and an answer keeps those', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const shown = screen(({ write, say, warn, fail, progress }) => {
        write(text);
        for (const each of [say, warn, fail, progress().print]) each(text);
      });
      expect(shown.replaceAll('\n', '')).not.toMatch(HOSTILE);
      const own = text.match(/\n/g)?.length ?? 0;
      expect(shown.match(/\n/g)).toHaveLength(own + 4);
    }),
    { numRuns: 1000 },
  );
});

test('only what is styled has colours, and the text in it has none of its own', () => {
  const shown = screen(({ write }) => write([styled('red', 'A\u001b[0mB'), '\u001b[31mC']), {});
  expect(shown).toBe('\u001b[31mA [0mB\u001b[39m [31mC');
});

test('a file gets text as it is', () => {
  const text = Object.values(KINDS).join('|');
  expect(render([text, styled('red', text)], { isHarmless: false, hasColor: false })).toBe(text + text);
});

test('JSON for a terminal has the same value, and no control', () => {
  fc.assert(
    fc.property(fc.record({ text: hostile, [KINDS['a delete']]: hostile }), (value) => {
      const json = printableJson(JSON.stringify(value));
      expect(json).not.toMatch(HOSTILE);
      expect(JSON.parse(json)).toEqual(value);
    }),
    { numRuns: 1000 },
  );
});

test('what is harmless stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      if (!HOSTILE.test(text)) expect(printable(text)).toBe(text);
    }),
  );
});
