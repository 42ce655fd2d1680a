/** Episodes as people and pipes get them. */
import type { EpisodeReport, Notified, TopShares } from './alarm.js';
import type { Episode } from './episodes.js';

export function reportOf(
  { beganMs, endedMs, peak, peakMs, orders }: Episode,
  top: TopShares | null,
  notified: readonly Notified[],
): EpisodeReport {
  return {
    id: idOf(beganMs),
    began: iso(beganMs),
    ended: endedMs === null ? null : iso(endedMs),
    ...{ peak, peakAt: iso(peakMs), orders, top, notified },
  };
}

/** A moment as a part of an id: `20111129T101500123Z`. */
export function idOf(timeMs: number): string {
  return iso(timeMs).replace(/[-:.]/g, '');
}

export function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
