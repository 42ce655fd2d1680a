/** Lets time pass, and makes messages of what nobody was told of. */
import type { AlarmParts } from './alarm-parts.local.js';
import { reportOf } from './episode-report.js';
import type { Episode } from './episodes.js';
import { factsToTell, reminderOf, type ToTell } from './facts-to-tell.js';
import { createRate } from './rate.js';
import { sharesOf } from './shares-of.local.js';
import type { KeptState, StoredEpisode } from './stored-alarm.local.js';

/** Adds a message for everybody, in the transaction that notes that it was told. */
export type Tell = (facts: ToTell, nowMs: number) => void;

export async function tellChanges(parts: AlarmParts, tell: Tell, signal?: AbortSignal): Promise<void> {
  const { store, stored, clock } = parts;
  const nowMs = clock();
  if (!isAnythingDue(parts, nowMs)) return;
  await passTime(parts, nowMs);
  const kept = stored.state();
  const { untold } = kept;
  const toRemindOf = dueReminder(kept, parts.config, nowMs);
  const told = [...untold.map(({ episode }) => episode), ...(toRemindOf ? [toRemindOf] : [])];
  for (const beganMs of new Set(told.map((each) => each.beganMs))) {
    // As it is by now: a surge that began with orders of one customer may have gone on with those of others.
    const top = await sharesOf(parts, (stored.episode(beganMs) as StoredEpisode).episode);
    if (signal?.aborted) return;
    await store.write(() => stored.keepTop(beganMs, top));
  }
  await store.write(() => {
    const kept = stored.state();
    // Another process may have told of it meanwhile, or has seen more.
    if (JSON.stringify(kept.untold) !== JSON.stringify(untold)) return;
    for (const facts of factsToTell(untold, parts.config.notify, (episode) => reportNow(parts, episode))) {
      tell(facts, nowMs);
    }
    const remindedMs = remind(parts, kept, tell, nowMs);
    if (untold.length > 0 || remindedMs !== kept.remindedMs) stored.keepState({ ...kept, untold: [], remindedMs });
  });
}

/** Most calls come while nothing happens: they should cost no transaction. */
function isAnythingDue({ stored, config }: AlarmParts, nowMs: number): boolean {
  const kept = stored.state();
  const { episode } = kept.rate;
  if (kept.untold.length > 0) return true;
  if (!episode || episode.endedMs !== null) return false;
  return nowMs >= episode.lastMs + config.quietMs || dueReminder(kept, config, nowMs) !== undefined;
}

/** Ends an episode that has become quiet, once every order that arrived is taken in. */
async function passTime({ store, stream, stored, checkpoint, config }: AlarmParts, nowMs: number): Promise<void> {
  await store.write(() => {
    if (checkpoint.read().next !== stream.last() + 1) return;
    const kept = stored.state();
    const rate = createRate(config, kept.rate);
    const changes = rate.passTime(nowMs);
    if (changes.length === 0) return;
    for (const { episode } of changes) stored.keepEpisode(episode);
    stored.keepState({ ...kept, rate: rate.state(), untold: [...kept.untold, ...changes] });
  });
}

/** Tells that an episode still lasts, where that is due. Gives when people were last told of it. */
function remind(parts: AlarmParts, kept: KeptState, tell: Tell, nowMs: number): number {
  const episode = dueReminder(kept, parts.config, nowMs);
  if (!episode) return kept.remindedMs;
  tell(reminderOf(reportNow(parts, episode), nowMs), nowMs);
  return nowMs;
}

/** The running episode, if people were told of it too long ago. */
function dueReminder(
  { rate: { episode }, remindedMs }: KeptState,
  { reminderMs, notify }: AlarmParts['config'],
  nowMs: number,
): Episode | undefined {
  if (!episode || episode.endedMs !== null || reminderMs === null || !notify.includes('reminder')) return undefined;
  return nowMs >= Math.max(remindedMs, episode.beganMs) + reminderMs ? episode : undefined;
}

function reportNow({ stored }: AlarmParts, { beganMs }: Episode) {
  const { episode, top, notified } = stored.episode(beganMs) as StoredEpisode;
  return reportOf(episode, top, notified);
}
