import { defineCommand } from '../command.js';
import { AlakazamError } from '../errors.js';
import { outputOption, wholeNumber } from '../options.js';
import { drawSimilar } from '../product-recommendations/drawing.js';
import type { SimilarProduct } from '../product-recommendations/recommender.js';
import { answer, type Column } from '../terminal/answer.js';

interface Row extends SimilarProduct {
  readonly how: 'liked by the same customers' | 'in the same invoices';
  readonly rank: number;
}

const columns: readonly Column<Row>[] = [
  { name: 'how', value: ({ how }) => how },
  { name: 'rank', isNumber: true, value: ({ rank }) => rank },
  { name: 'stock_code', title: 'code', value: ({ stockCode }) => stockCode },
  { name: 'description', value: ({ description }) => description },
  { name: 'score', isNumber: true, value: ({ score }) => score },
];

function codeOrWords(typed: string, flag: string): string {
  if (/[\p{L}\p{N}]/u.test(typed)) return typed;
  throw new AlakazamError(
    'usage',
    `${flag} is ${JSON.stringify(typed)}; valid: a stock code, or words of a description`,
    {
      hint: 'alakazam similar --product "rabbit night light"',
    },
  );
}

export const similar = defineCommand({
  name: 'similar',
  summary: 'find products like one, and what is bought with it',
  examples: [
    ['alakazam similar --product 85123A', 'by its stock code'],
    ['alakazam similar --product "rabbit night light"', 'by words of its description'],
  ],
  options: {
    product: { flags: '--product <code or words>', about: 'which product', parse: codeOrWords },
    count: { flags: '-n, --number <n>', about: 'products a list', parse: wholeNumber(1), fallback: 10 },
    output: outputOption,
  },
  async run({ pipeline, terminal }, { product, count, output }) {
    if (product === undefined) {
      throw new AlakazamError('usage', 'similar to which product?', { hint: 'alakazam similar --product 85123A' });
    }
    const recommender = await pipeline.recommender();
    const found = await recommender.similar(product, count);
    if (!found) {
      const near = await recommender.productsLike(product, 3);
      const names = near.map(({ stockCode, description }) => `${stockCode} ${description}`).join(', ');
      terminal.say(`no product ${JSON.stringify(product)}; near it: ${names}`);
    } else terminal.say(`${found.stockCode} ${found.description}`);
    const rows = (how: Row['how'], list: readonly SimilarProduct[] = []) =>
      list.map((each, i) => ({ ...each, how, rank: i + 1 }));
    const all = [
      ...rows('liked by the same customers', found?.similar),
      ...rows('in the same invoices', found?.boughtTogether),
    ];
    await answer(terminal, output, columns, all, {
      json: found ?? null,
      ...(found && { table: () => drawSimilar(found, terminal.columns) }),
    });
    return undefined;
  },
});
