/** What has to be told of the kept episodes, and when. */
import type { EventKind } from './alarm.js';
import type { AlarmConfig } from './alarm-settings.js';
import type { KeptEpisode } from './kept-episodes.js';

export interface DueMessage {
  readonly event: EventKind;
  /** One, or of `caught-up` all that were over before anybody was told; the earliest first. */
  readonly of: readonly [KeptEpisode, ...KeptEpisode[]];
}

export interface Timing {
  /** How much later than an order its record may come: before that, nobody says that a surge is over. */
  readonly lagMs: number;
  /** A backlog has been worked through when no record of what is long over has come for this time. */
  readonly settledMs: number;
}

/** `episodes` are the latest, the latest first. */
export function dueMessages(
  episodes: readonly KeptEpisode[],
  config: AlarmConfig,
  { lagMs, settledMs }: Timing,
  nowMs: number,
): readonly DueMessage[] {
  const single: DueMessage[] = [];
  const missed: KeptEpisode[] = [];
  for (const each of episodes.toReversed()) {
    const isOver = nowMs >= each.lastMs + config.quietMs + lagMs;
    if (each.told === 'nothing' && isOver) missed.push(each);
    const event = eventOf(each, isOver, config, nowMs);
    if (event && mayTry(each, event, nowMs)) single.push({ event, of: [each] });
  }
  const [first, ...more] = missed;
  const isSettled = missed.every(({ recordedMs }) => nowMs >= recordedMs + settledMs);
  const isFree = missed.every((each) => mayTry(each, 'caught-up', nowMs));
  return first && isSettled && isFree ? [{ event: 'caught-up', of: [first, ...more] }, ...single] : single;
}

/** What is to be told of an episode by itself. */
function eventOf(
  { told, remindedMs, firstMs }: KeptEpisode,
  isOver: boolean,
  { reminderMs, notify }: AlarmConfig,
  nowMs: number,
): EventKind | undefined {
  if (told === 'nothing') return isOver ? undefined : 'began';
  if (told === 'ended') return undefined;
  if (isOver) return 'ended';
  const isReminded = reminderMs !== null && notify.includes('reminder');
  return isReminded && nowMs >= Math.max(remindedMs, firstMs) + reminderMs ? 'reminder' : undefined;
}

/** False while another tells of it, and until it is time to try again. What was given up is not tried again. */
function mayTry({ claimedMs, failures }: KeptEpisode, event: EventKind, nowMs: number): boolean {
  if (claimedMs > nowMs) return false;
  if (failures?.event !== event) return true;
  return failures.dueMs !== null && failures.dueMs <= nowMs;
}
