/**
 * Tells of the kept episodes what is due. Several may do so at once: whoever claims an episode first tells of it, and notes that
 * it was told. A claim ends by itself, so what was claimed by one that died is told by another.
 */
import type { EventKind, TopShares } from './alarm.js';
import type { AlarmConfig } from './alarm-settings.js';
import { nextAttemptMs } from './backoff.js';
import { belongTogether, type CrossingSpan, episodeOf } from './crossing-span.js';
import { type DueMessage, dueMessages, type Timing } from './due-messages.js';
import { iso, reportOf } from './episode-report.js';
import { factsToTell, reminderOf, type ToTell } from './facts-to-tell.js';
import type { KeptEpisode, KeptEpisodes } from './kept-episodes.js';
import { alarmMessage } from './message.js';
import type { Notifier, SendOutcome } from './notifier.js';

export interface Telling {
  readonly episodes: KeptEpisodes;
  readonly notifier: Notifier;
  readonly config: AlarmConfig;
  readonly timing: Timing;
  /** Of the pipeline, for people. */
  readonly place: string;
  /** Null where the orders can't be read in time. */
  readonly sharesOf: (episode: CrossingSpan) => Promise<TopShares | null>;
  readonly clock: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

export interface ToldNow {
  readonly sent: number;
  readonly failed: number;
  /** Why the last one failed. */
  readonly problem: string | null;
}

/** Whoever tells of an episode has so long for it. */
const CLAIM_MS = 90_000;
/** What was last recorded longer ago is told, or was given up. A surge that lasts is recorded again and again. */
const LOOK_BACK_MS = 3 * 86_400_000;
const ATTEMPTS_MAX = 20;
/** People would rather be told now than be told whose all the orders of a long backlog are. */
const LOOK_MS = 10_000;
/** Of the episodes that are told together, so many are noted at once. */
const AT_ONCE = 25;

export async function tellDue(telling: Telling, signal: AbortSignal): Promise<ToldNow> {
  const { config, timing, clock } = telling;
  let [sent, failed, problem] = [0, 0, null as string | null];
  for (const due of dueMessages(await recent(telling), config, timing, clock())) {
    if (signal.aborted) break;
    const outcome = await tell(telling, due, signal);
    if (outcome?.outcome === 'delivered') sent++;
    else if (outcome) {
      failed++;
      problem = outcome.reason;
    }
  }
  return { sent, failed, problem };
}

async function recent({ episodes, clock }: Telling): Promise<KeptEpisode[]> {
  const found: KeptEpisode[] = [];
  const sinceMs = clock() - LOOK_BACK_MS;
  for await (const episode of episodes.latestFirst()) {
    if (episode.recordedMs < sinceMs) break;
    found.push(episode);
  }
  return found;
}

/** Undefined if another tells of it, or if nobody wants to know. */
async function tell(
  telling: Telling,
  { event, of }: DueMessage,
  signal: AbortSignal,
): Promise<SendOutcome | undefined> {
  const { episodes, notifier, config, place, clock } = telling;
  const { threshold, windowMs, counted } = config;
  const [first] = of;
  if (!(await episodes.replace([first], { ...first, claimedMs: clock() + CLAIM_MS }))) return undefined;
  const tops = await topsOf(of, telling);
  const facts = factsOf(event, of, (each) => tops.get(each.firstMs) ?? each.top, config, clock());
  const outcome =
    facts && (await notifier.send(alarmMessage({ ...facts, threshold, windowMs, counted, place }), signal));
  const note = (each: KeptEpisode) =>
    change(telling, each, (kept) => {
      const now = { ...kept, top: tops.get(each.firstMs) ?? kept.top, claimedMs: 0 };
      return outcome && outcome.outcome !== 'delivered'
        ? failedToTell(now, event, outcome, telling)
        : toldOf(now, event, outcome !== undefined, each.lastMs, telling);
    });
  for (let i = 0; i < of.length; i += AT_ONCE) await Promise.all(of.slice(i, i + AT_ONCE).map(note));
  return outcome;
}

/** By when an episode began. The greatest are looked at first: of a long backlog, the others are told without. */
async function topsOf(of: DueMessage['of'], { sharesOf, clock }: Telling): Promise<Map<number, TopShares | null>> {
  const tops = new Map<number, TopShares | null>();
  const untilMs = clock() + LOOK_MS;
  for (const each of [...of].sort((a, b) => b.peak - a.peak)) {
    if (clock() >= untilMs) break;
    tops.set(each.firstMs, await sharesOf(each));
  }
  return tops;
}

type TopOf = (episode: KeptEpisode) => TopShares | null;

/** Undefined if nobody wants to know. */
function factsOf(
  event: EventKind,
  of: DueMessage['of'],
  topOf: TopOf,
  { quietMs, notify }: AlarmConfig,
  nowMs: number,
): ToTell | undefined {
  const known = of.map((kept) => ({ kept, episode: episodeOf(kept, quietMs, nowMs) }));
  const reports = new Map(
    known.map(({ kept, episode }) => [episode.beganMs, reportOf(episode, topOf(kept), kept.notified)] as const),
  );
  const report = (beganMs: number) => reports.get(beganMs) as NonNullable<ReturnType<typeof reports.get>>;
  if (event === 'reminder') return reminderOf(report(of[0].firstMs), nowMs);
  const kinds =
    event === 'caught-up' ? (['began', 'ended'] as const) : [event === 'began' ? event : ('ended' as const)];
  const changes = known.flatMap(({ episode }) => kinds.map((kind) => ({ kind, episode })));
  const [facts] = factsToTell(changes, notify, ({ beganMs }) => report(beganMs));
  return facts;
}

function failedToTell(
  kept: KeptEpisode,
  event: EventKind,
  outcome: Exclude<SendOutcome, { outcome: 'delivered' }>,
  { clock, random }: Telling,
): KeptEpisode {
  const nowMs = clock();
  const { count, firstMs } = kept.failures?.event === event ? kept.failures : { count: 0, firstMs: nowMs };
  const failures = { event, count: count + 1, firstMs, problem: outcome.reason };
  if (outcome.outcome === 'refused') return { ...kept, failures: { ...failures, dueMs: null } };
  const dueMs = nextAttemptMs({ ...failures, retryAfterMs: outcome.retryAfterMs }, nowMs, random());
  return { ...kept, failures: { ...failures, dueMs } };
}

/** `lastMs` is that of the episode of which people were told. */
function toldOf(
  kept: KeptEpisode,
  event: EventKind,
  isSent: boolean,
  lastMs: number,
  { notifier: { via }, clock }: Telling,
): KeptEpisode {
  const nowMs = clock();
  const isOver = event === 'ended' || event === 'caught-up';
  return {
    ...kept,
    failures: null,
    // A surge that went on while people were told of its end is not over.
    told: isOver && kept.lastMs === lastMs ? 'ended' : 'began',
    notified: isSent ? [...kept.notified, { event, via, at: iso(nowMs) }] : kept.notified,
    remindedMs: event === 'reminder' ? nowMs : kept.remindedMs,
  };
}

/** Changes an episode as it is by now: it may have grown, or have become one with an earlier one. */
async function change(
  { episodes, config }: Telling,
  before: KeptEpisode,
  changed: (kept: KeptEpisode) => KeptEpisode,
): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const now = await latestFrom(episodes, before.firstMs);
    if (!now || !belongTogether(now, before, config.quietMs)) return;
    if (await episodes.replace([now], changed(now))) return;
  }
}

async function latestFrom(episodes: KeptEpisodes, atMs: number): Promise<KeptEpisode | undefined> {
  for await (const episode of episodes.latestFirst(atMs + 1)) return episode;
  return undefined;
}
