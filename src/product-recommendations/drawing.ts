/** Recommendations as a person reads them. */
import { fit } from '../terminal/cells.js';
import { styled, type Text } from '../terminal/text.js';
import type { Recommendations, RecommendedProduct } from './recommender.js';

interface Drawing {
  /** Of the terminal. */
  readonly columns: number;
  /** Every reason, on lines of its own. */
  readonly isWhole: boolean;
}

const RANK = 4;
const CODE = 12;
const DESCRIPTION = 32;
const REASON_MIN = 12;

export function drawRecommendations(
  { coldStart, customerId, new: fresh, again }: Recommendations,
  drawing: Drawing,
): Text {
  const title = coldStart ? 'Bestsellers now' : customerId === null ? 'Goes with it' : 'New';
  const lists: readonly (readonly [string, readonly RecommendedProduct[]])[] = [
    [title, fresh],
    ['Buy again', again],
  ];
  return lists
    .filter(([, products]) => products.length > 0)
    .map(([heading, products], i) => [
      i > 0 ? '\n' : '',
      styled('bold', heading),
      '\n',
      products.map((product, place) => drawProduct(product, place + 1, drawing)),
    ]);
}

function drawProduct(
  { stockCode, description, because }: RecommendedProduct,
  rank: number,
  { columns, isWhole }: Drawing,
): Text {
  const before = `${String(rank).padStart(RANK - 1)}  ${stockCode.padEnd(CODE)}`;
  const rest = columns - before.length;
  if (isWhole)
    return [
      before,
      fit(description, rest).trimEnd(),
      '\n',
      because.map((each) => [' '.repeat(before.length), styled('dim', `because of ${each}`), '\n']),
    ];
  const reasonRoom = rest - DESCRIPTION - 2;
  if (reasonRoom < REASON_MIN) return [before, fit(description, rest).trimEnd(), '\n'];
  return [
    before,
    fit(description, DESCRIPTION),
    '  ',
    styled('dim', fit(because[0] ?? '', reasonRoom).trimEnd()),
    '\n',
  ];
}
