/** What the lake of a stack holds, by month: from the list of its files and from an answer about its orders. */
import type { LakeMonth, LakeStatus } from './lake.js';
import { inOrder, totalOf } from './months.js';

interface Counts {
  readonly arrivals: number;
  readonly replaced: number;
}

/** Rows of `MONTHS`. */
export async function countsIn(answer: AsyncIterable<readonly (readonly unknown[])[]>): Promise<Map<string, Counts>> {
  const counts = new Map<string, Counts>();
  for await (const rows of answer) {
    for (const [month, arrivals, replaced] of rows) {
      counts.set(String(month), { arrivals: Number(arrivals), replaced: Number(replaced) });
    }
  }
  return counts;
}

export function statusOf(
  files: ReadonlyMap<string, Pick<LakeMonth, 'files' | 'bytes'>>,
  counts: ReadonlyMap<string, Counts>,
): Omit<Required<LakeStatus>, 'place'> {
  const months = inOrder(
    [...files].map(([month, found]) => ({ month, arrivals: counts.get(month)?.arrivals ?? 0, ...found })),
  );
  const unread = months.filter(({ month }) => !counts.has(month)).map(({ month }) => month);
  return {
    arrivals: totalOf([...counts.values()].map(({ arrivals }) => arrivals)),
    replaced: totalOf([...counts.values()].map(({ replaced }) => replaced)),
    bytes: totalOf(months.map(({ bytes }) => bytes)),
    months,
    notes:
      unread.length > 0
        ? [`questions read no order of ${unread.join(', ')}: the parameter LakeFirstMonth sets the first month`]
        : [],
  };
}
