/** Text for a terminal. All text from outside passes `harmless`, and only this file makes escape codes for colours. */
import { styleText } from 'node:util';

export type Style = Parameters<typeof styleText>[0];

/** A piece of text that stands out where colours are wanted. */
export interface Styled {
  readonly style: Style;
  readonly text: string;
}

/** A string has no colour of its own: escape codes in it are somebody else's. */
export type Text = string | Styled | readonly Text[];

export function styled(style: Style, text: string): Styled {
  return { style, text };
}

/**
 * Characters that move the cursor, ring, colour, break the line, hide text, or show what follows in another order; the line
 * feed too. Those that hide text are the tags and the interlinear annotation of Unicode.
 */
const UNSEEN = String.raw`\p{Bidi_Control}\p{Zl}\p{Zp}\u{fff9}-\u{fffb}\u{e0000}-\u{e007f}`;
const CONTROLS = new RegExp(`[\\p{Cc}${UNSEEN}]+`, 'gu');
const CONTROLS_BUT_LINE_FEEDS = new RegExp(`(?:[^\\P{Cc}\\n]|[${UNSEEN}])+`, 'gu');
const CONTROLS_IN_JSON = new RegExp(`[\\u007f-\\u009f${UNSEEN}]`, 'gu');

/** Text from outside that stays on its line and does nothing to a terminal: a blank stands for controls. */
export function printable(text: string): string {
  return text.replaceAll(CONTROLS, ' ');
}

/** The same for text of several lines. */
function harmless(text: string): string {
  return text.replaceAll(CONTROLS_BUT_LINE_FEEDS, ' ');
}

/** JSON of the same value that does nothing to a terminal: control characters that JSON allows are escaped. */
export function printableJson(json: string): string {
  // JSON escapes UTF-16 code units, and a character beyond the first 65,536 has two of them.
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replaceAll(CONTROLS_IN_JSON, (control) => control.split('').map(escaped).join(''));
}

export interface Rendering {
  /** True for a terminal. Elsewhere no byte is changed. */
  readonly isHarmless: boolean;
  readonly hasColor: boolean;
}

/** The characters to write. */
export function render(text: Text, rendering: Rendering): string {
  if (typeof text === 'string') return rendering.isHarmless ? harmless(text) : text;
  if (!('style' in text)) return text.map((part) => render(part, rendering)).join('');
  const plain = render(text.text, rendering);
  return rendering.hasColor && plain !== '' ? styleText(text.style, plain, { validateStream: false }) : plain;
}
