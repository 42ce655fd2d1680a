/** The alarm's arithmetic as one: arrivals in, changes out, and in between a state that is plain data. */
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
   * Takes in orders that arrived at a time; times never decrease. `invoicesOf` gives the invoice numbers of these orders, where
   * invoices are counted.
   */
  arrive(timeMs: number, count: number, invoicesOf: () => Iterable<string>): readonly EpisodeChange[];
  /** Ends an episode whose quiet period has passed. */
  passTime(nowMs: number): readonly EpisodeChange[];
  state(): RateState;
  /** The running episode, or the last one. */
  episode(): Episode | null;
}

export function createRate(settings: AlarmSettings, saved: RateState = NO_RATE): Rate {
  const orders = createWindow(settings.windowMs, saved.orders);
  const invoices = settings.counted === 'invoices' ? createInvoiceWindow(settings.windowMs, saved.invoices) : undefined;
  let state: EpisodeState = { episode: saved.episode, pending: saved.pending };

  function keep(after: {
    readonly state: EpisodeState;
    readonly changes: readonly EpisodeChange[];
  }): readonly EpisodeChange[] {
    state = after.state;
    return after.changes;
  }

  return {
    arrive(timeMs, count, invoicesOf) {
      const ordersInWindow = orders.add(timeMs, count);
      const inWindow = invoices ? invoices.add(timeMs, invoicesOf()) : ordersInWindow;
      return keep(takeIn(state, { timeMs, arrived: count, inWindow, ordersInWindow }, settings));
    },
    passTime: (nowMs) => keep(passTime(state, nowMs, settings)),
    episode: () => state.episode,
    state: () => ({ ...state, orders: orders.saved(), invoices: invoices?.saved() ?? [] }),
  };
}
