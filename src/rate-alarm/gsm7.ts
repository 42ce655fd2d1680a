/**
 * The alphabet of an SMS, in which 160 characters fit. One character outside it makes the phone network take another encoding,
 * in which 70 fit. 3GPP TS 23.038, 6.2.1 (https://www.3gpp.org/dynareport/23038.htm).
 */

/** The default alphabet in the order of its codes, without the line feed, the carriage return and the escape character. */
const ALPHABET =
  '@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';

/** Characters of the extension table, 6.2.1.1, without the page break: an escape character goes before each of them. */
const EXTENSION = '^{}\\[~]|€';

const SEPTETS = new Map([
  ...Array.from(ALPHABET, (character) => [character, 1] as const),
  ...Array.from(EXTENSION, (character) => [character, 2] as const),
]);

/** What looks alike, for characters that Unicode does not decompose. */
const ALIKE = new Map([
  ...Array.from('‘’‚‛′`', (character) => [character, "'"] as const),
  ...Array.from('“”„‟″«»', (character) => [character, '"'] as const),
  ...Array.from('‐‑‒–—―−', (character) => [character, '-'] as const),
  ...Array.from('•·×', (character) => [character, '*'] as const),
]);

/** The length in units of 7 bits of text that `toGsm7` made. */
export function septetsOf(text: string): number {
  let septets = 0;
  for (const character of text) septets += SEPTETS.get(character) ?? 0;
  return septets;
}

/**
 * The same text in this alphabet: letters lose the accents that it lacks, controls and line ends become blanks, and any other
 * character becomes `?`. What cannot be seen is left out.
 */
export function toGsm7(text: string): string {
  const seen = text.normalize('NFC').replaceAll(/[\p{Cc}\p{Z}]+/gu, ' ');
  return Array.from(seen, written).join('');
}

function written(character: string): string {
  if (SEPTETS.has(character)) return character;
  if (/[\p{M}\p{Cf}]/u.test(character)) return '';
  const alike = ALIKE.get(character);
  if (alike) return alike;
  // NFKD rather than NFD: it also takes apart what is written as one character, such as `…`, `ﬁ` or `½`.
  const parts = Array.from(character.normalize('NFKD').replaceAll('\u2044', '/'));
  const known = parts.filter((part) => SEPTETS.has(part));
  return parts.every((part) => SEPTETS.has(part) || /\p{M}/u.test(part)) ? known.join('') : '?';
}

/** The beginning of text of this alphabet, in at most so many septets; dots say that more followed. */
export function shortened(text: string, septets: number): string {
  if (septetsOf(text) <= septets) return text;
  const dots = septets > 8 ? '...' : '';
  let left = septets - dots.length;
  let begin = '';
  for (const character of text) {
    left -= SEPTETS.get(character) ?? 0;
    if (left < 0) break;
    begin += character;
  }
  return begin.trimEnd() + dots;
}
