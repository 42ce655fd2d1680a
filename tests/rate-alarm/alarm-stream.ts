/** The records that sql/rate-alarm.sql makes of arrivals, reckoned in the plainest way. */
import type { Arrival, Settings } from './naive.js';

export interface AlarmRecord {
  readonly kind: 'crossing' | 'second';
  readonly count: number;
  readonly atMs: number;
  readonly before: number;
  readonly through: number;
  readonly firstMs?: number;
  readonly lastMs?: number;
  readonly arrivals?: number;
}

/** Of arrivals in the order of time, in the order in which Flink tells of them. */
export function alarmRecords(arrivals: readonly Arrival[], settings: Settings): AlarmRecord[] {
  const { threshold, windowMs, counted } = settings;
  const windows = [...new Set(arrivals.map(({ timeMs }) => timeMs))].map((timeMs) => {
    const within = arrivals.filter((each) => each.timeMs >= timeMs - windowMs && each.timeMs <= timeMs);
    const through = arrivals.filter((each) => each.timeMs <= timeMs).length;
    const count = counted === 'orders' ? within.length : new Set(within.map(({ invoiceNo }) => invoiceNo)).size;
    return { atMs: timeMs, count, through, before: through - within.length };
  });
  const isOver = (at: number) => (windows[at]?.count ?? 0) > threshold;
  const isFirst = ({ atMs }: { atMs: number }, at: number) =>
    !isOver(at - 1) || atMs - (windows[at - 1]?.atMs as number) > windowMs;
  const crossings = windows.filter((each, at) => isOver(at) && isFirst(each, at));
  const seconds = new Map<number, typeof windows>();
  for (const each of windows.filter(({ count }) => count > threshold)) {
    const second = Math.floor(each.atMs / 1000);
    seconds.set(second, [...(seconds.get(second) ?? []), each]);
  }
  const records: (AlarmRecord & { readonly toldMs: number })[] = [
    ...crossings.map((of) => ({ ...of, kind: 'crossing' as const, toldMs: of.atMs })),
    ...Array.from(seconds, ([second, of]) => {
      const count = Math.max(...of.map((each) => each.count));
      return {
        kind: 'second' as const,
        count,
        atMs: of.find((each) => each.count === count)?.atMs as number,
        before: Math.min(...of.map((each) => each.before)),
        through: Math.max(...of.map((each) => each.through)),
        firstMs: of[0]?.atMs as number,
        lastMs: of.at(-1)?.atMs as number,
        arrivals: of.length,
        toldMs: second * 1000 + 1000,
      };
    }),
  ];
  return records.sort((a, b) => a.toldMs - b.toldMs).map(({ toldMs: _, ...record }) => record);
}
