/** What a published run can say of its quality, and what it refuses. */
import { expect, test } from 'vitest';
import { evaluationOf } from '../../src/product-recommendations/published-evaluation.js';
import type { PublishedRun } from '../../src/product-recommendations/published-runs.js';
import type { EvaluateOptions, Evaluation } from '../../src/product-recommendations/recommender.js';
import { TRAIN_DEFAULTS } from '../../src/product-recommendations/training-options.js';

const MEASURED: Evaluation = { protocol: 'cut', cut: '2011-11-09', customers: 1387, models: [] };

function evaluate(asked: Partial<EvaluateOptions>, found: Evaluation | undefined = MEASURED, factors = 64) {
  const about = { run: 'abc', lastDate: '2011-12-08', options: { ...TRAIN_DEFAULTS, factors } };
  const run = { about, evaluation: async () => found } as Partial<PublishedRun> as PublishedRun;
  return evaluationOf(run, { protocol: 'cut', train: TRAIN_DEFAULTS, ...asked });
}

test('what was measured is answered, however it is asked for', async () => {
  expect(await evaluate({})).toBe(MEASURED);
  expect(await evaluate({ cut: '2011-11-09' })).toBe(MEASURED);
  // Nobody asked for the default.
  expect(await evaluate({}, MEASURED, 32)).toBe(MEASURED);
  expect(await evaluate({ train: { ...TRAIN_DEFAULTS, factors: 32 } }, MEASURED, 32)).toBe(MEASURED);
});

const SAID =
  'the training of model abc measured it with 64 factors, by the first invoice of each customer from 2011-11-09 on';
const LOCALLY = '--target local measures orders that were streamed to this machine';

test.each<[string, Partial<EvaluateOptions>, string]>([
  ['--last-invoice', { protocol: 'last-invoice' }, `alakazam evaluate --last-invoice ${LOCALLY}`],
  [
    '--cut 2011-09-01',
    { cut: '2011-09-01' },
    // 30 days are held back, as from 9 November until 8 December.
    `alakazam train --until 2011-10-01 --target aws measures it, and recommends by that model\nalakazam evaluate --cut 2011-09-01 ${LOCALLY}`,
  ],
  // The orders end before the 30 days after it do.
  ['--cut 2011-11-20', { cut: '2011-11-20' }, `alakazam evaluate --cut 2011-11-20 ${LOCALLY}`],
  [
    '--factors 20',
    { train: { ...TRAIN_DEFAULTS, factors: 20 } },
    'alakazam train --factors 20 --target aws measures it, and recommends by that model',
  ],
])('%s is refused with what was measured, and with how to get it', async (flag, asked, hint) => {
  await expect(evaluate(asked)).rejects.toMatchObject({
    ...{ code: 'usage', message: `${flag} was not measured; ${SAID}`, hint },
  });
});

test('a training that could hold nothing back says so', async () => {
  const run = { about: { run: 'abc' }, evaluation: async () => undefined } as Partial<PublishedRun> as PublishedRun;
  await expect(evaluationOf(run, { protocol: 'cut', train: TRAIN_DEFAULTS })).rejects.toMatchObject({
    ...{ code: 'failed', message: 'model abc was not measured: it was trained on too few orders to hold some back' },
  });
});
