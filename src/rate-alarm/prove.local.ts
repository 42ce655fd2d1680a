/** Reckons every episode anew from the stream, and compares them with those that are kept. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Proof } from '../stage.js';
import type { AlarmParts } from './alarm-parts.local.js';
import { invoicesAmong } from './alarm-view.local.js';
import { idOf } from './episode-report.js';
import type { Episode } from './episodes.js';
import { createRate } from './rate.js';

const DIFFERENCES_MAX = 10;
const BLOCKS_A_TURN = 4096;

const SURGES = { key: 'alarm', name: 'surges, as the stream has them' } as const;

export const NOTHING_PROVED: Proof = { ...SURGES, figure: ['surges', 0], differences: [] };

/** Of what was taken in so far. Where the settings were changed, of what came since. */
export async function proveEpisodes(parts: AlarmParts, signal: AbortSignal): Promise<Proof> {
  const { stored, checkpoint } = parts;
  // Together, of one moment: others may take in more meanwhile.
  const [{ next }, beginning] = [checkpoint.read(), stored.beginning()];
  const since = beginning?.rate.episode?.beganMs ?? 0;
  const kept = stored.episodes(since, Number.POSITIVE_INFINITY).map(({ episode }) => episode);
  // Others may have gone on with both since the stream was last looked at.
  parts.stream.refresh();
  const anew = await episodesAnew(parts, next, signal);
  const known = new Set(kept.map(({ beganMs }) => beganMs));
  const missing = [...anew.keys()].filter((beganMs) => !known.has(beganMs));
  const differences = [
    ...missing.map((beganMs) => `surge ${idOf(beganMs)} is in the stream and not in the rate alarm`),
    ...kept.flatMap((episode) => {
      const other = anew.get(episode.beganMs);
      return other
        ? differencesOf(episode, other)
        : [`surge ${idOf(episode.beganMs)} is in the rate alarm and not in the stream`];
    }),
  ];
  return {
    ...SURGES,
    figure: ['surges', kept.length],
    // What was not read to its end says nothing.
    differences: signal.aborted ? [] : differences.slice(0, DIFFERENCES_MAX),
  };
}

/** By when they began. */
async function episodesAnew(
  { stored, stream }: AlarmParts,
  end: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Episode>> {
  const found = new Map<number, Episode>();
  const beginning = stored.beginning();
  if (!beginning) return found;
  const rate = createRate(beginning.settings, beginning.rate);
  const keep = () => {
    const episode = rate.episode();
    if (episode) found.set(episode.beganMs, episode);
  };
  keep();
  let blocks = 0;
  for (const { first, count, arrivalMs } of stream.arrivals(beginning.next)) {
    if (first >= end) break;
    rate.arrive(arrivalMs, Math.min(count, end - first), () =>
      invoicesAmong(stream, first, Math.min(first + count, end)),
    );
    keep();
    if (++blocks % BLOCKS_A_TURN === 0) await nextTurn();
    if (signal.aborted) break;
  }
  return found;
}

/** Whether it is over depends on the clock. */
function differencesOf(kept: Episode, anew: Episode): string[] {
  return (['lastMs', 'peak', 'peakMs', 'orders'] as const)
    .filter((figure) => kept[figure] !== anew[figure])
    .map((figure) => `surge ${idOf(kept.beganMs)} has ${figure} ${kept[figure]}; the stream has ${anew[figure]}`);
}
