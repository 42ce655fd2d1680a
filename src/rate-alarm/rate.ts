/** The alarm's arithmetic as one: arrivals in, changes out, and in between a state that is plain data. */
import { CLOCK_STEP_MS } from '../stream/clock-step.js';
import type { AlarmSettings } from './alarm-settings.js';
import { type Episode, type EpisodeChange, type EpisodeState, NO_EPISODE, passTime, takeIn } from './episodes.js';
import { createInvoiceWindow, type InvoiceArrival } from './invoice-window.js';
import { type ArrivalCount, createWindow } from './window.js';

/** What `createRate` goes on from. To be stored as JSON. */
export interface RateState extends EpisodeState {
  readonly orders: readonly ArrivalCount[];
  readonly invoices: readonly InvoiceArrival[];
}

export const NO_RATE: RateState = { ...NO_EPISODE, orders: [], invoices: [] };

export interface Rate {
  /**
   * Takes in orders that arrived at a time; times decrease only where a clock stepped back. `invoicesOf` gives the invoice numbers
   * of these orders, where invoices are counted.
   */
  arrive(timeMs: number, count: number, invoicesOf: () => Iterable<string>): readonly EpisodeChange[];
  /** Ends an episode whose quiet period has passed. */
  passTime(nowMs: number): readonly EpisodeChange[];
  state(): RateState;
  /** The running episode, or the last one. */
  episode(): Episode | null;
}

export function createRate(settings: AlarmSettings, saved: RateState = NO_RATE): Rate {
  const openOrders = (from: RateState) => createWindow(settings.windowMs, from.orders);
  const openInvoices = (from: RateState) =>
    settings.counted === 'invoices' ? createInvoiceWindow(settings.windowMs, from.invoices) : undefined;
  let [orders, invoices] = [openOrders(saved), openInvoices(saved)];
  let lastMs = Math.max(saved.episode?.lastMs ?? 0, saved.orders.at(-1)?.[0] ?? 0);
  let state: EpisodeState = { episode: saved.episode, pending: saved.pending };

  function keep(after: {
    readonly state: EpisodeState;
    readonly changes: readonly EpisodeChange[];
  }): readonly EpisodeChange[] {
    state = after.state;
    return after.changes;
  }

  /** The clock stepped back: what it said before is over. Else a surge of tomorrow would last until then. */
  function beginAgain(): readonly EpisodeChange[] {
    const changes = keep(passTime(state, Number.POSITIVE_INFINITY, settings));
    state = { episode: null, pending: NO_EPISODE.pending };
    [orders, invoices] = [openOrders(NO_RATE), openInvoices(NO_RATE)];
    return changes;
  }

  return {
    arrive(timeMs, count, invoicesOf) {
      const stepped = timeMs < lastMs - CLOCK_STEP_MS ? beginAgain() : [];
      lastMs = timeMs;
      const ordersInWindow = orders.add(timeMs, count);
      const inWindow = invoices ? invoices.add(timeMs, invoicesOf()) : ordersInWindow;
      return [...stepped, ...keep(takeIn(state, { timeMs, arrived: count, inWindow, ordersInWindow }, settings))];
    },
    passTime: (nowMs) => keep(passTime(state, nowMs, settings)),
    episode: () => state.episode,
    state: () => ({ ...state, orders: orders.saved(), invoices: invoices?.saved() ?? [] }),
  };
}
