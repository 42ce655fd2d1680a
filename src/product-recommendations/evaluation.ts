/** Measures recommendations against what customers bought next, on orders that the model has not seen. */
import { type Baseline, itemCosine, ownFrequency, popularity } from './baselines.js';
import { featuresOf } from './features.js';
import { collectQuality, LIST_LENGTH, type Quality, qualityOf } from './metrics.js';
import { basketOf, keepInvoices, type Purchases } from './purchases.js';
import { rank } from './ranking.js';
import { openScores } from './scores.js';
import { topIndexes } from './top.js';
import type { Model } from './training.js';
import { takeTurn } from './turn.js';

/** What a customer bought next, and the day before which nothing of it may be known. */
export interface Trial {
  /** Index among the customers of the known purchases. */
  readonly customer: number;
  readonly today: number;
  /** Products by their index; one that was not known then has a number below 0. */
  readonly held: ReadonlySet<number>;
}

export interface ModelQuality {
  readonly name: string;
  readonly all: Quality | undefined;
  /** Of products that the customer had not bought before. */
  readonly new: Quality | undefined;
}

/** The first invoice of each known customer in `later`, to be foretold from `known`, which ends before `today`. */
export function trialsAfter(known: Purchases, later: Purchases, today: number): Trial[] {
  const customers = new Map(Array.from(known.customers, (id, i) => [id, i]));
  const products = new Map(known.products.map(({ stockCode }, i) => [stockCode, i]));
  const trials: Trial[] = [];
  for (const [i, id] of later.customers.entries()) {
    const customer = customers.get(id);
    const next = basketOf(later, i);
    if (customer === undefined || next.days.length === 0 || basketOf(known, customer).days.length === 0) continue;
    const bought = [...next.items.subarray(next.starts[0], next.starts[1])];
    // A product that nobody had bought can't be foretold, and counts as missed.
    const held = bought.map(
      (product) => products.get((later.products[product] as { stockCode: string }).stockCode) ?? ~product,
    );
    trials.push({ customer, today, held: new Set(held) });
  }
  return trials;
}

/** The last invoice of each customer with more than one, but for the customers `without`; `known` is all the rest. */
export function trialsOfLast(
  purchases: Purchases,
  without: ReadonlySet<number>,
): { readonly known: Purchases; readonly trials: Trial[] } {
  const trials: Trial[] = [];
  const last = new Set<number>();
  for (let customer = 0; customer < purchases.customers.length; customer++) {
    const { days, starts, items } = basketOf(purchases, customer);
    if (days.length < 2 || without.has(purchases.customers[customer] as number)) continue;
    const at = days.length - 1;
    last.add((purchases.invoices[customer] as number) + at);
    const held = new Set(items.subarray(starts[at], starts[at + 1]));
    trials.push({ customer, today: days[at] as number, held });
  }
  return { known: keepInvoices(purchases, (invoice) => !last.has(invoice)), trials };
}

/** After so many trials, others have their turn. */
const TURN_TRIALS = 16;

/** Asks the model and the simple ways alike for lists of ten. */
export async function evaluateModels(
  model: Model,
  trials: readonly Trial[],
  signal: AbortSignal,
): Promise<ModelQuality[]> {
  const { purchases } = model;
  const score = openScores(model);
  const baselines: Record<string, Baseline> = {
    popularity: popularity(purchases),
    frequency: ownFrequency(purchases),
    cosine: await itemCosine(purchases, signal),
  };
  const collected = new Map<string, ReturnType<typeof collectBoth>>();

  // By day, since some of what is reckoned belongs to a day.
  const byDay = trials.toSorted((a, b) => a.today - b.today);
  for (const [i, { customer, today, held }] of byDay.entries()) {
    if (i % TURN_TRIALS === 0) await takeTurn(signal);
    const basket = basketOf(purchases, customer);
    const scores = score(basket, customer, today);
    const own = new Set(scores.own);
    const isOwn = (product: number) => own.has(product);
    const heldNew = new Set([...held].filter((product) => !own.has(product)));
    const add = (name: string, all: readonly number[], fresh: readonly number[]) => {
      const both = collected.get(name) ?? collectBoth(purchases.products.length);
      collected.set(name, both);
      both.all.add(all, held);
      if (heldNew.size > 0) both.fresh.add(fresh, heldNew);
    };
    for (const [name, baseline] of Object.entries(baselines)) {
      const all = baseline(basket);
      add(name, topIndexes(all, LIST_LENGTH), topIndexes(all, LIST_LENGTH, isOwn));
    }
    add('als', topIndexes(scores.short, LIST_LENGTH), topIndexes(scores.short, LIST_LENGTH, isOwn));
    const { all, fresh } = rank(scores, featuresOf(basket, scores), model.ranking, LIST_LENGTH);
    add('recommend', productsIn(all), productsIn(fresh));
  }
  return [...collected].map(([name, { all, fresh }]) => ({ name, all: all.result(), new: fresh.result() }));
}

/** Of each trial, NDCG@10 of what is served: the mean of that of all products and, if it holds new ones, that of the new. */
export async function servedQuality(model: Model, trials: readonly Trial[], signal: AbortSignal): Promise<number[]> {
  const score = openScores(model);
  const values: number[] = [];
  for (const [i, { customer, today, held }] of trials.entries()) {
    if (i % TURN_TRIALS === 0) await takeTurn(signal);
    const basket = basketOf(model.purchases, customer);
    const scores = score(basket, customer, today);
    const { all, fresh } = rank(scores, featuresOf(basket, scores), model.ranking, LIST_LENGTH);
    const heldNew = new Set([...held].filter((product) => !scores.own.includes(product)));
    const ofAll = qualityOf(productsIn(all), held).ndcg;
    values.push(heldNew.size === 0 ? ofAll : (ofAll + qualityOf(productsIn(fresh), heldNew).ndcg) / 2);
  }
  return values;
}

function productsIn(list: readonly { readonly product: number }[]): number[] {
  return list.map(({ product }) => product);
}

function collectBoth(products: number) {
  return { all: collectQuality(products), fresh: collectQuality(products) };
}
