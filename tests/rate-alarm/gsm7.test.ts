import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { septetsOf, shortened, toGsm7 } from '../../src/rate-alarm/gsm7.js';
import { EXTENDED, GSM7, isGsm7, septets } from './gsm7-codes.js';

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string());

describe('text for an SMS', () => {
  test.each([
    ['£5 @ "50%" & café, È là', '£5 @ "50%" & café, E là'],
    ['€5 [a] {b} ^~|\\', '€5 [a] {b} ^~|\\'],
    ['ÀÁÂãçíóú Łódź', 'AAAaciou ?odz'],
    // The acute accent as a character of its own, after a letter that has it here and one that has not.
    ['cafe\u0301 i\u0301', 'café i'],
    ['it’s “new” – really…', `it's "new" - really...`],
    ['2½ﬁne²', '21/2fine2'],
    ['🎄 gift 👩‍👩‍👧 日本', '? gift ??? ??'],
    ['one\r\ntwo\tthree\u0000\u001b[31mred\u007f\u2028', 'one two three [31mred '],
    // Marks that turn the direction of writing, and the byte order mark.
    ['\u202eabc\u202c\ufeff', 'abc'],
    ['\ud800', '?'],
    ['', ''],
  ])('%j is written %j', (text, written) => {
    expect(toGsm7(text)).toBe(written);
  });

  test('has only characters of the alphabet, and keeps those that it has', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const written = toGsm7(text);
        expect(isGsm7(written)).toBe(true);
        expect(septetsOf(written)).toBe(septets(written));
        expect(toGsm7(written)).toBe(written);
      }),
    );
  });

  test('leaves the alphabet as it is', () => {
    expect(GSM7).toHaveLength(134);
    expect(toGsm7(GSM7)).toBe(GSM7);
  });

  test('counts two for each character of the extension table', () => {
    expect(septetsOf(EXTENDED)).toBe(2 * EXTENDED.length);
    expect(septetsOf('£5')).toBe(2);
    expect(septetsOf('€5')).toBe(3);
  });
});

describe('shortened', () => {
  test.each([
    ['WHITE METAL LANTERN', 19, 'WHITE METAL LANTERN'],
    ['WHITE METAL LANTERN', 18, 'WHITE METAL LAN...'],
    ['WHITE METAL LANTERN', 15, 'WHITE METAL...'],
    ['WHITE METAL LANTERN', 5, 'WHITE'],
    // An escape character is never left without the character that it belongs to.
    ['ab€d', 3, 'ab'],
    ['[[[[[[', 11, '[[[[...'],
    ['abc', 0, ''],
  ])('%j to %i septets is %j', (text, limit, short) => {
    expect(shortened(text, limit)).toBe(short);
  });

  test('never exceeds the limit', () => {
    fc.assert(
      fc.property(anyText.map(toGsm7), fc.nat(40), (text, limit) => {
        expect(septets(shortened(text, limit))).toBeLessThanOrEqual(limit);
      }),
    );
  });
});
