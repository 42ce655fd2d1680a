/** The lists of all customers, made by several threads. */
import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { assetOf } from '../assets.js';
import { askThread } from './ask-thread.js';
import { basketOf, type Purchases } from './purchases.js';
import type { Recommendations } from './recommender.js';
import { openServing } from './serving.js';
import type { Model } from './training.js';

const THREAD = assetOf('dist/serving.thread.js');

export interface Everyone {
  readonly model: Model;
  readonly run: string;
  /** Whose customers get lists, by the products of the model. */
  readonly purchases: Purchases;
  /** Products a list. */
  readonly count: number;
}

/** Customers by their index. */
export interface Piece {
  readonly begin: number;
  readonly end: number;
}

const PIECE = 64;

/** In the order of the customers, some at a time. */
export async function* listsOfAll(everyone: Everyone, threads: number): AsyncGenerator<readonly Recommendations[]> {
  const { purchases } = everyone;
  const pieces = Array.from({ length: Math.ceil(purchases.customers.length / PIECE) }, (_, i) => ({
    begin: i * PIECE,
    end: Math.min(purchases.customers.length, (i + 1) * PIECE),
  }));
  if (!existsSync(THREAD) || threads < 2 || pieces.length < 2) {
    // There is no built thread when the sources are run as they are, and none is worth its start for few customers.
    yield* pieces.map(listsHere(everyone));
    return;
  }
  const workers = Array.from({ length: threads }, () => new Worker(THREAD, { workerData: everyone }));
  const asked: Promise<readonly Recommendations[]>[] = [];
  const askNext = () => {
    const piece = pieces[asked.length];
    if (!piece) return;
    const asking = askThread<readonly Recommendations[]>(workers[asked.length % threads] as Worker, piece);
    // It fails where it is waited for, and nobody waits for what was asked when the rest is no longer wanted.
    asking.catch(() => {});
    asked.push(asking);
  };
  try {
    for (const _ of workers) askNext();
    for (let i = 0; i < pieces.length; i++) {
      const lists = await (asked[i] as Promise<readonly Recommendations[]>);
      // The thread of these lists works on while they are written.
      askNext();
      yield lists;
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** Makes the lists on this thread. */
export function listsHere({ model, run, purchases, count }: Everyone): (piece: Piece) => readonly Recommendations[] {
  const serve = openServing(model, run);
  return ({ begin, end }) =>
    Array.from(purchases.customers.subarray(begin, end), (id, i) =>
      serve({ id, basket: basketOf(purchases, begin + i) }, count),
    );
}
