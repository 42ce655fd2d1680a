/** Purchases as the lake has them by now. */
import type { Database } from '../engines/duckdb/database.js';
import type { CurrentTables } from '../lake/lake.js';
import { dayOf, firstDayUnknown } from './days.js';
import { type Trial, trialsAfter, trialsOfLast } from './evaluation.js';
import { type FutureOrders, futureNote } from './future-orders.js';
import { heldBackDays, type Purchases } from './purchases.js';
import { conditionOf, type Period, readEndingWithoutProduct, readPurchases } from './read-purchases.duckdb.js';
import type { EvaluateOptions, WorkOptions } from './recommender.js';

export interface LakePurchasesOptions {
  readonly currentTables: CurrentTables;
  /** Gives a path for what memory does not hold. */
  readonly spillTo: () => string;
  readonly clock: () => number;
}

/** What is known, and what is to be foretold from it. */
export interface Trials {
  readonly known: Purchases;
  readonly trials: readonly Trial[];
  /** The day that a temporal cut is before, in days since 1970; null without one. */
  readonly cut: number | null;
}

export interface ReadPurchases {
  readonly purchases: Purchases;
  /** Of the lake's tables; null where orders were left out that count from a later day on. */
  readonly version: string | null;
}

/** Orders that are dated in the future, as by a mistyped year, are left out. */
export interface LakePurchases {
  /** Brings the lake up to date, and reads it. */
  read(period: Period, progress: WorkOptions): Promise<ReadPurchases>;
  trials(options: EvaluateOptions, progress: WorkOptions): Promise<Trials>;
  /** To choose options by: earlier days, the latest first; none where there is too little history. */
  validation(period: Period, progress: WorkOptions): Promise<Trials[]>;
}

export function openLakePurchases({ currentTables, spillTo, clock }: LakePurchasesOptions): LakePurchases {
  /** The lake's tables as they are now, in a database of their own. */
  async function withTables<T>(
    { signal, onNote, onProgress }: WorkOptions,
    act: (database: Database, version: string | null) => Promise<T>,
  ): Promise<T> {
    const tables = await currentTables({ signal, onProgress: (done, total) => onProgress?.('orders', done, total) });
    let database: Database | undefined;
    const interrupt = () => database?.interrupt();
    signal.addEventListener('abort', interrupt);
    try {
      const { openDatabase } = await import('../engines/duckdb/database.js');
      database = await openDatabase({ spillTo: spillTo() });
      signal.throwIfAborted();
      await database.run(tables.views);
      const future = await leaveOutFuture(database, firstDayUnknown(clock()));
      if (future) onNote?.(futureNote(future));
      return await act(database, future ? null : tables.version);
    } catch (error) {
      // DuckDB has an error of its own for what was interrupted.
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', interrupt);
      database?.close();
      tables.release();
    }
  }

  return {
    read: (period, progress) =>
      withTables(progress, async (database, version) => ({
        purchases: await readPurchases(database, period),
        version,
      })),
    trials: ({ protocol, cut }, progress) =>
      withTables(progress, (database) => (protocol === 'cut' ? readAtCut(database, cut) : readForLast(database))),
    validation: (period, progress) =>
      withTables(progress, (database) => readEarlier(database, period, progress.signal)),
  };
}

/**
 * Leaves out of `orders` what is dated on day `until` or later; undefined if there is nothing. As of the last order
 * everything is reckoned: one of the year 9999 would make all others too old to count.
 */
async function leaveOutFuture(database: Database, until: number): Promise<FutureOrders | undefined> {
  const limit = `DATE '1970-01-01' + ${until}`;
  const [[orders, lastDate] = []] = await database.rows(
    `SELECT COUNT(*), CAST(CAST(MAX(order_date) AS DATE) AS TEXT) FROM orders WHERE order_date >= ${limit}`,
  );
  if (Number(orders) === 0) return undefined;
  await database.run(`
    ALTER VIEW orders RENAME TO orders_of_all_days;
    CREATE VIEW orders AS FROM orders_of_all_days WHERE order_date < ${limit};`);
  return { orders: Number(orders), lastDate: String(lastDate) };
}

async function readAtCut(database: Database, given: string | undefined): Promise<Trials> {
  const [first, last] = await readDays(database, {});
  const days = heldBackDays(first, last);
  return readAroundCut(database, {}, given === undefined ? last - days : dayOf(given), days);
}

/** As many earlier days, with so many days after each, tell a gain from noise. */
const VALIDATION_CUTS = 4;
const VALIDATION_DAYS_MIN = 7;

/**
 * The days at the end, by which `evaluate` measures, are in none of them: options that were chosen by what they are measured on
 * would look better than they are.
 */
async function readEarlier(database: Database, period: Period, signal: AbortSignal): Promise<Trials[]> {
  const [first, last] = await readDays(database, period);
  const found: Trials[] = [];
  for (let end = last - heldBackDays(first, last); found.length < VALIDATION_CUTS; ) {
    // What is left before it is enough to learn the ranking on.
    const days = heldBackDays(first, end - 1);
    if (days < VALIDATION_DAYS_MIN) break;
    end -= days;
    signal.throwIfAborted();
    found.push(await readAroundCut(database, period, end, days));
  }
  return found.filter(({ trials }) => trials.length > 0);
}

/** The first day with an order, and the last. */
async function readDays(database: Database, period: Period): Promise<readonly [first: number, last: number]> {
  const day = (of: string) => `CAST(floor(epoch(${of}(order_date)) / 86400) AS INTEGER)`;
  const [[first, last] = []] = await database.rows(
    `SELECT ${day('MIN')}, ${day('MAX')} FROM orders WHERE ${conditionOf(period)}`,
  );
  return [Number(first), Number(last)];
}

async function readAroundCut(database: Database, period: Period, cut: number, days: number): Promise<Trials> {
  const known = await readPurchases(database, { ...period, until: cut });
  const later = await readPurchases(database, { since: cut, until: cut + days, withReturned: true });
  return { known, trials: trialsAfter(known, later, cut), cut };
}

async function readForLast(database: Database): Promise<Trials> {
  // With those that were given back later: a return after the last invoice would tell of it.
  const purchases = await readPurchases(database, { withReturned: true });
  // As published: the last invoice of all, and a customer whose last one holds no product is not asked for.
  return { ...trialsOfLast(purchases, await readEndingWithoutProduct(database)), cut: null };
}
