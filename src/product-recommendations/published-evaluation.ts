/** How good the recommendations of a published run are, as its training measured. Nothing is trained again: that would need a cluster. */
import { AlakazamError } from '../errors.js';
import { dayOf, isoDay } from './days.js';
import type { PublishedRun } from './published-runs.js';
import type { EvaluateOptions, Evaluation, ModelRun } from './recommender.js';
import { TRAIN_DEFAULTS } from './training-options.js';

/** Throws an `AlakazamError` if something else is asked for than what was measured: it says what was, and how to get the other. */
export async function evaluationOf(
  { about, evaluation }: PublishedRun,
  { protocol, cut, train: { factors } }: EvaluateOptions,
): Promise<Evaluation> {
  const found = await evaluation();
  if (!found) {
    const reason = `model ${about.run} was not measured: it was trained on too few orders to hold some back`;
    throw new AlakazamError('failed', reason, { hint: 'alakazam train --target aws, once there are more' });
  }
  const refuse = (flag: string, hints: readonly string[]) => {
    const measured = `with ${about.options.factors} factors, by the first invoice of each customer from ${found.cut} on`;
    const message = `${flag} was not measured; the training of model ${about.run} measured it ${measured}`;
    return new AlakazamError('usage', message, { hint: hints.join('\n') });
  };
  if (protocol !== found.protocol) throw refuse('--last-invoice', [`alakazam evaluate --last-invoice ${LOCALLY}`]);
  if (cut !== undefined && cut !== found.cut) {
    throw refuse(`--cut ${cut}`, [
      ...trainingThatHoldsBack(cut, found, about),
      `alakazam evaluate --cut ${cut} ${LOCALLY}`,
    ]);
  }
  // What is not asked for is the default.
  if (factors !== TRAIN_DEFAULTS.factors && factors !== about.options.factors) {
    throw refuse(`--factors ${factors}`, [`alakazam train --factors ${factors} ${ANOTHER}`]);
  }
  return found;
}

const LOCALLY = '--target local measures orders that were streamed to this machine';
const ANOTHER = '--target aws measures it, and recommends by that model';

/** A training holds back the days before its end. */
function trainingThatHoldsBack(cut: string, found: Evaluation, { lastDate }: ModelRun): string[] {
  const end = dayOf(lastDate) + 1;
  const until = dayOf(cut) + (end - dayOf(found.cut as string));
  return until < end ? [`alakazam train --until ${isoDay(until)} ${ANOTHER}`] : [];
}
