import { defineCommand } from '../command.js';
import { AlakazamError } from '../errors.js';
import { day, outputOption, positive, wholeNumber } from '../options.js';
import type { ModelQuality } from '../product-recommendations/evaluation.js';
import type { Quality } from '../product-recommendations/metrics.js';
import type { Evaluation } from '../product-recommendations/recommender.js';
import { TRAIN_DEFAULTS } from '../product-recommendations/training-options.js';
import { answer, type Column } from '../terminal/answer.js';
import { whole } from '../terminal/numbers.js';

interface Row extends Quality {
  readonly model: string;
  readonly products: 'all' | 'new';
}

const figure = (name: keyof Quality, title: string, show: (value: number) => string): Column<Row> => ({
  name: name.replaceAll(/[A-Z]|\d+/g, (part) => `_${part.toLowerCase()}`),
  title,
  isNumber: true,
  value: (row) => row[name],
  show: (row) => show(row[name]),
});
const thousandths = (value: number) => value.toFixed(3);
const percent = (value: number) => `${(value * 100).toFixed(0)} %`;

const columns: readonly Column<Row>[] = [
  { name: 'products', value: ({ products }) => products },
  { name: 'model', value: ({ model }) => model },
  figure('recall10', 'recall@10', thousandths),
  figure('standardError', '±', thousandths),
  figure('ndcg10', 'NDCG@10', thousandths),
  figure('map10', 'MAP@10', thousandths),
  figure('coverage', 'coverage', percent),
  figure('topTenShare', 'top ten', percent),
];

export const evaluate = defineCommand({
  name: 'evaluate',
  summary: 'measure recommendations on orders that came later',
  examples: [
    ['alakazam evaluate', 'what the customers of the last 30 days bought next'],
    ['alakazam evaluate --cut 2011-09-01', 'what they bought after another day'],
    ['alakazam evaluate --last-invoice', "each customer's last invoice"],
  ],
  options: {
    cut: {
      flags: '--cut <date>',
      about: 'train on orders before this day (default: 30 days before the last)',
      parse: day,
    },
    lastInvoice: { flags: '--last-invoice', about: "foretell each customer's last invoice instead" },
    factors: { flags: '--factors <n>', about: 'as for train', parse: wholeNumber(1), fallback: TRAIN_DEFAULTS.factors },
    regularization: {
      flags: '--regularization <n>',
      about: 'as for train',
      parse: positive,
      fallback: TRAIN_DEFAULTS.regularization,
    },
    halfLifeDays: {
      flags: '--half-life <days>',
      about: 'as for train',
      parse: positive,
      fallback: TRAIN_DEFAULTS.halfLifeDays,
    },
    output: outputOption,
  },
  async run({ pipeline, terminal, signal }, { cut, lastInvoice, output, ...options }) {
    if (cut !== undefined && lastInvoice)
      throw new AlakazamError('usage', '--cut and --last-invoice exclude each other');
    const recommender = await pipeline.recommender();
    const progress = terminal.progress('step');
    const found = await recommender
      .evaluate(
        { protocol: lastInvoice ? 'last-invoice' : 'cut', cut, train: { ...TRAIN_DEFAULTS, ...options } },
        { signal, onNote: terminal.say, onProgress: (what, done, total) => progress.update(done, total, what) },
      )
      .finally(() => progress.stop());
    await answer(terminal, output, columns, rowsOf(found.models), { json: found });
    terminal.say(`${whole(found.customers)} customers: ${protocolOf(found)}`);
    return undefined;
  },
});

function rowsOf(models: readonly ModelQuality[]): Row[] {
  return (['all', 'new'] as const).flatMap((products) =>
    models.flatMap(({ name, [products]: quality }) => (quality ? [{ ...quality, model: name, products }] : [])),
  );
}

function protocolOf({ protocol, cut }: Evaluation): string {
  return protocol === 'last-invoice'
    ? 'the last invoice of each was foretold'
    : `the first invoice of each from ${cut} on was foretold`;
}
