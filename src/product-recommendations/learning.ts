/** Learns how to rank from what customers bought next after a day in the past. */
import { collectExamples, type ExamplesTask, type Held, joinExamples } from './examples.js';
import { fitLogistic } from './logistic.js';
import { basketOf, type Purchases } from './purchases.js';
import type { RankingCoefficients } from './ranking.js';
import type { TrainingThreads } from './training-threads.js';

/** The first invoice of each customer from day `since` on and before day `until`; of customers with an invoice before alone. */
export function firstInvoices(purchases: Purchases, since: number, until: number): Held[] {
  const held: Held[] = [];
  for (let customer = 0; customer < purchases.customers.length; customer++) {
    const { days, starts, items } = basketOf(purchases, customer);
    const next = days.findIndex((day) => day >= since);
    if (next < 1 || (days[next] as number) >= until) continue;
    held.push({ customer, products: items.subarray(starts[next], starts[next + 1]) });
  }
  return held;
}

/** With fewer bought examples, the coefficients would be luck. */
const POSITIVES_MIN = 200;

/**
 * More tell nothing more about so few coefficients, and each is compared with every customer: time would grow with the square of
 * the number of customers.
 */
const CUSTOMERS_MAX = 1500;

/**
 * Fits both regressions on what the customers in `held` bought next, or some of them where there are many. Undefined if there is too
 * little to learn from.
 */
export async function learnRanking(
  { held: all, ...task }: ExamplesTask,
  threads: TrainingThreads,
  signal?: AbortSignal,
): Promise<RankingCoefficients | undefined> {
  const held = evenly(all, CUSTOMERS_MAX);
  const each = Math.ceil(held.length / threads.count);
  const taskOf = (thread: number) => ({ ...task, held: held.slice(thread * each, (thread + 1) * each) });
  const others = threads.collect(Array.from({ length: threads.count - 1 }, (_, i) => taskOf(i + 1)));
  const [own, rest] = await Promise.all([collectExamples(taskOf(0), signal), others]);
  const parts = [own, ...rest];
  const again = joinExamples(parts.map((part) => part.again));
  const fresh = joinExamples(parts.map((part) => part.fresh));
  const positives = (labels: Float64Array) => labels.reduce((sum, label) => sum + label, 0);
  if (positives(again.labels) < POSITIVES_MIN || positives(fresh.labels) < POSITIVES_MIN) return undefined;
  return { again: await fitLogistic(again, signal), fresh: await fitLogistic(fresh, signal) };
}

/** At most `most` of them, from the first to the last at equal distances. */
function evenly<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)] as T);
}
