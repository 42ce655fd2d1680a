/**
 * Surges as episodes: one begins with the first window that holds too many, and is over when none has for the quiet period. Pure
 * arithmetic over times that never decrease; the same arrivals give the same episodes, however they are cut into calls.
 */
import type { AlarmSettings } from './alarm-settings.js';

export interface Episode {
  /** When it began, and so its name: two episodes of a stream never begin at the same time. */
  readonly beganMs: number;
  /** The last arrival with too many before it. */
  readonly lastMs: number;
  /** The quiet period after `lastMs`; null while it lasts. */
  readonly endedMs: number | null;
  /** The most that one window held, and when it first did. */
  readonly peak: number;
  readonly peakMs: number;
  /** What arrived from the beginning of the first such window to the end of the last. */
  readonly orders: number;
}

/** What is kept between calls. Plain data, to be stored as JSON. */
export interface EpisodeState {
  /** The running episode, or the last one; null before the first. */
  readonly episode: Episode | null;
  /** Arrivals since `lastMs` of the episode: they belong to it if another window follows in time. */
  readonly pending: number;
}

export const NO_EPISODE: EpisodeState = { episode: null, pending: 0 };

export interface EpisodeChange {
  readonly kind: 'began' | 'ended';
  readonly episode: Episode;
}

/** Arrivals at one time: how many there were, and how many the window that ends then holds. */
export interface Arrivals {
  readonly timeMs: number;
  /** Orders. */
  readonly arrived: number;
  /** Of what is counted: orders or invoices. */
  readonly inWindow: number;
  /** Orders in that window. */
  readonly ordersInWindow: number;
}

/**
 * Takes in what arrived at a time. All that arrives at one time may come in several calls. An arrival that was stored late may come
 * after its episode was ended by the clock: then the episode goes on, as it would have had the arrival come in time.
 */
export function takeIn(
  state: EpisodeState,
  { timeMs, arrived, inWindow, ordersInWindow }: Arrivals,
  settings: Pick<AlarmSettings, 'threshold' | 'quietMs'>,
): { readonly state: EpisodeState; readonly changes: readonly EpisodeChange[] } {
  const passed = passTime(state, timeMs, settings);
  const { episode, pending } = passed.state;
  const isRunning = episode !== null && (episode.endedMs === null || timeMs < episode.endedMs);
  if (inWindow <= settings.threshold) {
    return { state: { episode, pending: isRunning ? pending + arrived : 0 }, changes: passed.changes };
  }
  if (!isRunning) {
    const begun: Episode = {
      ...{ beganMs: timeMs, lastMs: timeMs, endedMs: null },
      ...{ peak: inWindow, peakMs: timeMs, orders: ordersInWindow },
    };
    return { state: { episode: begun, pending: 0 }, changes: [...passed.changes, { kind: 'began', episode: begun }] };
  }
  const isPeak = inWindow > episode.peak;
  const peak = isPeak ? { peak: inWindow, peakMs: timeMs } : {};
  const grown: Episode = {
    ...episode,
    ...peak,
    endedMs: null,
    lastMs: timeMs,
    orders: episode.orders + pending + arrived,
  };
  return { state: { episode: grown, pending: 0 }, changes: passed.changes };
}

/** Ends the running episode if its quiet period has passed by `nowMs`. */
export function passTime(
  state: EpisodeState,
  nowMs: number,
  { quietMs }: Pick<AlarmSettings, 'quietMs'>,
): { readonly state: EpisodeState; readonly changes: readonly EpisodeChange[] } {
  const { episode } = state;
  if (episode === null || episode.endedMs !== null || nowMs < episode.lastMs + quietMs) return { state, changes: [] };
  const ended: Episode = { ...episode, endedMs: episode.lastMs + quietMs };
  return { state: { episode: ended, pending: state.pending }, changes: [{ kind: 'ended', episode: ended }] };
}
