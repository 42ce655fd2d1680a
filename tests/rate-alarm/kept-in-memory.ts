/** Kept episodes in memory, with the same promise as in a table: a write counts only if nobody else wrote meanwhile. */
import { type KeptEpisode, type KeptEpisodes, raised } from '../../src/rate-alarm/kept-episodes.js';

/** `meddle` is called before each write, and may write as another would. */
export function keptInMemory(meddle: () => Promise<void> | void = () => undefined) {
  const kept = new Map<number, KeptEpisode>();
  const isCurrent = ({ firstMs, version }: KeptEpisode) => kept.get(firstMs)?.version === version;
  const episodes: KeptEpisodes = {
    async *latestFirst(beforeMs = Number.POSITIVE_INFINITY) {
      const found = [...kept.values()].filter(({ firstMs }) => firstMs < beforeMs);
      yield* found.sort((a, b) => b.firstMs - a.firstMs);
    },
    async replace(old, next) {
      await meddle();
      const isTaken = kept.has(next.firstMs) && !old.some(({ firstMs }) => firstMs === next.firstMs);
      if (isTaken || !old.every(isCurrent)) return false;
      for (const { firstMs } of old) kept.delete(firstMs);
      kept.set(next.firstMs, raised(old, next));
      return true;
    },
  };
  return { kept, episodes };
}
