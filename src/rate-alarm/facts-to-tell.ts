/** Which messages a run of changes gives: one for each, and a single one for all episodes that were over before anybody looked. */
import type { AlarmMessage, EpisodeReport, EventKind } from './alarm.js';
import { idOf } from './episode-report.js';
import type { Episode, EpisodeChange } from './episodes.js';

export type ToTell = Pick<AlarmMessage, 'id' | 'event' | 'episode' | 'episodes'>;

/** In the order of time, the kinds in `notify` alone. `reportOf` gives an episode as it is by now. */
export function factsToTell(
  changes: readonly EpisodeChange[],
  notify: readonly EventKind[],
  reportOf: (episode: Episode) => EpisodeReport,
): readonly ToTell[] {
  const began = new Set(changes.filter(({ kind }) => kind === 'began').map(({ episode }) => episode.beganMs));
  const ended = new Map(changes.filter(({ kind }) => kind === 'ended').map((each) => [each.episode.beganMs, each]));
  const missed = [...ended.values()].filter(({ episode }) => began.has(episode.beganMs)).map(({ episode }) => episode);
  const isMissed = ({ beganMs }: Episode) => began.has(beganMs) && ended.has(beganMs);
  const told: ToTell[] = [];
  const first = missed[0];
  if (first && notify.includes('caught-up')) {
    const episodes = missed.map(reportOf);
    told.push({ id: `${idOf(first.beganMs)}-caught-up`, event: 'caught-up', episode: null, episodes });
  }
  for (const { kind, episode } of changes) {
    if (isMissed(episode) || !notify.includes(kind)) continue;
    told.push({ id: `${idOf(episode.beganMs)}-${kind}`, event: kind, episode: reportOf(episode), episodes: [] });
  }
  return told;
}

/** That an episode still lasts. */
export function reminderOf(episode: EpisodeReport, nowMs: number): ToTell {
  return { id: `${episode.id}-reminder-${idOf(nowMs)}`, event: 'reminder', episode, episodes: [] };
}
