/** What is written on a terminal. All text from outside passes `harmless` here; what colours it is made here alone. */
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

/** Characters that move the cursor, ring, colour, or show what follows in another order; the line feed too. */
const CONTROLS = /[\p{Cc}\p{Bidi_Control}]+/gu;
const CONTROLS_BUT_LINE_FEEDS = /(?:[^\P{Cc}\n]|\p{Bidi_Control})+/gu;

/** Text from outside that stays on its line and does nothing to a terminal: a blank stands for controls. */
export function printable(text: string): string {
  return text.replaceAll(CONTROLS, ' ');
}

/** The same for text of several lines. */
function harmless(text: string): string {
  return text.replaceAll(CONTROLS_BUT_LINE_FEEDS, ' ');
}

/** JSON that does nothing to a terminal, and has the same value: what JSON lets stand is escaped. */
export function printableJson(json: string): string {
  return json.replaceAll(
    /[\u007f-\u009f\p{Bidi_Control}]/gu,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export interface Rendering {
  /** True where it goes to a terminal. Elsewhere each byte is kept. */
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
