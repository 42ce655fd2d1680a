/** Shows a place in SQL to a person. */

const SHOWN_CHARACTERS_MAX = 100;

/** The line, and a caret under the place; of a long line, what is around the place. */
export function pointAt({ line, before }: { readonly line: string; readonly before: number }): string {
  const characters = [...line.replaceAll('\t', ' ')];
  const start = Math.max(0, Math.min(before - SHOWN_CHARACTERS_MAX / 2, characters.length - SHOWN_CHARACTERS_MAX));
  const shown = characters.slice(start, start + SHOWN_CHARACTERS_MAX).join('');
  return `${shown}\n${' '.repeat(before - start)}^`;
}
