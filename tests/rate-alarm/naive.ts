/** The rate alarm reckoned in the plainest way, from the words of its definition: every window is counted anew. */
import type { Episode } from '../../src/rate-alarm/episodes.js';

export interface Arrival {
  readonly timeMs: number;
  readonly invoiceNo: string;
}

export interface Settings {
  readonly threshold: number;
  readonly windowMs: number;
  readonly quietMs: number;
  readonly counted: 'orders' | 'invoices';
}

/** Of arrivals in the order of time. An episode that no arrival and not `nowMs` ends is not over. */
export function naiveEpisodes(arrivals: readonly Arrival[], settings: Settings, nowMs: number): Episode[] {
  const { threshold, windowMs, quietMs, counted } = settings;
  const times = [...new Set(arrivals.map(({ timeMs }) => timeMs))];
  const crossings = times
    .map((timeMs) => {
      const within = arrivals.filter((each) => each.timeMs >= timeMs - windowMs && each.timeMs <= timeMs);
      const count = counted === 'orders' ? within.length : new Set(within.map(({ invoiceNo }) => invoiceNo)).size;
      return { timeMs, count };
    })
    .filter(({ count }) => count > threshold);
  const episodes: (typeof crossings)[] = [];
  for (const crossing of crossings) {
    const running = episodes.at(-1);
    if (running && crossing.timeMs - (running.at(-1)?.timeMs as number) < quietMs) running.push(crossing);
    else episodes.push([crossing]);
  }
  return episodes.map((of) => {
    const [beganMs, lastMs] = [of[0]?.timeMs as number, of.at(-1)?.timeMs as number];
    const peak = Math.max(...of.map(({ count }) => count));
    return {
      beganMs,
      lastMs,
      endedMs: nowMs >= lastMs + quietMs ? lastMs + quietMs : null,
      peak,
      peakMs: of.find(({ count }) => count === peak)?.timeMs as number,
      orders: arrivals.filter(({ timeMs }) => timeMs >= beganMs - windowMs && timeMs <= lastMs).length,
    };
  });
}
