/** Recommendations as a person reads them. */
import { cellOf, fit, widthOfAll } from '../terminal/cells.js';
import { styled, type Text } from '../terminal/text.js';
import type { Recommendations, RecommendedProduct, Similar } from './recommender.js';

interface Drawing {
  /** Of the terminal. */
  readonly columns: number;
  /** Every reason, on lines of its own. */
  readonly isWhole: boolean;
}

interface Line {
  readonly stockCode: string;
  readonly description: string;
  /** Each on a line of its own, or the first of them beside the description. */
  readonly notes: readonly string[];
}

type Section = readonly [heading: string, lines: readonly Line[]];

const RANK = 3;
const GAP = 2;
/** A code that is longer is cut. */
const CODE_MAX = 12;
/** A description is not cut to less than this for the sake of a longer note. */
const DESCRIPTION_MIN = 26;
/** A note of this length has its place, and a longer one is cut to no less. */
const NOTE_MIN = 12;

export function drawRecommendations(
  { coldStart, customerId, new: fresh, again }: Recommendations,
  drawing: Drawing,
): Text {
  const title = coldStart ? 'Bestsellers now' : customerId === null ? 'Goes with it' : 'New';
  const lines = (products: readonly RecommendedProduct[]) => products.map((each) => ({ ...each, notes: each.because }));
  return drawSections(
    [
      [title, lines(fresh)],
      ['Buy again', lines(again)],
    ],
    drawing,
  );
}

export function drawSimilar({ similar, boughtTogether }: Similar, columns: number): Text {
  const lines = (products: Similar['similar']) =>
    products.map((each) => ({ ...each, notes: [`${Math.round(each.score * 100)} %`.padStart('100 %'.length)] }));
  return drawSections(
    [
      ['Liked by the same customers', lines(similar)],
      ['In the same invoices', lines(boughtTogether)],
    ],
    { columns, isWhole: false },
  );
}

function drawSections(all: readonly Section[], drawing: Drawing): Text {
  const sections = all.filter(([, lines]) => lines.length > 0);
  const codes = sections.flatMap(([, lines]) => lines.map(({ stockCode }) => stockCode));
  const code = Math.min(CODE_MAX, widthOfAll(codes));
  return sections.map(([heading, lines], i) => [
    i > 0 ? '\n' : '',
    styled('bold', heading),
    '\n',
    drawLines(lines, code, drawing),
  ]);
}

function drawLines(lines: readonly Line[], code: number, { columns, isWhole }: Drawing): Text {
  const indent = ' '.repeat(RANK + 2 * GAP);
  const rest = columns - RANK - code - 2 * GAP;
  const longest = widthOfAll(lines.map(({ description }) => description.trim()));
  const noted = widthOfAll(lines.map(({ notes }) => notes[0] ?? ''));
  const least = noted > NOTE_MIN ? DESCRIPTION_MIN : 0;
  const description = Math.min(longest, Math.max(least, rest - GAP - noted));
  const note = rest - GAP - description;
  const hasNotes = !isWhole && note >= Math.min(NOTE_MIN, noted);
  return lines.map(({ stockCode, description: of, notes }, i) => {
    const product = [String(i + 1).padStart(RANK), ' '.repeat(GAP), fit(stockCode, code), ' '.repeat(GAP)];
    if (!hasNotes) {
      const own = isWhole ? notes : [];
      const below = own.map((each) => [indent, styled('dim', cellOf(each, columns - indent.length).text), '\n']);
      return [product, cellOf(of.trim(), rest).text, '\n', below];
    }
    const first = cellOf(notes[0] ?? '', note).text;
    if (first === '') return [product, cellOf(of.trim(), rest).text, '\n'];
    return [product, fit(of.trim(), description), ' '.repeat(GAP), styled('dim', first), '\n'];
  });
}
